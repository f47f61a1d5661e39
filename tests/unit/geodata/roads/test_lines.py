"""Roads from layers of lines: where they meet, what columns mean, layers that cannot be used."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, MultiLineString, Point

from geodata import DataError
from geodata.roads import from_lines

METRIC = 4549
EAST, NORTH = 520_000.0, 3_485_000.0


def line(*places) -> LineString:
    """Return a line by metres from a corner."""
    return LineString([(EAST + x, NORTH + y) for x, y in places])


def layer(*lines, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(lines), crs=METRIC)


def shape(network) -> tuple[int, int]:
    return len(network.node_ids), len(network.edge_ids)


ALONG = line((0, 0), (100, 0))
ALONG_WITH_VERTEX = line((0, 0), (50, 0), (100, 0))
ACROSS = line((50, -40), (50, 40))
ACROSS_WITH_VERTEX = line((50, -40), (50, 0), (50, 40))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([ALONG, line((100, 0), (200, 0))], (3, 2)),
        ([ALONG, line((100.3, 0), (200, 0))], (3, 2)),
        ([ALONG, line((101, 0), (200, 0))], (4, 2)),
        ([ALONG_WITH_VERTEX, line((50, 0), (50, 80))], (4, 3)),
        ([ALONG_WITH_VERTEX, line((50, 0.4), (50, 80))], (4, 3)),
        ([ALONG_WITH_VERTEX, ACROSS_WITH_VERTEX], (5, 4)),
        ([ALONG, ACROSS], (4, 2)),
        ([ALONG_WITH_VERTEX, ACROSS], (4, 2)),
        ([ALONG_WITH_VERTEX, line((50.2, -40), (50.2, 0), (50.2, 40))], (4, 2)),
        ([line((0, 0), (100, 0), (100, 50), (0, 0))], (1, 1)),
        ([line((0, 0), (50, 0), (50, 0), (100, 0))], (2, 1)),
        ([ALONG, line((30, 30), (30, 30.1))], (4, 2)),
    ],
)
def test_lines_meet_at_ends_and_at_vertices_they_share(lines, expected):
    assert shape(from_lines(layer(*lines))) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([ALONG, ACROSS], (5, 4)),
        ([ALONG_WITH_VERTEX, ACROSS], (5, 4)),
        ([ALONG, line((50, 0), (50, 80))], (4, 3)),
        ([ALONG, line((50, 0.3), (50, 80))], (4, 3)),
        ([ALONG, line((50, 2), (50, 80))], (4, 2)),
        ([ALONG, line((20, -9), (40, 9), (60, -9), (80, 9))], (7, 8)),
        ([ALONG, line((100, 0), (150, 0))], (3, 2)),
    ],
)
def test_lines_meet_where_they_cross_on_request(lines, expected):
    network = from_lines(layer(*lines), node_at_crossings=True)
    assert shape(network) == expected
    assert network.length_metres.sum() == pytest.approx(
        sum(part.length for part in lines), rel=1e-2
    )


def test_bridges_are_kept_apart_but_joined_at_their_ends():
    ramp = line((50, 40), (50, 90))
    streets = layer(ALONG, ACROSS, ramp, over=[0, 1, 0])
    network = from_lines(streets, {"level": "over"}, node_at_crossings=True)
    assert shape(network) == (5, 3)
    vertex = layer(ALONG_WITH_VERTEX, ACROSS_WITH_VERTEX, over=[0, 1])
    assert shape(from_lines(vertex, {"level": "over"})) == (4, 2)


def test_columns_are_mapped_and_their_words_translated():
    streets = layer(
        ALONG,
        ACROSS,
        MultiLineString([line((0, 90), (10, 90)), line((20, 90), (30, 90))]),
        lx=["主干路", "支路", None],
        dx=["F", "T", "B"],
        sd=[60, 0, None],
        mc=["解放路", " ", None],
        walk=["both", "forward", None],
        pave=["asphalt", None, "gravel"],
    )
    network = from_lines(
        streets,
        {
            "road_class": "lx",
            "oneway": "dx",
            "max_speed_kmh": "sd",
            "name": "mc",
            "foot": "walk",
            "surface": "pave",
        },
        {"road_class": {"主干路": "primary", "支路": "residential"}},
        road_class="service",
    )
    assert network.road_class.tolist() == ["primary", "residential", "service", "service"]
    assert network.oneway.tolist() == [True, True, False, False]
    assert network.max_speed_kmh[0] == 60
    assert np.isnan(network.max_speed_kmh[1:]).all()
    kept = network.attributes
    assert kept["name"].fillna("").tolist() == ["解放路", "", "", ""]
    assert kept["foot"].fillna("").tolist() == ["both", "backward", "", ""]
    assert kept["line"].tolist() == [1, 2, 3, 3]
    assert kept["source"].tolist() == ["real"] * 4
    northward = network.lines[1].coords
    assert northward[0][1] > northward[-1][1], "a line against its direction is turned round"


def test_yes_and_no_may_be_booleans_or_numbers():
    for words in ([True, False], [1, 0], ["yes", "no"], [1.0, np.nan]):
        network = from_lines(layer(ALONG, ACROSS, d=words), {"oneway": "d"})
        assert network.oneway.tolist() == [True, False], words


def test_lines_of_any_system_give_the_same_roads():
    streets = layer(ALONG_WITH_VERTEX, line((50, 0), (50, 80)))
    one = from_lines(streets)
    for crs in (4326, 4490, 3857, 32651):
        other = from_lines(streets.to_crs(crs))
        assert shape(other) == shape(one)
        assert other.length_metres == pytest.approx(one.length_metres, abs=1e-6)
        assert other.crs.to_epsg() == (4490 if crs == 4490 else 4326)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".parquet"])
def test_files_are_read(tmp_path, suffix):
    path = tmp_path / f"streets{suffix}"
    streets = layer(ALONG_WITH_VERTEX, line((50, 0), (50, 80)), kind=["primary", "service"])
    if suffix == ".parquet":
        streets.to_parquet(path)
    else:
        streets.to_file(path)
    network = from_lines(path, {"road_class": "kind"})
    assert sorted(network.road_class) == ["primary", "primary", "service"]


def refused(streets, *arguments, **options) -> str:
    with pytest.raises(DataError) as raised:
        from_lines(streets, *arguments, **options)
    assert len(raised.value.findings) == 1
    return str(raised.value)


@pytest.mark.filterwarnings("ignore:invalid value encountered in linestrings")
def test_a_layer_that_cannot_be_used_is_refused_in_one_sentence(tmp_path):
    assert "lines: the layer does not say its coordinate" in refused(
        layer(ALONG).set_crs(None, allow_override=True)
    )
    assert "the layer has no rows" in refused(layer(ALONG).iloc[:0])
    mixed = layer(ALONG, Point(EAST, NORTH))
    assert "lines, row 2: the geometry is a Point; give a line" in refused(mixed)
    assert "streets, row 2: the row has no geometry" in refused(layer(ALONG, None), layer="streets")
    nan = layer(ALONG, line((0, 0), (np.nan, 5)))
    assert "row 2: a coordinate is not a finite number" in refused(nan)
    assert "column lanes is missing" in refused(layer(ALONG), {"road_class": "lanes"})
    assert "columns is 'colour'; use one of: road_class" in refused(layer(ALONG), {"colour": "x"})
    foot = layer(ALONG, ACROSS, f=["both", "never"])
    assert "row 2: foot is 'never'; use one of: both" in refused(foot, {"foot": "f"})
    way = layer(ALONG, d=["sideways"])
    assert "row 1: oneway is 'sideways'" in refused(way, {"oneway": "d"})
    assert "no line has any length" in refused(layer(line((5, 5), (5, 5))))
    assert "there is no such file" in refused(tmp_path / "none.gpkg")
    (tmp_path / "bad.gpkg").write_bytes(b"no")
    assert "bad.gpkg: it cannot be read" in refused(tmp_path / "bad.gpkg")
