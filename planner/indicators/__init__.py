"""Indicators: every figure of a report, recomputed from the layers, against its target.

indicator_table
    A long table: value, unit, target, met or not, source; by town, now and after a plan.
INDICATORS
    What there is to compute.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
