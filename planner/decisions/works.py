"""Build, upgrade, extend or add functions: one program chooses among them under one budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import block_array, csr_array

from geodata.layers import SEPARATOR
from planner import coverage, siting
from planner.decisions.situation import Situation, situation
from planner.errors import PlanError

if TYPE_CHECKING:
    from geodata.city import City
    from planner.progress import Progress
    from planner.siting import SitingResult
    from planner.standard import Standard

GAPS = ("reach", "form", "functions", "floor_area")
ACTIONS = {"form": "upgrade", "functions": "add_function", "floor_area": "extend"}


@dataclass(frozen=True, eq=False)
class Works:
    """What to do with one budget.

    Attributes
    ----------
    actions
        A row per action chosen: action (new_hall, new_station, upgrade, add_function, extend), id
        (of the site or hall), name, community_name, town_name, what (the function, or m²),
        cost_yuan, persons (weighted gaps closed that no action before it closes), yuan_per_person;
        the cheapest per person first.
    gaps
        A row per kind of gap: gap, places (how many rows are open), persons (weighted, open
        today), closed (by the actions) and their share.
    answer
        Of the model: its objective counts what is closed, gaps that are closed today included.
    """

    actions: pd.DataFrame
    gaps: pd.DataFrame
    answer: SitingResult


def works(
    city: City,
    standard: Standard,
    budget_yuan: float,
    *,
    weights: Mapping[str, float] | None = None,
    forbidden_sites: Sequence[str] = (),
    time_limit_s: float = 60.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> Works:
    """Return the actions that close the most weighted gaps under a budget, with proof.

    A maximal covering problem whose demand are gaps, in persons: the residents of each settlement
    out of reach; for the largest hall of each community its residents for the form lacking, for
    each function lacking residents / functions required, for the floor area residents · area
    lacking / area required. What covers them: new sites (and, where one is a hall, also the form
    and functions lacking in its community, and the area if its own is enough), upgrades, added
    functions, extensions. So nothing is closed, or paid for, twice.

    Parameters
    ----------
    city, standard
        What there is, and what there should be. Costs of an upgrade, a function and a square metre
        are those of the standard's ``[harmony.criteria]``, each with its source there; what has no
        cost there is not among the actions.
    budget_yuan
        What all actions may cost together.
    weights
        What a person counts in each of ``GAPS``; 1 where left out (planning assumption: all gaps
        count alike).
    forbidden_sites
        Ids of candidate sites that must not be used.
    time_limit_s
        Seconds for the model.
    seed
        Seed of the solver's choices.
    progress
        Told what is being done.

    Raises
    ------
    PlanError
        If the budget or a weight is not a number of 0 or more, or a site does not exist.

    References
    ----------
    Church and ReVelle (1974), "The maximal covering location problem", Papers of the Regional
    Science Association 32.

    Examples
    --------
    >>> import geodata, planner
    >>> city = geodata.open_city("taicang")
    >>> found = planner.works(city, planner.Standard.load("taicang-2013"), 5e6)
    >>> bool(found.actions["cost_yuan"].sum() <= 5e6)
    True
    """
    counted = dict.fromkeys(GAPS, 1.0) | dict(weights or {})
    for name, value in {"budget": budget_yuan, **counted}.items():
        if name not in ("budget", *GAPS) or not 0 <= value < np.inf:
            raise PlanError("bad_works", name=name, value=value, known=", ".join(GAPS))
    now = situation(city, standard, progress)
    (progress or (lambda _stage: None))("siting")
    lacking = _lacking(now, counted)
    acts = _acts(now, lacking)
    options = now.options(forbidden_sites)
    demand = np.concatenate([now.residents * counted["reach"], lacking["persons"]])
    answer = siting.max_coverage(
        _reach(now, lacking, acts),
        budget=budget_yuan,
        time_limit_s=time_limit_s,
        seed=seed,
        **options
        | {
            "weights": demand,
            "site_costs": np.concatenate([now.costs, acts["cost_yuan"].to_numpy(float)]),
        },
    )
    return _told(now, lacking, acts, answer, demand)


def _lacking(now: Situation, counted: Mapping[str, float]) -> pd.DataFrame:
    """Return a row per gap of the largest hall of each community, and what closing it costs.

    Columns: gap, hall_id, community_code, what, amount, persons, unit_yuan.
    """
    rules = now.standard.harmony
    asked = {name: getattr(rules.criteria, name) for name in ACTIONS} if rules else {}
    prices = {name: one.yuan_per_unit for name, one in asked.items() if one is not None}
    halls = coverage.halls_against_standard(now.city, now.standard)
    halls = halls[halls["tier"] == "community"]
    halls = halls.sort_values(["floor_area_m2", "hall_id"], ascending=[False, True])
    communities = now.city.communities.set_index("code")
    rows = []
    for hall in halls.drop_duplicates("community_code").itertuples():
        home = communities.loc[hall.community_code]
        needed = len(now.standard.functions_of("community", home["kind"]).required)
        found: list[tuple[str, str, float, float]] = []
        if hall.form_gap:
            found.append(("form", "", 1.0, 1.0))
        missing = hall.functions_missing.split(SEPARATOR) if hall.functions_missing else []
        found += [("functions", name, 1.0, 1.0 / needed) for name in missing]
        area = hall.floor_area_gap_m2
        if area > 0:
            found.append(("floor_area", "", area, area / hall.floor_area_required_m2))
        rows += [
            (gap, hall.hall_id, hall.community_code, what, amount,
             float(home["residents"]) * part * counted[gap], prices.get(gap))
            for gap, what, amount, part in found
        ]  # fmt: skip
    columns = ["gap", "hall_id", "community_code", "what", "amount", "persons", "unit_yuan"]
    return pd.DataFrame(rows, columns=columns)


def _acts(now: Situation, lacking: pd.DataFrame) -> pd.DataFrame:
    """Return the actions on halls that have a cost, a row each; ``row`` is the gap it closes."""
    acts = lacking[lacking["unit_yuan"].notna()]
    cost = acts["amount"] * acts["unit_yuan"].astype(float)
    return acts.assign(row=acts.index, cost_yuan=cost).reset_index(drop=True)


def _reach(now: Situation, lacking: pd.DataFrame, acts: pd.DataFrame) -> csr_array:
    """Return which hall, site or action covers which settlement or gap."""
    site = now.sites.reset_index(drop=True)
    same = lacking["community_code"].to_numpy()[:, None] == site["community_code"].to_numpy()
    is_hall = (site["form"] == "hall").to_numpy()
    area = site["floor_area_m2"].to_numpy(float)
    large = np.nan_to_num(area)[None, :] >= _required(now, lacking)[:, None]
    of_area = (lacking["gap"] == "floor_area").to_numpy()[:, None]
    by_site = same & is_hall & (large | ~of_area)
    halls = csr_array((len(lacking), now.open_count), dtype=bool)
    own = csr_array(
        (np.ones(len(acts), bool), (acts["row"], acts.index)), shape=(len(lacking), len(acts))
    )
    nobody = csr_array((len(now.residents), len(acts)), dtype=bool)
    hall_reach, site_reach = now.reach[:, : now.open_count], now.reach[:, now.open_count :]
    blocks = [[hall_reach, site_reach, nobody], [halls, csr_array(by_site), own]]
    return csr_array(block_array(blocks, format="csr"), dtype=bool)


def _required(now: Situation, lacking: pd.DataFrame) -> np.ndarray:
    """Return the floor area that the standard asks for in the community of each gap."""
    home = now.city.communities.set_index("code").loc[lacking["community_code"]]
    return np.array(
        [
            now.standard.floor_area_m2(kind, float(households)) or 0.0
            for kind, households in zip(home["kind"], home["households"], strict=True)
        ]
    )


def _told(
    now: Situation,
    lacking: pd.DataFrame,
    acts: pd.DataFrame,
    answer: SitingResult,
    demand: np.ndarray,
) -> Works:
    assert answer.request is not None
    reach = answer.request.get("reach").tocsc()
    kinds = np.concatenate([np.full(len(now.residents), "reach"), lacking["gap"].to_numpy(str)])
    closed = reach[:, : now.open_count].sum(axis=1) > 0
    before = closed.copy()
    costs = answer.request.get("site_costs")
    left, rows = [int(at) for at in answer.site_positions if at >= now.open_count], []
    columns = {at: np.asarray(reach[:, [at]].toarray()).ravel() for at in left}
    while left:
        gain = {at: float(demand[columns[at] & ~closed].sum()) for at in left}
        best = max(left, key=lambda at: (gain[at] / max(costs[at], 1e-9), -at))
        closed = closed | columns[best]
        left.remove(best)
        rows.append(_row(now, acts, best) | {"persons": gain[best]})
    table = pd.DataFrame(rows, columns=_COLUMNS)
    table["yuan_per_person"] = (table["cost_yuan"] / table["persons"]).where(table["persons"] > 0)
    frame = pd.DataFrame({"gap": kinds, "persons": demand, "open": ~before, "closed": closed})
    frame = frame[frame["open"] & (frame["persons"] > 0)]
    by_gap = frame.groupby("gap").agg(places=("gap", "size"), persons=("persons", "sum"))
    by_gap["closed"] = frame[frame["closed"]].groupby("gap")["persons"].sum()
    by_gap = by_gap.reindex([name for name in GAPS if name in by_gap.index]).fillna(0.0)
    by_gap["share"] = by_gap["closed"] / by_gap["persons"]
    return Works(table, by_gap.reset_index(), answer)


_COLUMNS = ["action", "id", "name", "community_name", "town_name", "what", "cost_yuan", "persons"]


def _row(now: Situation, acts: pd.DataFrame, at: int) -> dict[str, object]:
    """Return what is said of an action, by its column of the reach."""
    number = at - now.open_count
    if number < len(now.sites):
        place = now.places.iloc[number]
        told = {name: place[name] for name in ("name", "community_name", "town_name", "cost_yuan")}
        return told | {"action": f"new_{place['form']}", "id": place["site_id"], "what": ""}
    act = acts.iloc[number - len(now.sites)]
    home = now.city.communities.set_index("code").loc[act["community_code"]]
    area = f"{act['amount']:,.0f} m²" if act["gap"] == "floor_area" else act["what"]
    return {
        "action": ACTIONS[act["gap"]],
        "id": act["hall_id"],
        "name": now.city.halls.set_index("hall_id").at[act["hall_id"], "name"],
        "community_name": home["name"],
        "town_name": now.city.towns.set_index("code").at[home["town_code"], "name"],
        "what": area,
        "cost_yuan": float(act["cost_yuan"]),
    }
