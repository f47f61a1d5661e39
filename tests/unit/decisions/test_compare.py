"""Plans of the small city side by side, by hand: each site serves 800 more in its community."""

from __future__ import annotations

from dataclasses import replace

import pytest

import planner
from planner.errors import PlanError
from planner.exports import export

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plans(small_city):
    standard = planner.Standard.load("taicang-2013")
    ways = ({"forbidden_sites": ("C1", "C3")}, {"forbidden_sites": ("C2", "C3")}, {})
    halls = (1, 1, 3)
    return [
        planner.make_plan(small_city, standard, new_halls=number, **way)
        for number, way in zip(halls, ways, strict=True)
    ]


def test_winners_and_losers_are_the_communities_of_the_sites(plans):
    found = planner.compare(plans[0], plans[1])
    assert found.winners["community_name"].tolist() == ["西南社区"]
    assert found.losers["community_name"].tolist() == ["西北村"]
    assert found.communities["B-A"].tolist() == [800, -800]
    sites = found.sites.set_index("site_id")
    assert sites.loc["C2", ["A", "B"]].tolist() == [True, False]
    assert sites.loc["C1", ["A", "B"]].tolist() == [False, True]


def test_figures_are_those_of_the_plans_and_their_differences(plans):
    figures = planner.compare(*plans).figures.set_index("figure")
    assert figures.loc["served_after", ["A", "B", "C"]].tolist() == [5600, 5600, 7200]
    assert figures.at["served_after", "C-A"] == 1600
    assert figures.at["cost_yuan", "B-A"] == 2.5e6
    assert figures.at["urban_rural_gap_after", "A"] == pytest.approx(-0.2)


def test_indicators_that_do_not_differ_are_left_out(plans):
    table = planner.compare(plans[0], plans[2]).indicators
    assert len(table) > 0
    assert (table["A"] != table["B"]).all()
    assert len(planner.compare(plans[0], plans[0]).indicators) == 0


def test_plans_of_other_communities_are_refused(plans):
    other = replace(plans[1], gaps=plans[1].gaps.iloc[1:])
    with pytest.raises(PlanError, match="compare plans of one city"):
        planner.compare(plans[0], other)


def test_compare_opens_the_folders_of_plans(plans, small_city, tmp_path, monkeypatch, capsys):
    from tests.bad_inputs.test_bad_cities import run, save
    from tests.small_city import small_city_tables

    city = save(small_city_tables(), tmp_path / "city")
    for name, plan in zip("ab", plans, strict=False):
        export(plan, tmp_path / name, report=False)
    folders = (tmp_path / "a", tmp_path / "b")
    code, said, _ = run(monkeypatch, capsys, "compare", *folders, "--city", city)
    assert code == 0
    assert "1 communities win with the last plan, 1 lose" in said
