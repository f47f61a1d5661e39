"""Projects that the government buys: which one, by whom, where, under the funders' budgets.

choose_projects
    The projects that meet the most unmet need, with a bound and a gap.
budget_curve
    What more money of one funder would buy.
projects_of_city, unmet_clients
    Candidates and need of a city, as a standard counts them.
ProjectChoice
    The answer.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
