from .covering import max_coverage as max_coverage
from .covering import partial_cover as partial_cover
from .covering import set_cover as set_cover
from .result import SitingResult as SitingResult
