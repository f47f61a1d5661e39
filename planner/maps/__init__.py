"""What people look at: maps made from a plan. They read a ``Plan`` and compute nothing.

Contents
--------
plan_map
    One self-contained page for a plan, in Chinese and English.
compare_map
    Two plans for one city on one page, at both sides of a line that can be moved.
figure, comparison_figure
    Pictures for paper: of a plan; of who wins and who loses with another plan.
explore
    Any layer, coloured by a column, as one page that asks no host for anything.
PlanMap, LayerMap
    The pages, as folium maps that save themselves without a link to any host.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
