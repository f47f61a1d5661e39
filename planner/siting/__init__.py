"""Location models on arrays, each answer with a bound and a gap; usable alone.

set_cover
    Cover every demand at the least cost (LSCP).
max_coverage
    Cover the most weight with p sites or a budget (MCLP).
partial_cover
    Cover a share of the weight at the least cost (PSCLP).
backup_coverage
    Cover the most weight twice (BACOP1, BACOP2).
gradual_coverage
    Cover the most weight where coverage falls off with distance (GMCLP).
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
