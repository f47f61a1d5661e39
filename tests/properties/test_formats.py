"""City -> each format -> City: equal in geometry, types, missing values and every letter."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, affinity

import geodata
from geodata import City, DataError
from geodata.exporting import FORMATS, export_city
from geodata.importing import import_city
from geodata.importing.escaping import quoted, unquoted
from tests.small_city import small_city_tables

TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=0, max_size=12
)
HARD = st.sampled_from(
    [
        *("=1+1", "+86", "-3", "@cmd", "\tx", "\rx", "'", "''", "\\u0041", "_x000D_", " a "),
        *("\u3000", "null", "NaN", "1e5", "TRUE", "<b>", "'; DROP TABLE halls;--", 'a,b\n"c"'),
        *("张家港市𠮷野", "\ufeffx"),
    ]
)
WORDS = st.one_of(TEXTS, HARD)
SETTINGS = settings(
    max_examples=int(os.environ.get("SANSHE_CITIES", "5")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # to shrink a whole city takes minutes
    print_blob=False,
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64)


def spoil(frame: pd.DataFrame, column: str, values: list) -> None:
    frame[column] = pd.Series(values, index=frame.index, dtype="str")


def typed(values: list, nullable: str, plain: str) -> pd.Series:
    return pd.Series(values, dtype=nullable if None in values else plain)


class Case:
    """A city that shows itself shortly where a property fails."""

    def __init__(self, city: City) -> None:
        self.city = city


def add_columns(draw, halls: pd.DataFrame) -> None:
    """Add columns that the planner does not know."""
    spoil(halls, "备注", draw(st.lists(st.none() | WORDS, min_size=7, max_size=7)))
    numbers = st.none() | st.integers(-(2**62), 2**62)
    halls["记录"] = typed(draw(st.lists(numbers, min_size=7, max_size=7)), "Int64", "int64")
    halls["measured"] = draw(st.lists(NUMBERS, min_size=7, max_size=7))
    halls["a_rather_long_name"] = draw(st.lists(st.booleans(), min_size=7, max_size=7))
    flags = st.none() | st.booleans()
    halls["a_rather_long_name_2"] = typed(
        draw(st.lists(flags, min_size=7, max_size=7)), "boolean", "bool"
    )


@st.composite
def cases(draw, extra=True):
    """The small city with words, numbers and shapes of all kinds."""
    tables = small_city_tables()
    halls, settlements, towns = tables["halls"], tables["settlements"], tables["towns"]
    spoil(halls, "name", draw(st.lists(WORDS, min_size=7, max_size=7)))
    spoil(settlements, "name", draw(st.lists(st.none() | WORDS, min_size=8, max_size=8)))
    if extra:
        add_columns(draw, halls)
    halls["floor_area_m2"] = draw(
        st.lists(st.floats(1e-3, 1e9) | st.just(np.nan), min_size=7, max_size=7)
    )
    shift = draw(st.floats(-1e-3, 1e-3))
    settlements["geometry"] = settlements.geometry.translate(shift, shift / 3)
    if draw(st.booleans()):
        part = towns.geometry.iloc[0]
        far = affinity.translate(affinity.scale(part, 1e-3, 1e-3), 0.0512345678, 0)
        towns["geometry"] = gpd.GeoSeries([MultiPolygon([part, far]), towns.geometry[1]], crs=4326)
    if draw(st.booleans()):
        tables = {
            name: frame.to_crs(4490) if isinstance(frame, gpd.GeoDataFrame) else frame
            for name, frame in tables.items()
        }
    sources = draw(st.dictionaries(st.sampled_from(["halls", "道路"]), WORDS, max_size=2))
    if draw(st.integers(0, 5)):
        for layer in ("road_nodes", "road_edges", "workers", "organisations", "candidates"):
            del tables[layer]
    return Case(City.from_tables(tables, sources))


def assert_equal(one: City, other: City) -> None:
    assert (one.code, one.name, one.name_en) == (other.code, other.name, other.name_en)
    assert dict(one.sources) == dict(other.sources)
    ours, theirs = one.tables(), other.tables()
    assert list(ours) == list(theirs)
    for name, frame in ours.items():
        assert set(frame.columns) == set(theirs[name].columns), name
        found = theirs[name][list(frame.columns)]
        if isinstance(frame, gpd.GeoDataFrame):
            assert found.crs == frame.crs, name
            same = frame.geometry.normalize().geom_equals_exact(found.geometry.normalize(), 1e-9)
            assert same.all(), name
        plain = frame.drop(columns="geometry", errors="ignore")
        pd.testing.assert_frame_equal(
            pd.DataFrame(plain), pd.DataFrame(found[list(plain.columns)]), check_exact=True
        )


@given(WORDS)
def test_a_quoted_text_is_no_formula_and_is_read_back(text):
    written = quoted(text)
    assert unquoted(written) == text
    assert not written.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert written == written.strip()
    assert written
    assert all(c not in written for c in "\r\n\t\x00")


@pytest.mark.slow
@SETTINGS
@given(cases())
def test_a_city_is_the_same_after_each_foreign_format(case):
    with tempfile.TemporaryDirectory() as scratch:
        for form in FORMATS:
            folder = Path(scratch) / form
            export_city(case.city, folder, form)
            assert_equal(case.city, import_city(folder / "mapping.toml").city)


@pytest.mark.slow
@SETTINGS
@given(cases(extra=False))
def test_a_city_is_the_same_after_saving(case):
    with tempfile.TemporaryDirectory() as scratch:
        for target in ("city.gpkg", "city"):
            case.city.save(Path(scratch) / target)
            assert_equal(case.city, geodata.open_city(Path(scratch) / target))


@pytest.mark.slow
def test_a_text_too_long_for_a_shapefile_is_refused(small_tables, tmp_path):
    small_tables["halls"].loc[2, "name"] = "长" * 100
    city = City.from_tables(small_tables)
    with pytest.raises(DataError, match=r"halls, row 3: name is longer than the 254 bytes"):
        export_city(city, tmp_path / "out", "shapefile")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(small_city, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="nothing is overwritten"):
        export_city(small_city, tmp_path, "csv")
    with pytest.raises(DataError, match="use one of: geojson, shapefile, csv, xlsx"):
        export_city(small_city, tmp_path / "new", "dwg")


@pytest.mark.slow
def test_a_spreadsheet_sees_no_formula(small_tables, tmp_path):
    small_tables["halls"].loc[0, "name"] = '=HYPERLINK("https://example.org")'
    city = City.from_tables(small_tables)
    export_city(city, tmp_path / "csv", "csv")
    assert ",'=HYPERLINK" in (tmp_path / "csv" / "halls.csv").read_text("utf-8").replace('"', "")
