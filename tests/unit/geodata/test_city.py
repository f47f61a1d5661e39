"""A City is whole, immutable, and the same after saving and opening."""

from __future__ import annotations

import dataclasses
import sqlite3

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal

import geodata
from geodata import City, DataError
from geodata.fingerprint import city_fingerprints


def assert_same(one: City, other: City) -> None:
    assert (one.code, one.name, one.name_en) == (other.code, other.name, other.name_en)
    assert dict(one.sources) == dict(other.sources)
    ours, theirs = one.tables(), other.tables()
    assert list(ours) == list(theirs)
    for name, frame in ours.items():
        if isinstance(frame, gpd.GeoDataFrame):
            assert_geodataframe_equal(frame, theirs[name], check_like=True)
        else:
            pd.testing.assert_frame_equal(frame, theirs[name], check_like=True)


@pytest.mark.parametrize("target", ["city.gpkg", "city"])
def test_a_saved_city_opens_the_same(small_tables, tmp_path, target):
    city = City.from_tables(small_tables, {"halls": {"source": "模拟"}})
    city.save(tmp_path / target)
    opened = geodata.open_city(tmp_path / target)
    assert_same(city, opened)
    assert city_fingerprints(city) == city_fingerprints(opened)


@pytest.mark.parametrize("crs", [4490, 4326])
def test_the_geographic_system_is_kept(small_tables, tmp_path, crs):
    tables = {
        name: frame.to_crs(crs) if isinstance(frame, gpd.GeoDataFrame) else frame
        for name, frame in small_tables.items()
    }
    City.from_tables(tables).save(tmp_path / "city.gpkg")
    assert geodata.open_city(tmp_path / "city.gpkg").halls.crs.to_epsg() == crs


def test_a_layer_in_metres_is_brought_to_the_degrees_of_the_boundary(small_tables, small_city):
    small_tables["halls"] = small_tables["halls"].to_crs(4549)
    halls = City.from_tables(small_tables).halls
    assert halls.crs == small_city.halls.crs
    assert halls.geometry.geom_equals_exact(small_city.halls.geometry, 1e-9).all()


def test_saving_twice_gives_the_same_bytes(small_city, tmp_path):
    for name in ("a", "b"):
        small_city.save(tmp_path / f"{name}.gpkg")
        small_city.save(tmp_path / name)
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_a_geopackage_lists_every_layer_as_standard_clients_see_it(small_city, tmp_path):
    small_city.save(tmp_path / "city.gpkg")
    with sqlite3.connect(tmp_path / "city.gpkg") as database:
        rows = database.execute("SELECT table_name, data_type FROM gpkg_contents").fetchall()
    contents = dict(rows)
    assert contents["halls"] == "features"
    assert contents["workers"] == "attributes"
    assert set(small_city.tables()) <= set(contents)


def test_saving_over_a_city_replaces_it_whole(small_tables, tmp_path):
    City.from_tables(small_tables).save(tmp_path / "city")
    del small_tables["projects"]
    City.from_tables(small_tables).save(tmp_path / "city")
    assert not (tmp_path / "city" / "projects.parquet").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["city"]


def test_a_failed_save_leaves_what_was_there(small_city, tmp_path, monkeypatch):
    path = tmp_path / "city.gpkg"
    small_city.save(path)
    before = path.read_bytes()

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyogrio.write_dataframe", full)
    with pytest.raises(DataError, match="No space left on device"):
        small_city.save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["city.gpkg"]


def test_a_city_does_not_change_when_a_frame_of_it_does(small_city):
    halls = small_city.halls
    halls["floor_area_m2"] = 0.0
    halls.loc[0, "name"] = "changed"
    assert small_city.halls["floor_area_m2"].iloc[0] == 1200
    assert small_city.halls["name"].iloc[0] == "市中心"
    with pytest.raises(dataclasses.FrozenInstanceError):
        small_city.name = "other"


def test_an_absent_optional_layer_is_an_empty_frame(small_tables):
    del small_tables["organisations"], small_tables["projects"]
    small_tables["projects"] = pd.DataFrame()
    city = City.from_tables(small_tables)
    assert len(city.organisations) == 0
    assert "category" in city.organisations
    assert city.organisations.crs == city.boundary.crs
    assert list(city.projects["cost_yuan"]) == []


def test_an_error_of_many_findings_shows_the_first_and_counts_the_others(small_tables):
    small_tables["settlements"]["residents"] = -1
    with pytest.raises(DataError) as raised:
        City.from_tables(small_tables)
    lines = str(raised.value).splitlines()
    assert len(lines) == 6
    assert lines[-1] == "… and 3 more"
    assert len(raised.value.findings) == 8
