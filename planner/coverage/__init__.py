"""Coverage: who reaches a hall in time, how well, and who depends on which hall.

access, access_by_tier, service
    Travel from every settlement to halls or sites, and whether the nearest is in time.
coverage_table, halls_against_standard, floor_area_required
    Served residents by tier, town and kind; what halls lack against the standard.
people
    Residents, households, ages and clients of every settlement.
covered, curve, redundancy, dependence
    Measures of any ``TravelTimes``: shares within minutes, curves over minutes, how many places are
    within reach, who loses service if one closes.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
