"""The embedded city gives back every published figure, from its layers alone."""

from __future__ import annotations

import filecmp
import json
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.crs import metric_crs

TAICANG = files("geodata") / "cities" / "taicang"


@pytest.fixture(scope="module")
def figures():
    return json.loads((TAICANG / "sources" / "figures.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def report(figures):
    return figures["report_2013"]


@pytest.fixture(scope="module")
def census(figures):
    return figures["census_2020"]


@pytest.fixture(scope="module")
def halls(taicang):
    kinds = taicang.communities.set_index("code")["kind"]
    halls = taicang.halls
    return halls.assign(kind=halls["community_code"].map(kinds))


def test_names_codes_and_kinds_are_the_published_ones(taicang):
    real = pd.read_csv(str(TAICANG / "sources" / "communities.csv"), dtype=str)
    ours = taicang.communities.set_index("code").loc[real["code"]]
    assert len(ours) == len(taicang.communities) == 160
    assert ours["name"].tolist() == real["name"].tolist()
    assert ours["kind"].tolist() == real["kind"].tolist()
    towns = pd.read_csv(str(TAICANG / "sources" / "towns.csv"), dtype=str)
    assert taicang.towns["code"].tolist() == towns["code"].tolist()
    assert taicang.towns["name"].tolist() == towns["name"].tolist()


def test_six_towns_and_three_districts_each_have_a_platform(taicang, halls, report):
    expected = report["town_platforms"]
    kinds = taicang.towns["kind"].value_counts()
    assert (kinds["town"], kinds["district"]) == (expected["towns"], expected["districts"])
    platforms = halls[halls["tier"] == "town"]
    assert sorted(platforms["town_code"]) == sorted(taicang.towns["code"])


def test_the_municipal_centre_is_the_published_one(halls, report):
    (area,) = halls.loc[halls["tier"] == "municipal", "floor_area_m2"]
    (functions,) = halls.loc[halls["tier"] == "municipal", "functions"]
    assert area == report["municipal_centre"]["floor_area_m2"]
    assert len(functions.split(";")) == len(report["municipal_centre"]["functions"])


def test_the_municipal_centre_houses_what_the_report_names(halls, report):
    (centre,) = halls[halls["tier"] == "municipal"].itertuples()
    published = report["municipal_centre"]
    assert centre.rooms.split(";") == published["rooms"]
    assert len(centre.departments.split(";")) == published["joint_management_departments"]
    assert len(centre.hosted_organisations.split(";")) == published["hosted_organisations"]
    assert centre.investment_yuan == published["investment_yuan"]


def test_every_community_has_its_four_bodies(taicang, report):
    bodies = taicang.communities["bodies"].str.split(";")
    assert (bodies.str.len() == len(report["community_platforms"]["structure"]) // 2).all()


def test_every_community_has_a_hall_or_station(taicang, halls):
    local = halls[halls["tier"] == "community"]
    assert sorted(local["community_code"]) == sorted(taicang.communities["code"])
    assert (local["status"] == "open").all()


def test_average_floor_areas(halls, report):
    mean = halls[halls["tier"] == "community"].groupby("kind")["floor_area_m2"].mean()
    expected = report["community_platforms"]
    assert 0 < mean["urban"] - expected["avg_floor_area_m2_urban_over"] < 100
    assert 0 < mean["rural"] - expected["avg_floor_area_m2_rural_over"] < 100


def test_new_halls_and_new_rural_stations(halls, report):
    new = halls[(halls["tier"] == "community") & (halls["opened_year"] >= 2012)]
    assert (new["form"] == "hall").sum() == report["community_platforms"]["new_halls"]
    stations = new[(new["form"] == "station") & (new["kind"] == "rural")]
    assert len(stations) == report["community_platforms"]["new_rural_stations"]


def test_harmonious_and_feature_communities(taicang, report):
    share = taicang.communities.groupby("kind")["harmonious"].mean()
    assert share["urban"] == pytest.approx(report["harmonious_share"]["urban"], abs=0.005)
    assert share["rural"] == pytest.approx(report["harmonious_share"]["rural"], abs=0.007)
    assert taicang.communities["feature"].sum() == report["feature_communities"]


def test_organisations_by_category(taicang, report):
    organisations = taicang.organisations
    assert len(organisations) == report["organisations"]
    assert set(organisations["category"]) == set(report["organisation_categories"])


def test_projects_and_their_funds(taicang, report):
    running = taicang.projects[taicang.projects["status"] == "running"]
    funds = running.groupby("funder")["cost_yuan"].agg(["size", "sum"])
    assert funds.loc["venture", "size"] == report["venture_projects"]
    assert funds.loc["venture", "sum"] == report["venture_funds_yuan"]
    assert funds.loc["suzhou", "sum"] == report["suzhou_funds_yuan"]
    assert funds.loc["purchase", "sum"] > report["purchase_funds_yuan_over"]


def test_social_workers_by_field(taicang, report):
    posts = taicang.workers.groupby("field")["posts"].sum()
    assert posts.sum() > report["social_workers_over"]
    named = {"drug_control", "community_correction", "social_relief", "youth", "women"}
    assert named <= set(posts.index)
    assert len(named) == len(report["worker_fields"])


def test_people_add_up_to_the_census(taicang, census):
    communities = taicang.communities
    by_kind = communities.groupby("kind")["residents"].sum()
    assert by_kind["urban"] == census["urban_residents"]
    assert by_kind["rural"] == census["rural_residents"]
    assert communities["households"].sum() == census["family_households"]
    assert communities["age_0_14"].sum() == census["age_0_14"]
    assert communities["age_60_plus"].sum() == census["age_60_plus"]
    assert taicang.settlements["residents"].sum() == census["residents"]
    columns = ["residents", "households", "age_60_plus"]
    summed = taicang.settlements.groupby("community_code")[columns].sum()
    expected = communities.set_index("code")[columns]
    pd.testing.assert_frame_equal(summed, expected, check_names=False)
    town_sums = communities.groupby("town_code")["residents"].sum()
    assert town_sums.to_dict() == taicang.towns.set_index("code")["residents"].to_dict()


def test_towns_have_their_published_residents_as_the_city_grew(taicang, census):
    # Residents as published with the city's total of the same source or a line between censuses.
    residents = taicang.towns.set_index("code")["residents"]
    growth = (census["residents"] - census["residents_2010"]) / 10
    city_2017 = census["residents_2010"] + 7 * growth
    assert residents["320585105"] == pytest.approx(
        70_000 * census["residents"] / city_2017, rel=0.005
    )


def test_settlements_are_finer_than_communities(taicang):
    count = taicang.settlements.groupby("community_code").size()
    assert count.between(5, 10).all()


def test_land_is_divided_without_gaps_or_overlaps(taicang, figures):
    metric = metric_crs(taicang.boundary)
    communities = taicang.communities.to_crs(metric)
    land = communities.area.sum()
    assert land == pytest.approx(figures["city"]["land_area_km2"] * 1e6, rel=0.002)
    assert shapely.union_all(communities.geometry.array).area == pytest.approx(land, rel=1e-4)
    towns = taicang.towns.to_crs(metric).set_index("code")
    for code, mine in communities.groupby("town_code"):
        assert mine.area.sum() == pytest.approx(towns.geometry[code].area, rel=1e-3)


def test_points_lie_in_their_community(taicang):
    metric = metric_crs(taicang.boundary)
    homes = taicang.communities.set_index("code").geometry.to_crs(metric)
    for layer in (taicang.settlements, taicang.candidates):
        metres = layer.to_crs(metric).distance(homes.loc[layer["community_code"]], align=False)
        assert metres.max() < 0.2


def test_everyone_can_get_onto_the_roads(taicang):
    from geodata.roads import snap

    for layer in (taicang.settlements, taicang.halls, taicang.candidates):
        assert np.max(snap(taicang.roads, layer, "walk").metres) < 400


def test_each_layer_says_what_is_real(taicang):
    layers = {"roads" if name.startswith("road_") else name for name in taicang.tables()}
    assert set(taicang.sources) == layers
    for layer, source in taicang.sources.items():
        assert isinstance(source["real"], list), layer
        assert source["source"]["en"], layer
        assert source["source"]["zh"], layer


def test_coverage_on_paper_is_full_and_within_reach_is_not(taicang_plan):
    assert taicang_plan.summary["share_institutional"] == 1.0
    rural = taicang_plan.coverage.query("tier == 'community' and group == 'rural'")["share"].item()
    urban = taicang_plan.coverage.query("tier == 'community' and group == 'urban'")["share"].item()
    assert rural < 0.7 < 0.95 < urban < 1
    assert taicang_plan.summary["stations_not_halls"] > 20
    assert taicang_plan.summary["halls_incomplete"] > 10
    assert taicang_plan.summary["floor_area_short"] > 10


@pytest.mark.slow
def test_the_script_makes_the_same_city_again(tmp_path, taicang):
    from geodata import open_city
    from geodata.cities.taicang.build import build
    from geodata.fingerprint import city_fingerprints

    again = build()
    again.save(tmp_path / "taicang")
    assert city_fingerprints(open_city(tmp_path / "taicang")) == city_fingerprints(taicang)
    shipped = str(TAICANG / "data" / "city.json")
    assert filecmp.cmp(tmp_path / "taicang" / "city.json", shipped, shallow=False)
