"""What people look at: maps made from a plan. They read a ``Plan`` and compute nothing.

Contents
--------
plan_map
    One self-contained page for a plan, in Chinese and English.
PlanMap
    The page, as a folium map that saves itself without a link to any host.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
