"""Location models on arrays, each answer with a bound and a gap; usable alone.

set_cover
    Cover every demand at the least cost (LSCP).
max_coverage
    Cover the most weight with p sites or a budget (MCLP).
partial_cover
    Cover a share of the weight at the least cost (PSCLP).
p_median
    Serve every demand at the least weighted cost with p sites (p-median).
p_center
    Keep the farthest demand as near as possible with p sites (p-center).
capacitated_p_median
    Serve all demand from p sites of limited capacity at the least cost (CPMP).
facility_location
    Open sites so that opening and service cost least (UFLP, CFLP).
p_dispersion
    Choose p sites as far from each other as can be.
market_share
    Win the most demand against competitors (Huff).
curve, alternatives, explain_infeasible
    A model for every p or budget; other sets as good, or nearly; the least change that helps.
from_geodataframe
    Metres between demand and sites, for every model.
backup_coverage
    Cover the most weight twice (BACOP1, BACOP2).
gradual_coverage
    Cover the most weight where coverage falls off with distance (GMCLP).
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
