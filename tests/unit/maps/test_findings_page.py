"""The page of findings: self-contained, harmless, with a dot for each place."""

from __future__ import annotations

import re

import pytest
import shapely

from geodata.findings import Finding
from geodata.quality import inspect_tables
from geodata.quality.fixes import fix_tables
from geodata.quality.places import places_of
from planner.maps.findings_page import findings_page
from tests.bad_inputs.corpus import CORPUS
from tests.bad_inputs.test_bad_cities import run, save
from tests.small_city import place

HOSTILE = '"><svg onload=alert(1)><script>alert(2)</script>{{7*7}}'


def page(tables, **options):
    findings = inspect_tables(tables)[1]
    return findings_page(findings, tables, **{"title": "小城", "language": "en", **options})


def test_a_finding_is_a_row_and_a_dot(small_tables):
    CORPUS["a_hall_is_in_no_known_community"].spoil(small_tables)
    text = page(small_tables)
    assert len(re.findall(r'<tr class="error" id="finding-1">', text)) == 1
    assert len(re.findall(r"<circle", text)) == 1
    assert "community_code 320585999999 is not in the layer communities" in text


def test_hostile_names_are_shown_as_they_are(small_tables):
    small_tables["halls"].loc[3, ["hall_id", "status"]] = HOSTILE
    text = page(small_tables, title=HOSTILE)
    assert "<script" not in text
    assert "<svg onload" not in text
    assert "49" not in re.findall(r"<h1>(.*)</h1>", text)[0]
    assert "&lt;svg onload=alert(1)&gt;" in text
    assert "default-src 'none'" in text


@pytest.mark.slow
def test_what_lies_beyond_the_map_is_drawn_at_its_edge(small_tables):
    CORPUS["longitude_and_latitude_are_swapped"].spoil(small_tables)
    assert 'class="error beyond"' in page(small_tables)


@pytest.mark.slow
@pytest.mark.parametrize("name", CORPUS)
def test_every_kind_of_bad_city_has_a_page(name, small_tables):
    CORPUS[name].spoil(small_tables)
    assert 'id="finding-1"' in page(small_tables, language="zh")


@pytest.mark.slow
def test_a_city_in_order_says_so(small_tables):
    text = page(small_tables)
    assert "Nothing is wrong." in text
    assert "<table>" not in text


@pytest.mark.slow
def test_very_many_findings_are_counted(small_tables):
    findings = [Finding("missing_value", "halls", 1, values={"column": "x"})] * 2_500
    text = findings_page(findings, small_tables, title="x", language="en")
    assert text.count("<tr class") == 2_000
    assert "… and 500 more" in text


@pytest.mark.slow
def test_repairs_are_listed(small_tables):
    small_tables["towns"].loc[0, "name"] = " <b>西镇</b> "
    fixed, changes = fix_tables(small_tables)
    text = page(fixed, changes=changes)
    assert "&#39; &lt;b&gt;西镇&lt;/b&gt; &#39;" in text


def test_a_row_without_a_shape_lies_where_it_belongs(small_tables):
    tables = small_tables
    workers = Finding("more_certified_than_posts", "workers", 3)
    far = Finding("empty_geometry", "halls", 5)
    tables["halls"].loc[4, "geometry"] = None
    assert places_of([workers], tables)[0] == pytest.approx(
        shapely.get_coordinates(tables["halls"].geometry.iloc[5])[0].tolist()
    )
    assert places_of([far], tables)[0] == pytest.approx(
        shapely.get_coordinates(place(1.5, 4.5))[0].tolist(), abs=1e-4
    )
    assert places_of([Finding("missing_layer", "roads")], tables) == [None]


@pytest.mark.slow
def test_check_mends_into_a_new_file_and_writes_the_page(
    small_tables, tmp_path, monkeypatch, capsys
):
    small_tables["halls"].loc[3, "hall_id"] = "Ｈ１"
    city = save(small_tables, tmp_path / "city")
    before = {file.name: file.read_bytes() for file in city.iterdir()}
    out, html = tmp_path / "mended.gpkg", tmp_path / "findings.html"

    def check(*options):
        return run(monkeypatch, capsys, "check", city, *options)

    code, said, told = check("--fix")
    assert code == 0
    assert "'Ｈ１'" in said
    assert "Nothing is written" in told
    code, said, told = check("--fix", "--out", out, "--html", html)
    assert code == 0
    assert "full-width characters made half-width" in html.read_text("utf-8")
    code, said, told = check("--fix", "--out", out)
    assert code == 2
    assert "is there already" in told
    code, said, told = check("--fix", "--out", out, "--overwrite", "--json")
    assert code == 0
    assert '"changes"' in said
    assert {file.name: file.read_bytes() for file in city.iterdir()} == before
    code, said, told = check("--fix", "--out", tmp_path, "--overwrite")
    assert code == 2
    assert "the city itself lies in" in told
    code, said, told = check("--out", out)
    assert code == 2
    assert "give --fix too" in told
