from .modes import Mode as Mode
from .modes import mode_named as mode_named
from .network import TICKS_PER_MINUTE as TICKS_PER_MINUTE
from .network import ModeGraph as ModeGraph
from .network import RoadNetwork as RoadNetwork
from .network import in_ticks as in_ticks
from .snapping import Snapped as Snapped
from .snapping import snap as snap
