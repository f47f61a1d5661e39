"""A plan for a region of many counties, here or on a Dask cluster; the results are the same.

plan_region, RegionPlan
    Who of a region is not served, and where to build under one budget.
connected, Cluster
    A Dask cluster to work on: one that is there, or worker processes on this machine.
Here
    Work in this process, one county after the other.
estimate, Estimate
    What a run would take, worked out from the list of counties alone.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
