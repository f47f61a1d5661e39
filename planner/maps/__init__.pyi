from .explore import LayerMap as LayerMap
from .explore import explore as explore
from .page import PlanMap as PlanMap
from .page import compare_map as compare_map
from .page import plan_map as plan_map
from .pictures import PICTURES as PICTURES
from .pictures import comparison_figure as comparison_figure
from .pictures import figure as figure
