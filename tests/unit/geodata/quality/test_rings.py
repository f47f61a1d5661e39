"""Files with rings that were not closed."""

from __future__ import annotations

import sqlite3
import struct

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geodata import DataError
from geodata.files import read_tables, write_tables
from geodata.quality.rings import read_closing


def opened(wkb):
    """Return the WKB of a polygon of one ring without the ring's last vertex."""
    count = struct.unpack("<I", wkb[9:13])[0]
    return wkb[:9] + struct.pack("<I", count - 1) + wkb[13 : 13 + 16 * (count - 1)]


def geopackage_with_open_ring(tables, path):
    write_tables(tables, {"name": "小城"}, path)
    with sqlite3.connect(path) as database:
        triggers = database.execute("select name from sqlite_master where type = 'trigger'")
        for (name,) in triggers.fetchall():
            database.execute(f'drop trigger "{name}"')
        (blob,) = database.execute("select geom from communities where fid = 2").fetchone()
        start = 8 + (0, 32, 48, 48, 64)[blob[3] >> 1 & 7]
        new = blob[:start] + opened(blob[start:])
        database.execute("update communities set geom = ? where fid = 2", (new,))
    database.close()
    return path


def folder_with_open_ring(tables, path):
    write_tables(tables, {"name": "小城"}, path)
    file = path / "communities.parquet"
    table = pq.read_table(file)
    shapes = table["geometry"].to_pylist()
    shapes[1] = opened(shapes[1])
    at = table.schema.get_field_index("geometry")
    table = table.set_column(at, table.schema.field(at), pa.array(shapes, pa.binary()))
    pq.write_table(table, file)
    return path


@pytest.mark.parametrize(
    "make", [pytest.param(geopackage_with_open_ring, marks=pytest.mark.slow), folder_with_open_ring]
)
def test_an_open_ring_is_named_and_closed(make, small_tables, tmp_path):
    path = make(small_tables, tmp_path / ("a.gpkg" if "geopackage" in make.__name__ else "a"))
    with pytest.raises(DataError, match="a shape in it cannot be read"):
        read_tables(path)

    tables, metadata, findings, changes = read_closing(path)

    assert metadata == {"name": "小城"}
    assert [(f.layer, f.row, f.key, f.code) for f in findings] == [
        ("communities", 2, "320585100200", "unclosed_ring")
    ]
    assert [(c.row, c.code) for c in changes] == [(2, "ring_unclosed")]
    before = small_tables["communities"].geometry
    assert tables["communities"].geometry.geom_equals(before).all()


@pytest.mark.slow
def test_other_files_are_read_as_ever(small_tables, tmp_path):
    write_tables(small_tables, {}, tmp_path / "a.gpkg")
    tables, _, findings, changes = read_closing(tmp_path / "a.gpkg")
    assert set(tables) == set(small_tables)
    assert findings == changes == []
    with pytest.raises(DataError, match="there is no city"):
        read_closing(tmp_path / "nothing.gpkg")
