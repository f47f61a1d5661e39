"""Scenarios of the small city, by hand: today, and H1 (1,200 residents of its own) closed."""

from __future__ import annotations

import pytest

import planner
from planner.decisions import Scenario, closures, read_scenarios
from planner.errors import PlanError

pytestmark = pytest.mark.slow
TODAY, CLOSED = Scenario(id="today"), Scenario(id="closed", closed_halls=("H1",))


@pytest.fixture(scope="module")
def standard():
    return planner.Standard.load("taicang-2013")


def test_each_criterion_chooses_as_by_hand(small_city, standard):
    found = planner.scenarios(small_city, standard, [TODAY, CLOSED], new_halls=1)
    table = found.criteria.set_index("criterion")
    # C5 makes good the closed hall; C1 to C3 serve 800 more.
    assert table.at["worst", "site_ids"] == "C5"
    assert table.at["worst", "worst_share"] == pytest.approx(0.6)
    assert table.at["regret", "site_ids"] in ("C1", "C2", "C3")
    assert table.at["regret", "largest_regret"] == pytest.approx(0.05)
    assert table.at["expected", "expected_share"] == pytest.approx(0.625)
    assert (table["status"] == "optimal").all()
    assert found.scenarios["share_today"].tolist() == pytest.approx([0.6, 0.45])
    assert found.sites.set_index("site_id").at["C5", "stays"] == 0.5
    (row,) = found.tornado.to_dict("records")
    assert (row["low_share"], row["high_share"]) == pytest.approx((0.55, 0.7))
    assert row["sites_changed"] == 1


def test_growth_changes_the_residents_of_a_kind(small_city, standard):
    emptied = Scenario(id="emptied", growth={"rural": -0.5, "320585100": 0.1})
    found = planner.scenarios(small_city, standard, [TODAY, emptied], new_halls=1)
    assert found.scenarios["residents"].tolist() == [8000, 6300]


def test_a_projection_gives_towns_and_the_city_their_residents(small_city, standard):
    # Each town has 4,000 residents today.
    futures = [
        Scenario(id="town", projected={"320585100": 5000}),
        Scenario(id="city", growth={"320585100": 1.0}, projected={"all": 6000}),
    ]
    found = planner.scenarios(small_city, standard, futures, new_halls=1)
    assert found.scenarios["residents"].tolist() == [9000, 6000]


def test_half_the_speed_is_half_the_minutes(small_city, standard):
    futures = [Scenario(id="slow", speed=0.5), Scenario(id="strict", minutes=0.5)]
    table = planner.scenarios(small_city, standard, futures, new_halls=1).scenarios
    assert table["share_today"].nunique() == table["best_share"].nunique() == 1


def test_closures_name_the_hall_that_most_depend_on_and_what_could_stand_in(small_city, standard):
    table = closures(small_city, standard).set_index("hall_id")
    assert table["sole_residents"].tolist() == [1200] * 4
    assert table.at["H1", "best_site_id"] == "C5"
    assert table.at["H1", "residents_kept"] == 1200


def test_the_default_scenarios_can_be_read():
    assert read_scenarios()[0].id == "today"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scenarios = 3", "scenarios: "),
        ('[[scenarios]]\nid = "a"\nspeed = -1', r"scenarios.0.speed"),
        ('[[scenarios]]\nid = "a"\n[[scenarios]]\nid = "a"', "a stands twice"),
        ("what", "not a TOML file"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(tmp_path, text, said):
    file = tmp_path / "scenarios.toml"
    file.write_text(text)
    with pytest.raises(PlanError, match=said):
        read_scenarios(file)


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        (Scenario(id="a", growth={"moon": 0.1}), "unknown_group"),
        (Scenario(id="a", closed_halls=("H9",)), "unknown_in_scenario"),
        (Scenario(id="a", speed=4, minutes=4), "scenario_too_far"),
    ],
)
def test_scenarios_that_do_not_fit_the_city_are_refused(small_city, standard, scenario, code):
    with pytest.raises(PlanError) as refused:
        planner.scenarios(small_city, standard, [scenario], new_halls=1)
    assert refused.value.code == code
