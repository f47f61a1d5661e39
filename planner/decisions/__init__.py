"""What decision makers ask once there is a plan, each answer with its proof.

front
    What cannot be better in one objective without being worse in another.
phases, Phases
    What to build in which year, and what a year's delay costs.
Situation, situation
    Who reaches which open hall or candidate site: what all of them start from.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
