"""What is lacking, and what to do about it: travel times, coverage, siting, plans.

Contents
--------
make_plan, Plan, PlanRequest
    Who is not served and where the next halls should go.
Standard
    What residents are entitled to, read from a TOML profile.
travel_times, TravelTimes
    Sparse bounded minutes between points over the roads.
coverage
    Residents within reach; halls against the standard.
accessibility, equity
    Supply that residents reach, with and without competition; how unequally it is spread.
phases, front, alternatives, explain, scenarios, works, tiers, compare
    What to build in which year; the Pareto front of two objectives; what else; why; what if;
    build or upgrade; halls of each tier; plans side by side. See ``decisions``.
platforms, harmony, organisations, projects, indicators
    Halls, communities, organisations and projects against the standard; every figure and target.
siting
    Location models on arrays: set covering, maximal covering, and others.
staffing
    Social workers needed, present and missing; outreach, recruitment, training.
distributed
    A region of many counties under one budget, here or on a Dask cluster.
maps, export
    What people look at, written from a plan.
figures
    The usual pictures of coverage, equity, load and decay (matplotlib).
PlanError, InfeasibleError
    Raised where a request cannot be worked with, or cannot be met.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
