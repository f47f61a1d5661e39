"""What decision makers ask once there is a plan, each answer with its proof.

alternatives, substitutes
    Other sets of sites as good, or nearly; what stands in for each site.
choose, Choice
    Sites by several objectives, in order of importance or weighed.
compare, Comparison
    Plans side by side: figures, sites, indicators, winners and losers.
explain, Reason
    Why here, and why not there.
front
    What cannot be better in one objective without being worse in another.
scenarios, Scenarios
    Sites that are good in every future, and in which share of them each stays.
closures
    Who would lose service if an open hall closed.
Scenario, read_scenarios
    A future, and the file that futures are read from.
phases, Phases
    What to build in which year, and what a year's delay costs.
tiers, Tiers
    Where the next halls of each tier go, referral between tiers in view.
works, Works
    Build, upgrade, extend, share, send teams, close or merge under a budget once, a year, or both.
Question, Decision
    What a plan would be asked, and the sites that answer it, where no whole plan is needed.
Situation, situation
    Who reaches which open hall or candidate site: what all of them start from.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
