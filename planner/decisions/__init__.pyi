from .fronts import front as front
from .schedule import Phases as Phases
from .schedule import phases as phases
from .situation import Situation as Situation
from .situation import situation as situation
