"""Allocation: who is served where, when halls are full, when towns keep to themselves.

nearest
    Everyone goes to the nearest, however full it is.
system_optimal
    As many as possible are served within the capacities, in the fewest person-minutes.
whole
    The same, each demand wholly at one hall.
choice
    People choose by attractiveness and minutes (Huff).
within_borders
    Travel times without, or with a penalty on, pairs across a border.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
