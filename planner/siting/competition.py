"""Market share against competitors: Huff's model, located to proven optimality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from scipy.sparse import coo_array, csr_array

from planner.errors import SitingError
from planner.siting.capture import Capture, Market
from planner.siting.choice import Rules, SiteChoice
from planner.siting.inputs import Amount, Matrix, amounts
from planner.siting.request import remembered
from planner.siting.result import SitingResult
from planner.siting.watch import Progress, Watch

Decay = Literal["power", "exponential"]


@remembered
def market_share(
    distance: Any,
    p: int | None = None,
    *,
    attractiveness: Amount | None = None,
    competitors: Any = None,
    competitor_attractiveness: Amount | None = None,
    decay: Decay = "power",
    exponent: float = 2.0,
    weights: Amount | None = None,
    site_costs: Amount | None = None,
    budget: float | None = None,
    fixed: Sequence[Any] | np.ndarray = (),
    forbidden: Sequence[Any] | np.ndarray = (),
    rules: Rules | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> SitingResult:
    """Win the most demand with p new sites against competitors (Huff).

    maximise Σᵢ wᵢ Uᵢ(x) / (Uᵢ(x) + Vᵢ), Uᵢ(x) = Σⱼ Aⱼ h(dᵢⱼ) xⱼ, Vᵢ the same over the competitors,
    h(d) = d^-λ or e^(-λ d), λ the exponent. Each term is concave in U, so that its tangents bound
    it; the program with the tangents so far is solved in rounds until answer and bound meet.

    Parameters
    ----------
    distance
        Demand × own sites, minutes or metres (matrix, ``TravelTimes``, long table, ``Points``). A
        pair that is absent or infinite attracts nobody.
    p
        How many new sites at the most.
    attractiveness
        Aⱼ of each own site, such as its floor area; 1 if left out.
    competitors
        Demand × the competitors' sites, in the form and with the demand ids of ``distance``; none
        if left out.
    competitor_attractiveness
        That of each competitor's site; 1 if left out.
    decay, exponent
        How attraction falls with distance: ``power`` (Huff) or ``exponential``.
    weights
        Buying power or residents of each demand; 1 if left out.
    site_costs, budget
        Cost of each site and what the new ones may cost together; with or instead of ``p``.
    fixed, forbidden
        Ids of own sites that are open already, and of those that must not be used.
    rules
        Quotas per group, pairs apart and together.
    time_limit_s
        Seconds after which the best answer so far is returned with its gap.
    gap
        Relative gap at which an answer is good enough.
    seed
        Seed of the solver's choices.
    progress
        Told objective and bound whenever they improve.

    Returns
    -------
    SitingResult
        Its objective is the weight won by fixed and new sites together; ``shares`` says by which
        site, ``demand["share"]`` how much of each demand.

    Raises
    ------
    SitingError
        If an argument cannot be worked with: neither ``p`` nor ``budget``, a distance of 0 under
        ``power``.

    References
    ----------
    Huff (1964), "Defining and estimating a trading area", Journal of Marketing 28. Benati and
    Hansen (2002), "The maximum capture problem with random utilities", European Journal of
    Operational Research 143. Ljubić and Moreno (2018), "Outer approximation and submodular cuts for
    maximum capture facility location problems with random utilities", European Journal of
    Operational Research 266.

    Examples
    --------
    >>> won = market_share([[1, 4], [4, 1]], 1, competitors=[[2], [2]], weights=[1, 3])
    >>> won.sites, round(won.objective, 3)
    (array([1]), 2.6)
    """
    watch = Watch(time_limit_s, progress)
    if decay not in ("power", "exponential"):
        raise SitingError(f"decay is {decay!r}; give 'power' or 'exponential'")
    if not (np.isfinite(exponent) and exponent >= 0):
        raise SitingError(f"exponent is {exponent}; give a finite number of 0 or more")
    own = Matrix.read(distance, "distance")
    choice = SiteChoice.checked(
        own.site_ids, fixed=fixed, forbidden=forbidden, site_costs=site_costs, p=p, budget=budget,
        rules=rules, limited=True, assigns=False,
    )  # fmt: skip
    against = np.zeros(len(own.demand_ids))
    if competitors is not None:
        other = Matrix.read(competitors, "competitors")
        if not other.demand_ids.equals(own.demand_ids):
            raise SitingError("competitors has other demand than distance; give the same rows")
        area = amounts("competitor_attractiveness", competitor_attractiveness, other.site_ids)
        against = _attraction(other, area, decay, exponent, "competitors").sum(axis=1)
    area = amounts("attractiveness", attractiveness, own.site_ids)
    market = Market(
        attraction=_attraction(own, area, decay, exponent, "distance"),
        against=against,
        weights=amounts("weights", weights, own.demand_ids),
        choice=choice,
        demand_ids=own.demand_ids,
    )
    return Capture(market, watch, gap, seed).run()


def _attraction(
    matrix: Matrix, area: np.ndarray, decay: Decay, exponent: float, name: str
) -> csr_array:
    """Return what attracts each demand to each site; pairs out of reach left out."""
    values = matrix.values
    if isinstance(values, np.ndarray):
        row, site = np.nonzero(~np.isposinf(np.asarray(values, float)))
        far = np.asarray(values[row, site], float)
    else:
        pairs = values.tocoo()
        near = ~np.isposinf(pairs.data)
        row, site, far = pairs.row[near], pairs.col[near], pairs.data[near].astype(float)
    least = far > 0 if decay == "power" and exponent > 0 else far >= 0
    if not least.all():
        at = int(np.flatnonzero(~least)[0])
        pair = f"{matrix.demand_ids[row[at]]}, {matrix.site_ids[site[at]]}"
        raise SitingError(
            f"{name}[{pair}] is {far[at]}; raise it to a least distance above 0, "
            "or use decay='exponential'"
        )
    pull = far**-exponent if decay == "power" else np.exp(-exponent * far)
    return csr_array(coo_array((pull * area[site], (row, site)), shape=values.shape))
