"""Isochrones of a plan: whom they hold, in which order they come, and what stands on the page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

import planner
from geodata import City
from planner.coverage import open_halls
from planner.maps import isochrones as on_page
from planner.of_city import isochrones_of_city


@pytest.fixture(scope="module")
def ground(small_plan):
    return small_plan.isochrones()


def test_each_place_has_two_isochrones_one_within_the_other(small_plan, ground):
    halls = open_halls(small_plan.city, "community").index.tolist()
    sites = small_plan.recommendations
    assert ground["from_id"].tolist() == list(np.repeat([*halls, *sites["site_id"]], 2))
    assert ground["rank"].tolist() == list(np.repeat([*[0] * len(halls), *sites["rank"]], 2))
    assert ground["share"].tolist() == [0.5, 1.0] * (len(halls) + len(sites))
    assert (ground["minutes"] == 15 * ground["share"]).all()
    half, whole = (ground[ground["share"] == share].geometry.array for share in (0.5, 1.0))
    assert shapely.covers(shapely.buffer(whole, 2e-4), half).all()
    assert (ground["area_km2"].to_numpy()[1::2] > 2 * ground["area_km2"].to_numpy()[::2]).all()


def test_those_whom_a_hall_serves_live_within_its_isochrone(small_plan, ground):
    homes = small_plan.settlements
    whole = ground[(ground["rank"] == 0) & (ground["share"] == 1)].geometry.array
    whole = shapely.union_all(shapely.buffer(whole, 2e-4))
    assert homes.geometry.within(whole).tolist() == homes["served_before"].tolist()


def test_mode_and_minutes_are_those_of_the_kind_of_community(small_plan):
    rules = small_plan.standard.model_dump(exclude_none=True)
    rules["reach"]["community"]["rural"] |= {"mode": "e_bike", "minutes": 10}
    standard = planner.Standard.model_validate(rules)
    halls = open_halls(small_plan.city, "community")
    kinds = halls["community_code"].map(small_plan.city.communities.set_index("code")["kind"])
    assert set(kinds) == {"urban", "rural"}
    ground = isochrones_of_city(small_plan.city, standard, halls)
    modes = kinds.map({"urban": "walk", "rural": "e_bike"})
    assert ground["mode"].tolist() == list(np.repeat(modes, 2))
    assert ground["minutes"][1::2].tolist() == kinds.map({"urban": 15, "rural": 10}).tolist()


def test_a_plan_without_sites_or_roads_has_isochrones_too(small_plan, small_tables):
    bare = replace(small_plan, recommendations=small_plan.recommendations[:0])
    assert (bare.isochrones()["rank"] == 0).all()
    assert len(bare.isochrones(halls=False)) == 0
    tables = {name: table for name, table in small_tables.items() if not name.startswith("road_")}
    circles = replace(small_plan, city=City.from_tables(tables)).isochrones(halls=False)
    assert circles["area_km2"][1] == pytest.approx(3.14 * (1.2 / 1.3) ** 2, rel=0.01)


def test_of_too_many_halls_the_page_has_those_of_the_sites_only(small_plan, ground, monkeypatch):
    data = on_page.isochrones(small_plan)
    assert data["isochrones_of_halls"] is True
    rows = data["isochrones"]
    assert rows["area_km2"] == ground["area_km2"].round(2).tolist()
    names, halls = small_plan.platforms["hall_id"], ground.query("rank == 0")["from_id"]
    assert [names[row] for row in rows["hall"] if row >= 0] == halls.tolist()
    monkeypatch.setattr(on_page, "_MOST_HALLS", 3)
    data = on_page.isochrones(small_plan)
    assert data["isochrones_of_halls"] is False
    assert set(data["isochrones"]["hall"]) == {-1}
    assert data["isochrones"]["rank"] == [1, 1, 2, 2]
