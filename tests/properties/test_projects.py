"""Project matching against every choice there is, on small random cases."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from planner.errors import InfeasibleError
from planner.projects import budget_curve, choose_projects

pytestmark = pytest.mark.slow

PLACES = ["A", "B", "C"]
TOWNS = pd.Series({"A": "west", "B": "west", "C": "east"})
FIELDS = ["youth", "women"]


@st.composite
def cases(draw, most=4):
    """Draw candidates, need, budgets."""
    projects = draw(st.integers(1, most))
    whole = st.integers(0, 9)
    table = pd.DataFrame(
        {
            "organisation_id": [draw(st.sampled_from(["O1", "O2"])) for _ in range(projects)],
            "field": [draw(st.sampled_from(FIELDS)) for _ in range(projects)],
            "community_codes": [
                ";".join(draw(st.lists(st.sampled_from(PLACES), min_size=1, unique=True)))
                for _ in range(projects)
            ],
            "cost_yuan": [1000.0 * draw(st.integers(1, 9)) for _ in range(projects)],
            "funder": [draw(st.sampled_from(["f", "g", "f;g", None])) for _ in range(projects)],
            "capacity": [float(draw(whole)) for _ in range(projects)],
        },
        index=[f"P{j}" for j in range(projects)],
    )
    index = pd.MultiIndex.from_product([PLACES, FIELDS])
    need = pd.Series([float(draw(whole)) for _ in index], index)
    weights = pd.Series([float(draw(st.integers(0, 3))) for _ in index], index)
    budgets = {name: 1000.0 * draw(st.integers(0, 15)) for name in ("f", "g")}
    return table, need, weights, budgets


def most_met(table, need, weights):
    """Return the most weighted need that all projects of a table meet, by linear programming."""
    pairs = [
        (j, key)
        for j in range(len(table))
        for key in need.index
        if key[1] == table["field"].iloc[j] and key[0] in table["community_codes"].iloc[j]
    ]
    if not pairs:
        return 0.0
    rows = [[float(j == k) for k, _ in pairs] for j in range(len(table))]
    rows += [[float(key == other) for _, other in pairs] for key in need.index]
    limits = [*table["capacity"], *need]
    done = linprog([-weights[key] for _, key in pairs], A_ub=rows, b_ub=limits)
    return -done.fun


def best_by_hand(table, need, weights, budgets, per_organisation, per_town):
    """Return the most that any choice meets, and the least that such a choice costs."""
    payable, worth = {}, {}
    for payers in product([None, "f", "g"], repeat=len(table)):
        allowed = all(
            payer is None or not isinstance(named, str) or payer in named.split(";")
            for payer, named in zip(payers, table["funder"], strict=True)
        )
        costs = table["cost_yuan"].to_numpy()
        spent = {f: costs[[payer == f for payer in payers]].sum() for f in budgets}
        if allowed and all(spent[f] <= budgets[f] for f in budgets):
            payable[tuple(payer is not None for payer in payers)] = sum(spent.values())
    for chosen in payable:
        bought = table[list(chosen)]
        owners = bought["organisation_id"].value_counts()
        serves = [
            sum(any(TOWNS[c] == town for c in codes.split(";")) for codes in bought.community_codes)
            for town in ("west", "east")
        ]
        if owners.max() > per_organisation or min(serves) < per_town:
            continue
        worth[chosen] = most_met(bought, need, weights)
    if not worth:
        return None
    best = max(worth.values())
    return best, min(payable[c] for c, value in worth.items() if value > best - 1e-6)


@settings(max_examples=40, deadline=None)
@given(cases(), st.integers(1, 2), st.integers(0, 1))
def test_the_choice_is_the_best_there_is_and_the_cheapest_such(case, per_organisation, per_town):
    table, need, weights, budgets = case
    rules = {
        "weights": weights, "towns": TOWNS, "per_town": per_town,
        "per_organisation": per_organisation,
    }  # fmt: skip
    expected = best_by_hand(table, need, weights, budgets, per_organisation, per_town)
    if expected is None:
        with pytest.raises(InfeasibleError):
            choose_projects(table, need, budgets, **rules)
        return
    found = choose_projects(table, need, budgets, **rules)
    assert found.status == "optimal"
    assert found.gap == 0
    assert found.need_met == pytest.approx(expected[0], abs=1e-5)
    assert found.spent.sum() == pytest.approx(expected[1])


@settings(max_examples=40, deadline=None)
@given(cases(12))
def test_budgets_capacities_and_needs_are_kept(case):
    table, need, _, budgets = case
    found = choose_projects(table, need, budgets)
    for funder, budget in budgets.items():
        mine = found.projects[found.projects["paid_by"] == funder]
        assert mine["cost_yuan"].sum() == found.spent[funder] <= budget
    paid = zip(found.projects["funder"], found.projects["paid_by"], strict=True)
    assert all(not isinstance(named, str) or by in named.split(";") for named, by in paid)
    assert found.projects.index.is_unique
    delivered = found.met.groupby("project_id").sum()
    assert (delivered <= table["capacity"].loc[delivered.index] + 1e-6).all()
    met = found.met.groupby(level=["community_code", "field"]).sum()
    assert (met.to_numpy() <= need.loc[met.index].to_numpy() + 1e-6).all()
    for project, community, field in found.met.index:
        assert table.at[project, "field"] == field
        assert community in table.at[project, "community_codes"].split(";")
    assert found.met.sum() == pytest.approx(found.need_met) == found.projects["met"].sum()
    assert found.need_met <= found.bound


@settings(max_examples=15, deadline=None)
@given(cases(8))
def test_more_money_never_meets_less(case):
    table, need, _, budgets = case
    assume(need.sum() > 0)
    curve = budget_curve(table, need, budgets, "f", more_yuan=(4000, 0, 2000))
    assert curve.index.tolist() == [0, 2000, 4000]
    assert (curve["gained"].iloc[1:] >= -1e-5).all()
    assert (np.diff(curve["need_met"]) == curve["gained"].iloc[1:]).all()
