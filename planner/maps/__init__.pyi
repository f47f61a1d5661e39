from .page import PlanMap as PlanMap
from .page import plan_map as plan_map
