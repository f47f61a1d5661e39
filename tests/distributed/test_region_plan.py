"""A plan for many counties: what one whole computation gives, whatever happens on the way."""

from __future__ import annotations

import json
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import planner
from geodata import DataError
from planner import coverage, siting
from planner.distributed import Here, estimate, plan_region
from planner.distributed.margin import SEEN
from planner.errors import InfeasibleError, PlanError
from planner.sites import available_sites
from tests.distributed.conftest import HALLS
from tests.distributed.folders import assert_same_files, content

pytestmark = pytest.mark.slow


@pytest.fixture
def again(out, tmp_path):
    """Return a copy of that folder, whose stages are done."""
    return shutil.copytree(out, tmp_path / "plan")


def tables(folder, name):
    parts = [gpd.read_parquet(file) for file in sorted(folder.glob(f"counties/*/{name}.parquet"))]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def to_halls(whole, standard):
    halls = coverage.open_halls(whole, "community")
    return coverage.access(whole, standard, "community", halls, look_beyond=SEEN)


@pytest.fixture(scope="module")
def to_sites(whole, standard):
    return coverage.access(whole, standard, "community", available_sites(whole))


def test_counties_are_served_across_their_borders_as_if_there_were_none(
    out, to_halls, whole, standard
):
    found = tables(out, "settlements").set_index("settlement_id")
    expected = coverage.service(to_halls).loc[found.index]
    halls = tables(out, "halls").assign(county=lambda t: t["community_code"])
    own = {
        code: set(gpd.read_parquet(out / "counties" / code / "halls.parquet")["hall_id"])
        for code in json.loads((out / "region.json").read_text())["content"]
    }
    place = {hall: code for code, ids in own.items() for hall in ids}
    county = {
        settlement: code
        for code in own
        for settlement in gpd.read_parquet(out / "counties" / code / "settlements.parquet")[
            "settlement_id"
        ]
    }
    across = found["nearest_hall_id"].dropna()
    assert sum(place[hall] != county[home] for home, hall in across.items()) > 100
    pd.testing.assert_series_equal(
        found["nearest_hall_id"], expected["supply_id"], check_names=False, check_dtype=False
    )
    assert np.array_equal(found["minutes_before"], expected["minutes"], equal_nan=True)
    assert found["served_before"].equals(expected["served"])
    area = planner.access_of_city(whole, standard)[found.index]
    assert found["m2_per_1000"].tolist() == area.tolist()
    spread = planner.allocate(whole, standard, method="nearest", in_time=True).loads["load"]
    assert halls["visits_per_day"].tolist() == spread[halls["hall_id"]].tolist()


def test_the_sites_are_the_best_that_there_are_for_all_counties_together(
    out, whole, to_halls, to_sites
):
    told = json.loads((out / "region.json").read_text())["summary"]
    people = whole.settlements["residents"].to_numpy(float)
    waiting = ~coverage.service(to_halls)["served"].to_numpy()
    best = siting.max_coverage(to_sites.reach()[waiting], HALLS, weights=people[waiting])
    assert (best.status, told["status"]) == ("optimal", "optimal")
    assert told["objective"] == people[~waiting].sum() + best.objective
    sites = gpd.read_parquet(out / "recommendations.parquet")
    columns = to_sites.travel.supply_ids.get_indexer(sites["site_id"])
    served = ~waiting | (to_sites.reach()[:, columns].sum(axis=1) > 0)
    assert people[served].sum() == told["served_after"]
    assert sites["residents_gained"].sum() == told["served_after"] - told["served_before"]
    assert sites["residents_gained"].is_monotonic_decreasing
    found = tables(out, "settlements")
    assert found["residents"][found["served_after"]].sum() == told["served_after"]


def test_a_budget_and_a_target_are_divided_over_counties(
    province, standard, again, whole, to_halls, to_sites
):
    people = whole.settlements["residents"].to_numpy(float)
    waiting = ~coverage.service(to_halls)["served"].to_numpy()
    reach, weights = to_sites.reach()[waiting], people[waiting]
    costs = available_sites(whole)["cost_yuan"].to_numpy(float)
    made = plan_region(province, standard, out=again, budget_yuan=2e7)
    best = siting.max_coverage(reach, weights=weights, site_costs=costs, budget=2e7)
    assert best.status == "optimal"
    assert made.summary["complete"]
    assert made.summary["cost_yuan"] <= 2e7
    assert made.summary["objective"] <= people[~waiting].sum() + best.objective
    assert made.summary["bound"] >= people[~waiting].sum() + best.objective
    assert made.summary["gap"] < 1e-3
    made = plan_region(province, standard, out=again, target_share=0.96)
    share = (0.96 * people.sum() - people[~waiting].sum()) / weights.sum()
    least = siting.partial_cover(reach, share=share, weights=weights, site_costs=costs)
    assert made.summary["complete"]
    assert made.summary["share_after"] >= 0.96
    assert made.summary["objective"] >= least.bound - 1e-6
    assert made.summary["bound"] <= least.objective + 1e-6
    assert made.summary["gap"] < 1e-2


def test_what_is_done_is_not_computed_again(province, standard, again, monkeypatch):
    before = {file: file.stat().st_mtime_ns for file in again.glob("*/*-*/*")}
    assert len(before) > 40

    def computed(*_arguments, **_options):
        raise AssertionError("computed again")

    monkeypatch.setattr("planner.distributed.prepare.open_place", computed)
    monkeypatch.setattr("planner.distributed.measure._measure", computed)
    monkeypatch.setattr("planner.siting.max_coverage", computed)
    plan_region(province, standard, out=again, new_halls=HALLS)
    assert {file: file.stat().st_mtime_ns for file in again.glob("*/*-*/*")} == before


def test_a_run_that_is_stopped_says_what_is_missing_and_goes_on(pair, standard, tmp_path):
    folder = tmp_path / "plan"

    def stop(stage, done, _total):
        if stage == "measured" and done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan_region(pair, standard, out=folder, new_halls=2, told=stop)
    told = json.loads((folder / "region.json").read_text())
    assert told["summary"]["complete"] is False
    assert pd.read_csv(folder / "counties.csv")["status"].eq("missing").all()
    assert len(list(folder.glob("measured/3*"))) == 1
    plan_region(pair, standard, out=folder, new_halls=2)
    plan_region(pair, standard, out=tmp_path / "other", new_halls=2)
    assert_same_files(folder, tmp_path / "other")


@pytest.mark.parametrize("harm", ["cut", "removed"])
def test_a_county_that_cannot_be_read_is_named_and_the_others_are_safe(
    pair, standard, tmp_path, harm
):
    broken, folder = shutil.copytree(pair, tmp_path / "region"), tmp_path / "plan"
    place = broken / "counties" / "320512"
    if harm == "cut":
        (place / "halls.parquet").write_bytes((place / "halls.parquet").read_bytes()[:1000])
    else:
        shutil.rmtree(place)
    made = plan_region(broken, standard, out=folder, new_halls=2)
    assert made.failed["code"].tolist() == ["320512"]
    assert "320512" in made.failed["reason"].iloc[0]
    assert (made.summary["counties_done"], made.summary["complete"]) == (1, False)
    counties = made.counties.set_index("code")
    assert counties.loc["320511", "without"] == "320512"
    assert counties.loc["320512", ["residents", "served_after"]].isna().all()
    assert pd.read_csv(folder / "failed.csv")["code"].tolist() == [320512]
    assert [place.name for place in (folder / "counties").iterdir()] == ["320511"]
    shutil.copytree(pair / "counties" / "320512", place, dirs_exist_ok=True)
    assert plan_region(broken, standard, out=folder, new_halls=2).summary["complete"]
    plan_region(pair, standard, out=tmp_path / "other", new_halls=2)
    ours, sound = content(folder), content(tmp_path / "other")
    assert "failed.csv" not in ours
    assert {name: ours[name] for name in sound} == sound


def test_forbidden_sites_are_not_used(province, standard, again):
    first = gpd.read_parquet(again / "recommendations.parquet")["site_id"].tolist()
    made = plan_region(
        province, standard, out=again, new_halls=HALLS, forbidden_sites=tuple(first[:3])
    )
    assert not set(first[:3]) & set(made.recommendations["site_id"])
    with pytest.raises(PlanError, match="no site nowhere"):
        plan_region(province, standard, out=again, forbidden_sites=("nowhere",))


def test_the_map_and_the_tables_tell_the_same(out):
    told = json.loads((out / "region.json").read_text())["summary"]
    counties = pd.read_csv(out / "counties.csv")
    assert counties["served_after"].sum() == told["served_after"]
    sites = pd.read_csv(out / "recommendations.csv")
    assert counties["new_sites"].sum() == len(sites) == told["new_halls"]
    assert counties["cost_yuan"].sum() == pytest.approx(told["cost_yuan"])
    communities = tables(out, "communities")
    unserved = communities["residents_unserved_after"].sum()
    assert unserved == told["residents"] - told["served_after"]


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"gap": -1}, PlanError, "the gap is -1"),
        ({"target_share": 1.0, "forbidden_sites": "all"}, InfeasibleError, "cannot be reached"),
        ({"new_halls": 5, "budget_yuan": 5.0}, PlanError, "one"),
    ],
)
def test_what_cannot_be_asked_is_refused(province, standard, again, whole, asked, error, words):
    if "forbidden_sites" in asked:
        asked = asked | {"forbidden_sites": tuple(whole.candidates["site_id"][100:])}
    with pytest.raises(error, match=words):
        plan_region(province, standard, out=again, **asked)


def test_the_region_is_not_written_over(province, standard):
    with pytest.raises(PlanError, match="holds the region itself"):
        plan_region(province, standard, out=province)
    with pytest.raises(DataError):
        plan_region(province / "counties", standard, out=province / "out")


def test_an_estimate_opens_no_county(province, standard, monkeypatch):
    monkeypatch.setattr("planner.distributed.prepare.open_place", None)
    told = estimate(province, standard)
    assert told.counties == told.tasks["prepare"] == told.tasks["measure"] == 10
    assert told.pairs >= 18
    assert told.hours(4) == told.core_hours / 4 > 0
    assert Here().usage.seconds == {}
