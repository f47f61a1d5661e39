"""Equity: how unequally access is spread over residents, each index weighted by population.

gini, lorenz_curve, palma_ratio, theil, concentration_index, urban_rural_ratio
    How unequal, between whom.
fgt
    How many have less than enough, and how far they are from it.
bootstrap
    How sure an index is.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
