from .borders import within_borders as within_borders
from .choice import choice as choice
from .nearest import nearest as nearest
from .optimal import system_optimal as system_optimal
from .result import Allocation as Allocation
from .whole import whole as whole
