"""Accessibility: how much service residents reach, with and without competition for it.

Sparse in, vector out: minutes of travel (``TravelTimes``, a sparse matrix or a long table), supply
and demand, aligned by id; out comes a Series by demand id.

cumulative_opportunities, gravity, cost_to_kth_nearest
    What can be reached, and how far the k-th is.
two_step_fca, modified_two_step_fca, three_step_fca, balanced_fca
    Supply shared out among all residents who reach it (floating catchment areas).
spatial_availability, catchment_ratio, raam
    Supply that is proportionally available; supply against residents in one catchment; travel and
    congestion that rational residents bear.
Step, Linear, Exponential, Power, Logistic, Gaussian, DaiGaussian
    How the weight of a place falls with minutes; any callable on an array of minutes does too.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
