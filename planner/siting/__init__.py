"""Location models on arrays, each answer with a bound and a gap; usable alone.

Who is covered
--------------
set_cover
    Cover every demand at the least cost, with or without capacity (LSCP).
max_coverage
    Cover the most weight with p sites or a budget, with or without capacity (MCLP).
partial_cover
    Cover a share of the weight at the least cost (PSCLP).
backup_coverage
    Cover the most weight twice (BACOP1, BACOP2).
gradual_coverage
    Cover the most weight where coverage falls off with distance (GMCLP); ``linear_decay`` and
    ``step_decay`` say how.

fair_coverage, fair_cover, Share
    The most covered, and the least cost, with a least share of every group.
phased_coverage, PhasedResult
    Cover the most weight over several years, and what a year's delay costs.

robust_coverage, RobustResult
    Cover the most in expectation, in the worst scenario, or with the least regret.

How far people go
-----------------
p_median
    Serve every demand at the least weighted cost with p sites (p-median).
p_center
    Keep the farthest demand as near as possible with p sites (p-center).
capacitated_p_median
    Serve all demand from p sites of limited capacity at the least cost (CPMP).
facility_location
    Open sites so that opening and service cost least (UFLP, CFLP).

Tiers of facilities, each offering all that those below it offer
----------------------------------------------------------------
tiered_median, TieredResult
    Serve demand at every tier, a share referred on, at the least travel (hierarchical p-median).
tiered_coverage
    Cover the most weight within each tier's reach (hierarchical MCLP).

How sites stand to each other and to rivals
-------------------------------------------
p_dispersion
    Choose p sites as far from each other as can be.
market_share
    Win the most demand against competitors (Huff).

What may be chosen
------------------
Rules, Quota
    At least and at most so many sites per group, pairs apart or together, minimum use.
spaced
    The pairs of sites that are nearer to each other than a minimum, for ``Rules.apart``.

What goes in
------------
from_geodataframe
    Metres between demand and sites, for every model.
Points
    Demand and sites as points, for instances too large for a matrix.
Costs
    Costs that a function works out when asked, for the same.

What comes out, and what else could
-----------------------------------
SitingResult
    Sites, assignment, objective, bound, gap; frames of demand and facilities.
pareto, Front
    All that cannot be better in one of two objectives without being worse in the other.
lexicographic, weighted, PreferenceResult
    The best of several objectives in order of importance, or of their weighted sum.
curve
    A model for every p or budget.
alternatives
    Other sets of sites as good, or nearly.
explain_infeasible
    The least change that makes a request feasible.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
