from .choice import Quota as Quota
from .choice import Rules as Rules
from .choice import spaced as spaced
from .covering import max_coverage as max_coverage
from .covering import partial_cover as partial_cover
from .covering import set_cover as set_cover
from .result import SitingResult as SitingResult
