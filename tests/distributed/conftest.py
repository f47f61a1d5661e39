"""A province with dense borders: ten towns of a real city, each a county."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

import geodata
from geodata import City
from planner import Standard
from planner.distributed import plan_region
from tests.regions import save_region

COUNTIES = 10
HALLS = 10
NEAR_DEGREES = 0.005
PLACED = ("communities", "settlements", "halls", "candidates")


def cut(city: City, count: int) -> list[City]:
    """Return the towns in the middle of a city, each a county."""
    tables = city.tables()
    towns = tables["towns"].set_index("code")
    middle = shapely.centroid(shapely.union_all(towns.geometry.to_numpy()))
    away = shapely.distance(towns.geometry.to_numpy(), middle)
    chosen = towns.index[np.argsort(away, kind="stable")[:count]]
    home = tables["communities"].set_index("code")["town_code"]
    shapes = towns.geometry[chosen].to_numpy()
    nodes, edges = tables["road_nodes"], tables["road_edges"]
    far = shapely.distance(shapes[:, None], nodes.geometry.to_numpy()[None])
    begins = np.where(far.min(axis=0) < NEAR_DEGREES, far.argmin(axis=0), -1)[city.roads.tails]
    counties = []
    for number, town in enumerate(chosen):
        mine = {"towns": tables["towns"][tables["towns"]["code"] == town]}
        for name in PLACED:
            frame = tables[name]
            column = "code" if name == "communities" else "community_code"
            mine[name] = frame[frame[column].map(home) == town]
        roads = edges[begins == number]
        ends = set(roads["from_node"]) | set(roads["to_node"])
        code = f"4314{number:02d}"
        mine |= {
            "boundary": tables["boundary"].assign(code=code, name=code, geometry=[shapes[number]]),
            "road_nodes": nodes[nodes["node_id"].isin(ends)],
            "road_edges": roads,
        }
        mine = {name: frame.reset_index(drop=True) for name, frame in mine.items()}
        # No floor area is known of them; without any there would be no accessibility.
        mine["halls"]["floor_area_m2"] = 100.0 + 7 * np.arange(len(mine["halls"])) + number
        counties.append(City.from_inspected(mine, {}))
    return counties


@pytest.fixture(scope="session")
def standard():
    return Standard.load("health-walk-15")


@pytest.fixture(scope="session")
def counties():
    return cut(geodata.open_city("porto_alegre"), COUNTIES)


@pytest.fixture(scope="session")
def province(counties, tmp_path_factory) -> Path:
    return save_region(tmp_path_factory.mktemp("province"), counties)


@pytest.fixture(scope="session")
def whole(counties) -> City:
    """Return the ten counties as one city."""
    return geodata.join_cities(counties, code="431400", name="省", name_en="Province")


@pytest.fixture(scope="session")
def pair(two_counties, tmp_path_factory) -> Path:
    """Return a region of two small counties, planned in a moment."""
    return save_region(tmp_path_factory.mktemp("pair"), two_counties)


@pytest.fixture(scope="session")
def out(province, standard, tmp_path_factory) -> Path:
    """Return the folder of a whole run in this process."""
    folder = tmp_path_factory.mktemp("run") / "plan"
    plan_region(province, standard, out=folder, new_halls=HALLS)
    return folder
