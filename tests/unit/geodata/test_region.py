"""A region: a list of counties in memory, each opened by itself."""

from __future__ import annotations

import pickle
import shutil
import time
import tracemalloc
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from pyproj import Geod

import geodata
from geodata import City, DataError, is_region, open_region
from geodata.region import ledger
from tests.regions import listed, save_counties, save_region, write_listed
from tests.unit.geodata.test_city import assert_same

EARTH = Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def region(two_counties, tmp_path_factory):
    return open_region(save_region(tmp_path_factory.mktemp("region"), two_counties))


def test_a_county_opens_as_it_was_saved(region, two_counties):
    assert_same(region.open_county("320512"), two_counties[1])


def test_the_counties_stand_by_code_and_in_a_frame_of_their_own(region):
    assert list(region.counties.index) == ["320511", "320512"]
    assert region.counties["residents"].tolist() == [10, 10]
    counties = region.counties
    counties["residents"] = 0
    assert region.counties["residents"].sum() == 20


def test_a_region_says_what_it_is(region):
    assert (region.code, region.name, region.name_en) == ("320500", "小省", "Small Province")
    assert "小省 320500: 2 counties, 20 communities" in repr(region)
    assert "<svg" in region._repr_html_()
    assert region.neighbours("320511", 0) == ("320512",)


def test_a_region_goes_to_another_process(region):
    again = pickle.loads(pickle.dumps(region))
    assert again.counties.equals(region.counties)
    assert again.place_of("320511") == region.place_of("320511")


def test_only_a_folder_with_a_note_is_a_region(region):
    county = Path(region.place_of("320511"))
    assert is_region(county.parents[1])
    assert not is_region(county)
    assert not is_region(county.parent)
    assert not is_region(county.parents[1] / "region.json")
    assert not is_region("taicang")
    assert not is_region("no\0where")


def test_a_fingerprint_changes_with_any_byte_and_not_with_the_place(region, two_counties, tmp_path):
    elsewhere = Path(shutil.copytree(Path(region.place_of("320511")).parents[1], tmp_path / "copy"))
    before = {code: region.fingerprint(code) for code in region.counties.index}
    assert len(set(before.values())) == 2
    region = open_region(elsewhere)
    county = Path(region.place_of("320512"))
    two_counties[1].save(county)
    (county / "notes.txt").write_text("not of the city")
    assert {code: region.fingerprint(code) for code in before} == before
    halls = county / "halls.parquet"
    halls.write_bytes(halls.read_bytes() + b"\0")
    assert region.fingerprint("320512") != before["320512"]
    halls.unlink()
    (county / "hall.parquet").write_bytes(b"no table")
    assert len(region.fingerprint("320512")) == 64
    assert region.fingerprint("320511") == before["320511"]


@pytest.mark.parametrize(
    ("lon", "lat"), [(121.0, 31.0), (122.0, 53.0), (179.9, -17.0), (0.0, 75.0)]
)
def test_no_neighbour_within_the_distance_is_missing_and_none_far_beyond_it(lon, lat, tmp_path):
    draw = np.random.default_rng(5)
    size = np.array([0.02 / np.cos(np.radians(lat)), 0.02])
    corners = np.array([lon, lat]) + draw.uniform(-20, 20, (40, 2)) * size
    boxes = [shapely.box(*at, *(at + draw.uniform(0.2, 2, 2) * size)) for at in corners]
    west = [box.bounds[0] < 180 for box in boxes]
    boxes = [
        shapely.intersection(box, shapely.box(-180, -90, 180, 90)) if low else box
        for box, low in zip(boxes, west, strict=True)
    ]
    turned = [
        box if low else shapely.transform(box, lambda at: at - [360, 0])
        for box, low in zip(boxes, west, strict=True)
    ]
    region = open_region(
        write_listed(tmp_path, listed({f"{i:02}": b for i, b in enumerate(turned)}))
    )
    edges = [shapely.get_coordinates(shapely.segmentize(box, size[0] / 5)) for box in boxes]
    for one in range(0, 40, 4):
        apart = np.array([_metres(edges[one], other) for other in edges])
        apart[shapely.intersects(boxes[one], boxes)] = 0
        for metres in (0, 2_000, 10_000, 30_000):
            near = set(region.neighbours(f"{one:02}", metres))
            assert near >= {f"{i:02}" for i in range(40) if apart[i] <= metres and i != one}
            assert near <= {f"{i:02}" for i in range(40) if apart[i] <= 1.1 * metres + 500}


def _metres(one, other):
    a, b = (np.broadcast_to(x, (len(one), len(other), 2)) for x in (one[:, None], other[None]))
    return EARTH.inv(a[..., 0], a[..., 1], b[..., 0], b[..., 1])[2].min()


@pytest.mark.parametrize("metres", [-1, float("nan"), float("inf")])
def test_a_distance_that_is_none_is_refused(region, metres):
    with pytest.raises(DataError, match="give a number of 0 or more"):
        region.neighbours("320511", metres)


def test_a_country_opens_in_a_moment(tmp_path):
    steps = range(60)
    shapes = {
        f"{100000 + 60 * y + x}": shapely.box(80 + x / 2, 20 + y / 2, 80.5 + x / 2, 20.5 + y / 2)
        for y in steps
        for x in steps
    }
    folder = write_listed(tmp_path, listed(shapes))
    started = time.perf_counter()
    tracemalloc.start()
    region = open_region(folder)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    near = [region.neighbours(code, 1_000) for code in list(region.counties.index[:120])]
    assert time.perf_counter() - started < 10
    assert peak < 50e6
    assert max(map(len, near)) == 8
    assert all(list(codes) == sorted(codes) for codes in near)


def test_joined_counties_are_the_city_that_was_cut(undivided, two_counties):
    joined = geodata.join_cities(two_counties, code="320585", name="小城", name_en="Small")
    ours, theirs = joined.tables(), undivided.tables()
    assert list(ours) == list(theirs)
    for name, frame in ours.items():
        key = geodata.layers.LAYERS[name].key or list(frame.columns)
        columns = list(theirs[name].columns)
        one, other = (
            frame.sort_values(key, ignore_index=True)[columns].drop(
                columns="geometry", errors="ignore"
            )
            for frame in (frame, theirs[name])
        )
        assert one.equals(other), name
    one, other = (city.boundary.geometry.iloc[0] for city in (joined, undivided))
    assert one.symmetric_difference(other).area < 1e-3 * other.area
    assert geodata.quality.check(joined)["severity"].tolist().count("error") == 0


def test_the_order_of_the_arguments_does_not_matter(two_counties):
    one, other = (
        geodata.join_cities(order, code="1", name="一", name_en="One")
        for order in (two_counties, two_counties[::-1])
    )
    assert_same(one, other)
    towns = one.towns["code"].tolist()
    assert towns == ["320585100", "320585101"]


def test_a_node_on_the_border_is_there_once(two_counties):
    nodes = [set(city.roads.node_ids) for city in two_counties]
    assert nodes[0] & nodes[1]
    joined = geodata.join_cities(two_counties, code="1", name="一", name_en="One")
    assert sorted(joined.roads.node_ids) == sorted(nodes[0] | nodes[1])
    assert len(joined.roads.edge_ids) == sum(len(city.roads.edge_ids) for city in two_counties)


def test_a_list_is_made_of_the_counties_in_a_folder(two_counties, tmp_path):
    told = []
    region = geodata.index_region(
        save_counties(tmp_path, two_counties),
        code="320500",
        name="小省",
        name_en="Small Province",
        sources={"counties": {"source": "模拟"}},
        progress=lambda *done: told.append(done),
    )
    assert told == [(1, 2), (2, 2)]
    assert region.sources == {"counties": {"source": "模拟"}}
    listed = region.counties.drop(columns="geometry")
    assert listed["name_en"].tolist() == ["County 320511", "County 320512"]
    assert listed[["communities", "residents", "candidates"]].to_numpy().tolist() == [
        [2, 4000, 3],
        [2, 4000, 2],
    ]
    assert listed["road_nodes"].sum() == 169
    assert listed["road_nodes"].tolist() == pytest.approx([13 * 7, 13 * 6], abs=7)  # on the border
    assert region.neighbours("320511", 0) == ("320512",)
    for county in two_counties:
        assert county.boundary.geometry.iloc[0].equals(region.counties.geometry[county.code])


def test_a_part_of_the_list_is_read_by_a_box(tmp_path):
    shapes = {f"{x:03}": shapely.box(100 + x / 10, 30, 100.1 + x / 10, 30.1) for x in range(300)}
    folder = write_listed(tmp_path, listed(shapes))
    some = gpd.read_parquet(folder / "counties.parquet", bbox=(104.01, 30, 104.19, 31))
    assert some["code"].tolist() == ["040", "041"]
    assert pq.ParquetFile(folder / "counties.parquet").num_row_groups == 2


@pytest.mark.slow
def test_keys_that_only_look_the_same_are_no_clash_and_the_list_is_the_same(
    two_counties, tmp_path, monkeypatch
):
    def alike(values):
        found = ledger.hashes(values)
        return found if values.ndim == 2 or values.dtype == "int64" else found & np.uint64(0)

    folder = save_counties(tmp_path, two_counties)
    files = []
    for one in (ledger.hashes, alike):
        monkeypatch.setattr("geodata.region.indexing.hashes", one)
        geodata.index_region(folder, code="1", name="一", name_en="One")
        files.append([(folder / n).read_bytes() for n in ("region.json", "counties.parquet")])
    assert files[0] == files[1]


def test_where_layers_come_from_is_joined(two_counties):
    sources = [
        {"halls": {"real": ["name", "tier"], "source": {"en": "a list", "zh": "名册"}}},
        {"halls": {"real": ["tier"], "source": "a map"}, "towns": {"real": True, "source": "x"}},
    ]
    told = [
        City.from_inspected(city.tables(), said)
        for city, said in zip(two_counties, sources, strict=True)
    ]
    joined = geodata.join_cities(told, code="1", name="一", name_en="One")
    assert joined.sources["halls"] == {
        "real": ["tier"],
        "source": {"en": "a list; a map", "zh": "名册; a map"},
    }
    assert joined.sources["towns"]["real"] == []
    one = geodata.join_cities(told[1:], code="1", name="一", name_en="One")
    assert one.sources["towns"] == sources[1]["towns"]
