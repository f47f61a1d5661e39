"""A province with dense borders: the streets of a real city, cut into ten counties."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

import geodata
from geodata import City
from planner import Standard
from planner.distributed import plan_region
from tests.regions import listed, save_counties, write_listed

COUNTIES = 10
HALLS = 20
PLACED = ("communities", "settlements", "halls", "candidates")


def cut(city: City, count: int) -> list[City]:
    """Return a city cut from west to east into counties of about as many towns."""
    tables = city.tables()
    towns = tables["towns"].set_index("code")
    from_west = towns.geometry.bounds["minx"].sort_values(kind="stable").index
    groups = np.array_split(from_west.to_numpy(), count)
    home = tables["communities"].set_index("code")["town_code"]
    shapes = [shapely.union_all(towns.geometry[group].to_numpy()) for group in groups]
    nodes, edges = tables["road_nodes"], tables["road_edges"]
    where = np.argmin([shapely.distance(s, nodes.geometry.to_numpy()) for s in shapes], axis=0)
    begins = where[city.roads.tails]
    counties = []
    for number, group in enumerate(groups):
        own = {"towns": tables["towns"]["code"].isin(group)}
        own |= {
            name: tables[name].get("town_code", np.nan) if name == "communities"
            else tables[name]["community_code"].map(home)
            for name in PLACED
        }  # fmt: skip
        mine = {
            name: tables[name][mask if name == "towns" else mask.isin(group)]
            for name, mask in own.items()
        }
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
        counties.append(City.from_tables(mine, {}))
    return counties


@pytest.fixture(scope="session")
def standard():
    return Standard.load("health-walk-15")


@pytest.fixture(scope="session")
def counties():
    return cut(geodata.open_city("porto_alegre"), COUNTIES)


@pytest.fixture(scope="session")
def province(counties, tmp_path_factory) -> Path:
    folder = save_counties(tmp_path_factory.mktemp("province"), counties)
    shapes = {county.code: county.boundary.geometry.iloc[0] for county in counties}
    return write_listed(folder, listed(shapes))


@pytest.fixture(scope="session")
def undivided(counties) -> City:
    return geodata.join_cities(counties, code="431400", name="省", name_en="Province")


@pytest.fixture(scope="session")
def out(province, standard, tmp_path_factory) -> Path:
    """Return the folder of a whole run in this process."""
    folder = tmp_path_factory.mktemp("run") / "plan"
    plan_region(province, standard, out=folder, new_halls=HALLS)
    return folder
