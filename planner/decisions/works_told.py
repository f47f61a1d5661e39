"""What is said of chosen works: actions in order, gaps before and after, who loses, teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from planner.decisions.works_actions import KEEP, TEAM
from planner.decisions.works_gaps import GAPS
from planner.siting.gradual import best_values

if TYPE_CHECKING:
    from planner.decisions.situation import Situation
    from planner.decisions.works_actions import Menu
    from planner.decisions.works_program import WorksProblem

ACTIONS = [
    "action", "id", "name", "community_name", "town_name", "what", "cost_yuan",
    "running_yuan_per_year", "yuan_per_year", "persons", "yuan_per_person",
]  # fmt: skip


def actions_in_order(found: Menu, problem: WorksProblem, taken: np.ndarray) -> pd.DataFrame:
    """Return a row per action: the cheapest per person first, then what is closed or merged.

    Each counts what those before it leave; what ends a hall counts what is left of the loss.
    """
    acts, keeps = found.acts, np.flatnonzero(np.array(_kinds(found)) == KEEP)
    told = acts.assign(running=acts["running"] + _team_costs(acts, taken))
    rules = found.now.standard.actions
    once, running = told["cost_yuan"].to_numpy(float), told["running"].to_numpy(float)
    yearly = rules.yuan_per_year(once, running) if rules else np.full(len(told), np.nan)
    price = np.where(np.isnan(yearly), once, yearly)
    chosen = np.flatnonzero((taken > 0) & ~np.isin(told["action"], [KEEP, TEAM])).tolist()
    ends = [at for at in chosen if told["hall"].iloc[at] >= 0]
    left = [at for at in chosen if told["hall"].iloc[at] < 0]
    columns = {at: problem.values[:, [at]].toarray().ravel() for at in left}
    closed = best_values(problem.values, keeps)[0]
    order: list[int] = []
    persons: list[float] = []
    while left:
        gain = {
            at: float(problem.weights @ np.clip(columns[at] - closed, 0.0, None)) for at in left
        }
        a_yuan = {at: gain[at] / max(float(price[at]), 1e-9) for at in left}
        best = max(left, key=lambda at: (a_yuan[at], -at))
        closed = np.maximum(closed, columns[best])
        left.remove(best)
        order.append(best)
        persons.append(gain[best])
    standing = set(keeps.tolist()) | set(order)
    for at in ends:
        standing = standing - {int(told["hall"].iloc[at])} | {int(at)}
        after = best_values(problem.values, np.array(sorted(standing)))[0]
        persons.append(float(problem.weights @ (after - closed)))
        order.append(at)
        closed = after
    table = told.iloc[order].assign(persons=persons, yuan_per_year=yearly[order])
    table = _named(found.now, table.rename(columns={"running": "running_yuan_per_year"}))
    a_person = table["yuan_per_year"] / table["persons"]
    return table.assign(yuan_per_person=a_person.where(table["persons"] > 0))[ACTIONS]


def gaps_by_kind(found: Menu, problem: WorksProblem, taken: np.ndarray) -> pd.DataFrame:
    """Return a row per kind of gap: open today, closed and share of it, lost by closing halls."""
    table = found.gaps.assign(share=problem.closed(taken))
    table = table[table["persons"] > 0]
    part = table["persons"] * table["share"]
    table = table.assign(
        places=table["open"].astype(int),
        today=table["persons"].where(table["open"], 0.0),
        closed=part.where(table["open"], 0.0),
        lost=(table["persons"] - part).where(~table["open"], 0.0),
    )
    sums = table.groupby("gap")[["places", "today", "closed", "lost"]].sum()
    sums = sums[(sums["today"] > 0) | (sums["lost"] > 0)].rename(columns={"today": "persons"})
    sums = sums.reindex([name for name in GAPS if name in sums.index])
    share = (sums["closed"] / sums["persons"]).where(sums["persons"] > 0)
    sums.insert(3, "share", share)
    return sums.reset_index()


def losers(found: Menu, problem: WorksProblem, taken: np.ndarray) -> pd.DataFrame:
    """Return a row per community and kind of gap that is closed today and opens; most first."""
    lost = found.gaps["persons"] * (1 - problem.closed(taken))
    table = found.gaps.assign(persons=lost)[~found.gaps["open"] & (lost > 0)]
    table = table.groupby(["community_code", "gap"], as_index=False)["persons"].sum()
    table = table.sort_values(["persons", "community_code", "gap"], ascending=[False, True, True])
    named = _with_places(found.now, table.rename(columns={"community_code": "place"}))
    return named[["gap", "community_name", "town_name", "persons"]].reset_index(drop=True)


def teams(found: Menu, taken: np.ndarray) -> pd.DataFrame:
    """Return a row per platform that sends teams: teams, days that they work and could, cost."""
    acts = found.acts.assign(taken=taken)
    visits = acts[(acts["action"] == "mobile") & (acts["taken"] > 0)]
    rows = acts[(acts["action"] == TEAM) & (acts["taken"] > 0)]
    names = found.now.city.halls.set_index("hall_id")["name"]
    days = visits.groupby("base")["days"].sum()
    return pd.DataFrame(
        {
            "base_hall_id": rows["id"].to_numpy(str),
            "name": rows["id"].map(names).to_numpy(),
            "teams": rows["taken"].to_numpy(int),
            "days": rows["id"].map(days).to_numpy(int),
            "days_possible": (rows["days"] * rows["taken"]).to_numpy(int),
            "yuan_per_year": (rows["running"] * rows["taken"]).to_numpy(float),
        }
    )


def _kinds(found: Menu) -> list[str]:
    return [str(row["action"]) for row in found.rows]


def _team_costs(acts: pd.DataFrame, taken: np.ndarray) -> np.ndarray:
    """Return what each visit chosen carries of its teams' cost, by its days."""
    team = acts["action"] == TEAM
    cost = (acts["running"] * taken)[team].set_axis(acts.loc[team, "id"])
    days = acts["days"].where((acts["action"] == "mobile") & (taken > 0), 0)
    used = days.groupby(acts["base"]).sum()
    a_day = acts["base"].map(cost / used.reindex(cost.index)).fillna(0.0)
    return (days * a_day).to_numpy(float)


def _named(now: Situation, table: pd.DataFrame) -> pd.DataFrame:
    """Return actions with names of the site, hall or settlement, its community and its town."""
    parts = (
        now.places.set_index("site_id")["name"],
        now.city.halls.set_index("hall_id")["name"],
        now.city.settlements.set_index("settlement_id")["name"],
    )
    names: dict[tuple[bool, bool], pd.Series] = {
        (True, False): parts[0], (False, False): parts[1], (False, True): parts[2],
    }  # fmt: skip
    told = [
        names[action.startswith("new_"), action == "mobile"].get(ident)
        for action, ident in zip(table["action"], table["id"], strict=True)
    ]
    named = _with_places(now, table)
    home = named["community_name"]
    return named.assign(name=pd.Series(told, home.index, object).where(pd.notna, home))


def _with_places(now: Situation, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the names of the community and the town of its ``place`` (a code)."""
    home = now.city.communities.set_index("code").loc[table["place"]]
    towns = now.city.towns.set_index("code")["name"]
    return table.assign(
        community_name=home["name"].to_numpy(), town_name=home["town_code"].map(towns).to_numpy()
    ).reset_index(drop=True)
