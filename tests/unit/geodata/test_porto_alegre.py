"""The embedded city of Porto Alegre: what is real is kept, what is made follows its rule."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

import geodata
import planner
from geodata.cities import porto_alegre
from geodata.cities.porto_alegre.build import DATA, build, hexagons, name_of, parents
from planner.errors import PlanError


@pytest.fixture(scope="module")
def city():
    return geodata.open_city("porto_alegre")


def test_residents_and_health_facilities_are_those_of_the_source(city):
    cells = porto_alegre.cells().fillna(0)
    living = city.settlements.set_index("settlement_id")["residents"]
    assert (living == cells["population"].reindex(living.index)).all()
    assert len(city.halls) == (cells["healthcare"] > 0).sum() == 117
    assert city.communities["residents"].sum() == city.towns["residents"].sum() == 812_935


def test_cells_lie_in_their_community_and_communities_in_their_town(city):
    middle = city.settlements.set_index("community_code").geometry
    home = city.communities.set_index("code").geometry.loc[middle.index]
    assert shapely.contains(home.to_numpy(), middle.to_numpy()).all()
    assert (city.communities["code"].str[:9] == city.communities["town_code"]).all()


def test_parents_are_those_of_the_h3_library():
    # h3.cell_to_parent("89a901291abffff", 8) and 7, of the H3 library.
    cell = np.array([0x89A901291ABFFFF], np.uint64)
    assert f"{parents(cell, 8)[0]:x}" == "88a901291bfffff"
    assert f"{parents(cell, 7)[0]:x}" == "87a901291ffffff"
    assert name_of(parents(cell, 8)[0], 8) == "88a901291b"


def test_hexagons_close_also_at_the_border():
    cells = porto_alegre.cells().geometry.to_crs(31982).iloc[:200]
    tiles = hexagons(cells)
    area = shapely.area(tiles)
    assert (shapely.get_num_coordinates(tiles) == 7).all()
    assert area.max() < 1.01 * area.min()


@pytest.mark.slow
def test_building_again_gives_the_same_layers(city):
    again = build().tables()
    for name, frame in geodata.open_city(DATA).tables().items():
        assert (
            again[name]
            .drop(columns="geometry", errors="ignore")
            .equals(frame.drop(columns="geometry", errors="ignore"))
        )


@pytest.mark.slow
def test_decisions_are_proven_on_the_real_city(city):
    standard = planner.Standard.load("health-walk-15")
    found = planner.front(city, standard, ("covered", "farthest"), points=3, new_halls=10)
    assert found["proven"].all()
    assert np.isfinite(found["farthest_minutes"]).any()
    with pytest.raises(PlanError, match="no gap between urban and rural"):
        planner.front(city, standard, ("covered", "gap"))


def test_a_city_without_clients_can_be_published(city):
    from geodata.disclosure import publishable

    assert publishable(city).communities["clients_drug_control"].isna().all()
