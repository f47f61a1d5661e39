"""Where the next halls of each tier should go, visits that are referred upwards in view."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geodata.layers import SEPARATOR
from planner import coverage, siting
from planner.coverage.access import settlement_kinds
from planner.errors import InfeasibleError, PlanError
from planner.sites import available_sites, forbidden_positions
from planner.standard_tables import Tier
from planner.travel import TravelTimes, travel_times

if TYPE_CHECKING:
    from geodata.city import City
    from planner.progress import Progress
    from planner.siting import TieredResult
    from planner.standard import Standard

TIERS: tuple[Tier, ...] = ("community", "town", "municipal")
Goal = Literal["travel", "reach", "every_tier"]
Origin = Literal["home", "facility"]
_DAY_MINUTES = 1_440.0


@dataclass(frozen=True, eq=False)
class Tiers:
    """What to build or raise at each tier.

    Attributes
    ----------
    sites
        A row per site built or raised, the highest tier first: tier, action (new_hall,
        new_station, new_platform, new_centre, raise_platform, raise_centre), id (of the candidate
        site or the hall), name, community_name, town_name, cost_yuan.
    travel
        A row per tier, the lowest first: tier, places and places_after (that offer it),
        visits_per_day, minutes_before and minutes_after (mean, one way, of its visits),
        visit_minutes and visit_minutes_after (a day, one way), share and share_after (of
        residents, within the standard's minutes from home).
    answer
        Of the model, with its bound and gap: visit-minutes a day; visits a day whose tier is
        within reach; or residents within reach of every tier.
    """

    sites: pd.DataFrame
    travel: pd.DataFrame
    answer: TieredResult


def tiers(
    city: City,
    standard: Standard,
    *,
    new_halls: int | None = None,
    new_platforms: int | None = None,
    new_centres: int = 0,
    budget_yuan: float | None = None,
    goal: Goal = "travel",
    refer_from: Origin = "home",
    forbidden_sites: Sequence[str] = (),
    time_limit_s: float = 60.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Tiers:
    """Return where the next community halls, town platforms and municipal centres should go.

    Tiers are nested: what is built as a platform is a community hall too. Sites are the candidates
    and the open community halls of the form hall, which can be raised to platforms (candidates of
    the form station cannot). An open platform counts at a lower tier if it offers the functions
    that the standard asks for there.

    Parameters
    ----------
    city, standard
        What there is, and what there should be. The standard's visits a day say what share of
        visits goes on from each tier to the next, ``[platforms]`` what a platform costs.
    new_halls, new_platforms, new_centres
        How many sites may become community halls or stations, town platforms (built or raised) and
        municipal centres. Left out: none without a budget, any number with one.
    budget_yuan
        What all of them may cost together.
    goal
        ``travel``: least minutes of all visits; ``reach``: most visits whose tier is within the
        standard's minutes from home; ``every_tier``: most residents within reach of all tiers.
    refer_from
        Where visits to the upper tiers start from: home, or the place of the tier below that
        referred them. For ``travel`` alone.
    forbidden_sites
        Ids of candidate sites or halls that stay as they are.
    time_limit_s
        Seconds for the model.
    seed
        Seed of the search.
    progress
        Told what is being done.

    Raises
    ------
    PlanError
        If nothing may be built, a number cannot be worked with, a site does not exist, or the
        standard says nothing of visits to the upper tiers.
    InfeasibleError
        If some residents reach no place of a tier.

    References
    ----------
    Şahin and Süral (2007), "A review of hierarchical facility location models", Computers &
    Operations Research 34. Moore and ReVelle (1982), "The hierarchical service location problem",
    Management Science 28.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> standard = planner.Standard.load("taicang-2013")
    >>> found = planner.tiers(city, standard, new_halls=2, new_platforms=1)
    >>> found.answer.status, len(found.sites)
    ('optimal', 3)
    """
    numbers = _numbers(new_halls, new_platforms, new_centres, budget_yuan)
    if goal not in get_args(Goal) or refer_from not in get_args(Origin):
        wrong = ("refer_from", refer_from) if goal in get_args(Goal) else ("goal", goal)
        raise PlanError("bad_tiers", name=wrong[0], value=wrong[1])
    say = progress or (lambda _stage: None)
    say("travel")
    places = _Places(city, standard, raised=numbers[2] != 0)
    asked: dict[str, Any] = {
        "p": numbers,
        "budget": budget_yuan,
        "site_costs": places.costs,
        "fixed": places.levels,
        "highest": places.highest,
        "forbidden": places.closed(forbidden_sites),
        "time_limit_s": time_limit_s,
        "seed": seed,
    }
    homes, reaches = places.minutes(), None
    travel = _Travel(places, homes, refer_from)
    say("siting")
    if goal == "travel":
        answer = travel.asked(**asked)
    else:
        reaches = [homes[k].within(places.allowed[tier]) for k, tier in enumerate(TIERS)]
        weights: Any = {"weights": places.residents, "every_tier": True}
        if goal == "reach":
            rates = [places.rates[tier] for tier in TIERS]
            weights = {"weights": places.residents, "tier_weights": rates}
        answer = siting.tiered_coverage(reaches, **weights, **asked)
    if answer.status == "infeasible":
        raise InfeasibleError("tiers_out_of_reach", reason=answer.message)
    return Tiers(_sites(places, answer), travel.table(answer.levels), answer)


def _numbers(
    halls: int | None, platforms: int | None, centres: int, budget: float | None
) -> list[int | None]:
    if budget is not None and not 0 <= budget < math.inf:
        raise PlanError("bad_budget", value=budget)
    for number in (halls, platforms, centres):
        if number is not None and (number != int(number) or number < 0):
            raise PlanError("bad_new_halls", value=number)
    if budget is None and not (halls or platforms or centres):
        raise PlanError("no_tiers")
    default = None if budget is not None else 0
    return [
        default if halls is None else halls,
        default if platforms is None else platforms,
        centres,
    ]


class _Places:
    """Open halls of all tiers, then the available candidate sites, as sites of the model."""

    def __init__(self, city: City, standard: Standard, raised: bool) -> None:
        self.city, self.standard = city, standard
        halls = city.halls.set_index("hall_id", drop=False)
        self.halls = halls[halls["status"] == "open"]
        self.candidates = available_sites(city)
        self.open_count = len(self.halls)
        self.ids = pd.Index([*self.halls.index, *self.candidates.index])
        if not self.ids.is_unique:
            raise PlanError("bad_tiers", name="id", value=self.ids[self.ids.duplicated()][0])
        level = {tier: k for k, tier in enumerate(TIERS, start=1)}
        self.levels = {site: level[tier] for site, tier in self.halls["tier"].items()}
        can_rise = np.concatenate([self.halls["form"], self.candidates["form"]]) == "hall"
        today = np.array([self.levels.get(site, 0) for site in self.ids])
        top = np.where(can_rise, 3 if raised else 2, 1)
        self.highest = np.where(today == 2, 3 if raised else 2, np.maximum(top, today))
        self.residents = city.settlements["residents"].to_numpy(float)
        visits = standard.visits
        self.rates = {tier: visits.rate(tier) for tier in TIERS}
        if None in self.rates.values():
            raise PlanError("no_referral", standard=standard.id)

    @property
    def referral(self) -> list[float]:
        """Share of the visits to each tier that goes on to the next."""
        rates: list[Any] = [self.rates[tier] for tier in TIERS]
        return [min(above / below, 1.0) for below, above in itertools.pairwise(rates)]

    @cached_property
    def points(self) -> gpd.GeoDataFrame:
        """Where the sites are, by id."""
        both = [self.halls[["geometry"]], self.candidates[["geometry"]]]
        return gpd.GeoDataFrame(pd.concat(both), geometry="geometry").set_axis(self.ids)

    @cached_property
    def costs(self) -> np.ndarray:
        """What it costs to make of each site one of each tier, in yuan, shape (sites, 3)."""
        own = np.concatenate(
            [np.zeros(self.open_count), self.candidates["cost_yuan"].to_numpy(float)]
        )
        area = np.concatenate([self.halls["floor_area_m2"], self.candidates["floor_area_m2"]])
        known = np.nan_to_num(area.astype(float))
        rules = self.standard.platforms
        columns = [own]
        for tier in TIERS[1:]:
            rule = None if rules is None else rules.of(tier)
            lacking = 0.0 if rule is None else np.maximum(rule.floor_area_m2 - known, 0.0)
            columns.append(own + lacking * (0.0 if rule is None else rule.yuan_per_m2))
        return np.stack(columns, axis=1)

    @cached_property
    def allowed(self) -> dict[Tier, pd.Series]:
        """The standard's minutes to each tier, by settlement."""
        kinds = settlement_kinds(self.city)
        return {
            tier: kinds.map(lambda kind, tier=tier: self.standard.reach_of(tier, kind).minutes)
            for tier in TIERS
        }

    def closed(self, forbidden: Sequence[str]) -> list[str]:
        """Return the sites that stay as they are.

        Raises
        ------
        PlanError
            If one of them does not exist.
        """
        halls = [site for site in forbidden if site in self.halls.index]
        others = [site for site in forbidden if site not in self.halls.index]
        at = forbidden_positions(self.city, others, self.candidates)
        return [*halls, *self.candidates.index[at]]

    @cached_property
    def idle(self) -> list[np.ndarray]:
        """Which open places of a higher tier lack a function of each tier (mask over sites)."""
        masks = []
        for k, tier in enumerate(TIERS, start=1):
            required = set(self.standard.functions_of(tier, "urban").required)
            offered = [set(str(names).split(SEPARATOR)) for names in self.halls["functions"]]
            lacks = [
                self.levels[hall] > k and not required <= has
                for hall, has in zip(self.halls.index, offered, strict=True)
            ]
            masks.append(np.concatenate([lacks, np.zeros(len(self.candidates), bool)]))
        return masks

    def minutes(self) -> list[TravelTimes]:
        """Return travel from the settlements to all sites, by the mode of each tier."""
        return [
            _without(
                coverage.access(
                    self.city, self.standard, tier, self.points, minutes=_DAY_MINUTES
                ).travel,
                self.idle[k],
            )
            for k, tier in enumerate(TIERS)
        ]

    def links(self) -> list[TravelTimes]:
        """Return travel from all sites to all sites, by the mode of each upper tier."""
        kinds = self.city.communities.set_index("code")["kind"]
        home = np.concatenate([self.halls["community_code"], self.candidates["community_code"]])
        kind = pd.Series(home, index=self.ids).map(kinds).fillna("urban")
        found = []
        for k, tier in enumerate(TIERS[1:], start=1):
            modes = kind.map(lambda name, tier=tier: self.standard.reach_of(tier, name).mode)
            parts = [
                travel_times(
                    self.city.roads,
                    self.points[(modes == mode).to_numpy()],
                    self.points,
                    mode=mode,
                    limit_minutes=_DAY_MINUTES,
                )
                for mode in sorted(modes.unique())
            ]
            ways = TravelTimes.vstack(parts).select_demand(self.ids)
            found.append(_without(ways, self.idle[k]))
        return found


def _without(travel: TravelTimes, idle: np.ndarray) -> TravelTimes:
    """Return travel times without the ways to some places."""
    minutes = travel.minutes
    keep = ~idle[minutes.indices]
    rows = np.repeat(np.arange(minutes.shape[0]), np.diff(minutes.indptr))
    counts = np.bincount(rows[keep], minlength=minutes.shape[0])
    starts = np.concatenate([[0], np.cumsum(counts)])
    kept = csr_array((minutes.data[keep], minutes.indices[keep], starts), shape=minutes.shape)
    return replace(travel, minutes=kept)


class _Travel:
    """Travel of all visits, from home or on from the facility."""

    def __init__(self, places: _Places, homes: list[TravelTimes], origin: Origin) -> None:
        self.places, self.homes = places, homes
        self.cost: Any = homes if origin == "home" else homes[:1]
        self.links = None if origin == "home" else places.links()
        rate: Any = places.rates["community"]
        self.weights = pd.Series(places.residents * rate, index=homes[0].demand_ids)

    def asked(self, **options: Any) -> TieredResult:
        """Return the model's answer."""
        return siting.tiered_median(
            self.cost,
            referral=self.places.referral,
            links=self.links,
            weights=self.weights,
            **options,
        )

    def at(self, levels: np.ndarray) -> TieredResult:
        """Return who travels where with sites of some tiers."""
        fixed = {site: int(level) for site, level in zip(self.places.ids, levels, strict=True)}
        return self.asked(p=[0, 0, 0], fixed=fixed)

    def table(self, levels: np.ndarray) -> pd.DataFrame:
        """Return the table of travel, now and with sites of some tiers."""
        now = np.array([self.places.levels.get(site, 0) for site in self.places.ids])
        columns: dict[str, Any] = {"tier": list(TIERS)}
        for name, these in (("", now), ("_after", levels)):
            travel, offers = self.at(these), self._offers(these)
            known = travel.status != "infeasible"
            table = travel.travel
            columns[f"places{name}"] = [int(mask.sum()) for mask in offers]
            columns["visits_per_day"] = table["weight"].to_numpy()
            columns[f"minutes{name or '_before'}"] = table["mean"].to_numpy() if known else np.nan
            columns[f"visit_minutes{name}"] = table["cost"].to_numpy() if known else np.nan
            columns[f"share{name}"] = [self._share(k, mask) for k, mask in enumerate(offers)]
        return pd.DataFrame(columns)[_COLUMNS]

    def _offers(self, levels: np.ndarray) -> list[np.ndarray]:
        return [(levels >= k) & ~idle for k, idle in enumerate(self.places.idle, start=1)]

    def _share(self, tier: int, offers: np.ndarray) -> float:
        """Return the share of residents within the standard's minutes of a tier, from home."""
        near = self.homes[tier].within(self.places.allowed[TIERS[tier]]).reach()
        reached = np.asarray(near[:, np.flatnonzero(offers)].sum(axis=1)) > 0
        return float(self.places.residents[reached].sum() / self.places.residents.sum())


_COLUMNS = [
    "tier", "visits_per_day", "places", "places_after", "minutes_before", "minutes_after",
    "visit_minutes", "visit_minutes_after", "share", "share_after",
]  # fmt: skip
_NEW = {2: "new_platform", 3: "new_centre"}
_RAISED = {2: "raise_platform", 3: "raise_centre"}


def _sites(places: _Places, answer: TieredResult) -> pd.DataFrame:
    """Return a row per site built or raised."""
    city = places.city
    communities, towns = city.communities.set_index("code"), city.towns.set_index("code")["name"]
    rows = []
    at = np.flatnonzero(answer.levels > answer.now)
    for site in at[np.lexsort((at, -answer.levels[at]))].tolist():
        level = int(answer.levels[site])
        built = site >= places.open_count
        source = places.candidates if built else places.halls
        place = source.iloc[site - places.open_count if built else site]
        code = place["community_code"]
        home = communities.loc[code] if code in communities.index else None
        town = place["town_code"] if home is None else home["town_code"]
        community = None if home is None else home["name"]
        action = _NEW.get(level, f"new_{place['form']}") if built else _RAISED[level]
        name = place["name"] if isinstance(place["name"], str) else community
        rows.append(
            (TIERS[level - 1], action, places.ids[site], name, community, towns.get(town),
             float(places.costs[site, level - 1]))
        )  # fmt: skip
    columns = ["tier", "action", "id", "name", "community_name", "town_name", "cost_yuan"]
    return pd.DataFrame(rows, columns=columns)
