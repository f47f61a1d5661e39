"""Works of the small city and of Taicang, by hand.

In the small city both rural halls (2,000 residents each) are stations (upgrade: 600,000 yuan) and
lack one function of eight (80,000); H3 is 200 m² short of 900 (800,000), H2 900 m² short of 1,300.
"""

from __future__ import annotations

import numpy as np
import pytest

import planner
from geodata import City
from planner.errors import PlanError
from tests.small_city import small_city_tables

pytestmark = pytest.mark.slow
SITES = ("C1", "C2", "C3", "C5")
REACH_ALONE = {"form": 0.0, "functions": 0.0, "floor_area": 0.0}


@pytest.fixture(scope="module")
def standard():
    return planner.Standard.load("taicang-2013")


@pytest.fixture(scope="module")
def neighbours(standard):
    """The small city with a large hall H1, and a standard by which 1,200 people of H2's reach it.

    They walk 2.5 km from (1, 3.5) to (1, 1); the other 800 have 6 km from (2.5, 5.5).
    """
    tables = small_city_tables()
    halls = tables["halls"]
    halls.loc[halls["hall_id"] == "H1", "floor_area_m2"] = 2000.0
    profile = standard.model_dump()
    for kind in ("urban", "rural"):
        profile["reach"]["community"][kind]["minutes"] = 40
    return City.from_tables(tables), planner.Standard.from_tables(profile, "patient")


def test_the_cheapest_gaps_are_closed_first(small_city, standard):
    found = planner.works(small_city, standard, 1.36e6)
    assert sorted(found.actions["action"]) == ["add_function"] * 2 + ["upgrade"] * 2
    assert found.actions["persons"].sum() == pytest.approx(2 * 2000 + 2 * 250)
    assert found.actions["cost_yuan"].sum() == 1.36e6
    assert found.answer.status == "optimal"
    gaps = found.gaps.set_index("gap")
    assert gaps["persons"].tolist() == pytest.approx([3200, 4000, 500, 2000 * (2 / 9 + 9 / 13)])
    assert gaps["share"].tolist() == [0, 1, 1, 0]
    assert gaps["lost"].tolist() == [0, 0, 0, 0]


def test_costs_are_told_once_every_year_and_over_the_life_of_a_hall(small_city, standard):
    upgrade = planner.works(small_city, standard, 1.36e6).actions.set_index("action").loc["upgrade"]
    assert upgrade["running_yuan_per_year"].tolist() == [30_000, 30_000]
    assert upgrade["yuan_per_year"].tolist() == [600_000 / 50 + 30_000] * 2
    assert upgrade["yuan_per_person"].tolist() == [21, 21]


def test_a_yearly_budget_alone_also_pays_what_is_spent_once(small_city, standard):
    found = planner.works(small_city, standard, yearly_budget_yuan=42_000)
    assert found.actions["action"].tolist() == ["upgrade"]
    assert planner.works(small_city, standard, yearly_budget_yuan=41_999).gaps["closed"].sum() < 2e3


def test_both_budgets_are_kept(small_city, standard):
    found = planner.works(small_city, standard, 1.36e6, yearly_budget_yuan=30_000)
    assert found.actions["action"].tolist() == ["upgrade"]


def test_a_new_hall_closes_the_floor_area_of_its_community_which_is_not_paid_twice(
    small_city, standard
):
    weights = {"form": 0.0, "functions": 0.0}
    found = planner.works(small_city, standard, 4.5e6, weights=weights)
    assert set(found.actions["id"]) == {"C2", "C3"}
    assert found.actions["persons"].sum() == pytest.approx(1600 + 2000 * 2 / 9)


def test_a_hall_is_shared_for_those_who_reach_it(neighbours):
    city, patient = neighbours
    found = planner.works(city, patient, yearly_budget_yuan=50_000 / 50 + 40_000)
    (act,) = found.actions.to_dict("records")
    assert (act["action"], act["id"], act["what"]) == ("share", "H2", "西南服务厅")
    assert (act["cost_yuan"], act["running_yuan_per_year"]) == (50_000, 40_000)
    assert act["persons"] == pytest.approx(1200 + 1200 * 9 / 13)


def test_a_hall_without_floor_area_for_both_is_not_shared(small_city, neighbours):
    _, patient = neighbours
    found = planner.works(small_city, patient, yearly_budget_yuan=1e6)
    assert "share" not in set(found.actions["action"])


def test_a_team_visits_the_settlements_out_of_reach(small_city, standard):
    asked = {"weights": REACH_ALONE, "forbidden_sites": SITES}
    there_and_back = [2 * km / 22 * 60 for km in (1.5, 3.5)]  # streets of 30 km/h, crossings
    full = 240_000 + sum(100 * (500 + 2 * minutes) for minutes in there_and_back)
    found = planner.works(small_city, standard, yearly_budget_yuan=full, **asked)
    assert found.actions["action"].tolist() == ["mobile"] * 2
    assert found.gaps["closed"].tolist() == [2 * 800]
    assert found.actions["running_yuan_per_year"].sum() == pytest.approx(full)
    (team,) = found.teams.to_dict("records")
    assert (team["teams"], team["days"], team["days_possible"]) == (1, 200, 220)
    part = planner.works(small_city, standard, yearly_budget_yuan=260_000, **asked)
    assert part.gaps["closed"].tolist() == pytest.approx([800 * 37 / 250])  # 12 and 25 days


def test_what_is_paid_by_the_year_needs_a_yearly_budget(neighbours):
    found = planner.works(*neighbours, 1e6)
    assert not {"share", "mobile"} & set(found.actions["action"])


@pytest.mark.parametrize("closing", [False, True])
def test_nothing_is_done_without_money(small_city, standard, closing):
    found = planner.works(
        small_city, standard, 0, yearly_budget_yuan=0, allow_closing=closing
    )  # fmt: skip
    assert len(found.actions) == len(found.losers) == 0
    assert found.gaps["closed"].sum() == found.gaps["lost"].sum() == 0


def by_hand(city, standard, found):
    """Return the persons whose gaps are closed, by kind, counted from tables and minutes."""
    now = planner.decisions.situation(city, standard)
    acts = found.actions
    ids = {name: set(group["id"]) for name, group in acts.groupby("action")}
    ended = ids.get("close", set()) | ids.get("merge", set())
    built = ids.get("new_hall", set()) | ids.get("new_station", set())
    halls = planner.coverage.halls_against_standard(city, standard).set_index("hall_id")
    halls = halls[halls["tier"] == "community"]
    within = now.reach.toarray()
    stays = [name not in ended for name in now.to_halls.travel.supply_ids]
    open_to = np.concatenate([stays, now.sites.index.isin(built)])
    share = within[:, open_to].any(axis=1).astype(float)
    settlements = city.settlements.set_index("settlement_id")
    for act in acts[acts["action"] == "mobile"].itertuples():
        days = int(act.what.removesuffix(" d"))
        share[settlements.index.get_loc(act.id)] = 1.0 if days >= 100 else days / 250
    kinds = {"reach": float(share @ now.residents), "form": 0.0, "functions": 0.0, "floor_area": 0}
    moved = acts[acts["action"] == "merge"].set_index("id")["what"]
    shared = acts[acts["action"] == "share"].set_index("id")["what"]
    by_name = halls.reset_index().set_index("name")
    communities = city.communities.set_index("code")
    grown = acts.loc[acts["action"] == "add_function", ["id", "what"]].apply(tuple, axis=1).tolist()
    for hall_id, hall in halls.iterrows():
        home = communities.loc[hall["community_code"]]
        people, area = home["residents"], hall["floor_area_required_m2"]
        required = standard.functions_of("community", home["kind"]).required
        sites = now.sites[
            (now.sites["community_code"] == hall["community_code"])
            & (now.sites["form"] == "hall")
            & now.sites.index.isin(built)
        ]
        host = moved.get(hall_id, shared.get(hall_id))
        near = 0.0
        if host is not None:
            column = list(now.to_halls.travel.supply_ids).index(by_name.at[host, "hall_id"])
            mine = (city.settlements["community_code"] == hall["community_code"]).to_numpy()
            near = now.residents[mine & within[:, column]].sum() / now.residents[mine].sum()
        guests = [halls.at[name, "functions"] for name, to in moved.items() if to == hall["name"]]
        stays = hall_id not in ended
        there = max((not hall["form_gap"]) * stays, hall_id in ids.get("upgrade", ()), near)
        kinds["form"] += people * max(there, len(sites) > 0)
        for name in required:
            has = name in hall["functions"] or (hall_id, name) in grown
            taken = has or any(name in brought for brought in guests)
            theirs = name in by_name.at[host, "functions"] if host is not None else False
            theirs = theirs or (hall_id in moved.index and name in hall["functions"])
            kinds["functions"] += (
                people / len(required) * max(taken * stays, near * theirs, len(sites) > 0)
            )
        lacking = max(area - hall["floor_area_m2"], 0) / area
        large = (sites["floor_area_m2"] >= area).any()
        wider = hall_id in ids.get("extend", ())
        kinds["floor_area"] += people * lacking * max(wider, near, large)
        kept = max(stays, near * (hall_id in moved.index), large)
        kinds["floor_area"] += people * (1 - lacking) * kept
    return kinds


@pytest.mark.parametrize(
    "asked",
    [
        {"yearly_budget_yuan": 2e6, "allow_closing": True},
        {"budget_yuan": 4e7, "yearly_budget_yuan": 3e6},
    ],
)
def test_works_of_taicang_are_what_tables_and_minutes_say(taicang, standard, asked):
    found = planner.works(taicang, standard, **asked)
    assert found.answer.status == "optimal"
    acts = found.actions
    if asked.get("allow_closing"):
        assert {"close", "merge"} <= set(acts["action"])
        assert acts["yuan_per_year"].sum() <= asked["yearly_budget_yuan"] * (1 + 1e-9)
    else:
        assert not {"close", "merge"} & set(acts["action"])
        assert acts["cost_yuan"].sum() <= asked["budget_yuan"]
        assert acts["running_yuan_per_year"].sum() <= asked["yearly_budget_yuan"] * (1 + 1e-9)
        assert found.gaps["lost"].sum() == 0
    nothing = planner.works(taicang, standard, 0)
    before, after = (by_hand(taicang, standard, each) for each in (nothing, found))
    gaps = found.gaps.set_index("gap")
    for name, told in gaps.iterrows():
        assert told["closed"] - told["lost"] == pytest.approx(after[name] - before[name])
    assert sum(after.values()) == pytest.approx(found.answer.objective)
    assert acts["persons"].sum() == pytest.approx(found.answer.objective - sum(before.values()))
    assert found.losers["persons"].sum() == pytest.approx(gaps["lost"].sum())


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"budget_yuan": -1}, "bad_works"),
        ({"yearly_budget_yuan": float("nan")}, "bad_works"),
        ({"budget_yuan": 1, "weights": {"sun": 1}}, "bad_works"),
        ({}, "works_no_budget"),
        ({"budget_yuan": 1, "allow_closing": True}, "works_closing"),
    ],
)
def test_budgets_and_weights_that_make_no_sense_are_refused(small_city, standard, asked, code):
    with pytest.raises(PlanError) as refused:
        planner.works(small_city, standard, **asked)
    assert refused.value.code == code


def test_what_has_no_cost_is_not_among_the_actions(small_city, standard):
    bare = standard.model_copy(update={"works": None, "harmony": None, "actions": None})
    found = planner.works(small_city, bare, 1e7)
    assert set(found.actions["action"]) <= {"new_hall", "new_station"}
    assert found.actions["yuan_per_year"].isna().all()
    with pytest.raises(PlanError) as refused:
        planner.works(small_city, bare, yearly_budget_yuan=1e6)
    assert refused.value.code == "works_no_life"
