from .cluster import Cluster as Cluster
from .cluster import connected as connected
from .estimate import Estimate as Estimate
from .estimate import estimate as estimate
from .region_plan import RegionPlan as RegionPlan
from .region_plan import plan_region as plan_region
from .runner import Here as Here
