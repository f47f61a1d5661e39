"""Two GeoDataFrames become a matrix of metres; degrees are refused."""

from __future__ import annotations

import geopandas
import pytest
from shapely import Point, box

from planner import siting
from planner.errors import SitingError


def frame(points, crs=4549, **columns):
    return geopandas.GeoDataFrame(columns, geometry=[Point(p) for p in points], crs=crs)


HOMES = frame([(0, 0), (0, 300), (400, 0)], code=["h1", "h2", "h3"], residents=[5, 6, 7])
HALLS = frame([(0, 0), (400, 300)], hall=["A", "B"])


def test_every_model_takes_what_comes_out_and_gives_ids_back():
    metres, weights = siting.from_geodataframe(
        HOMES, HALLS, demand_id="code", site_id="hall", weights="residents"
    )
    assert metres.values.tolist() == [[0, 500], [300, 400], [400, 300]]
    assert weights.to_dict() == {"h1": 5, "h2": 6, "h3": 7}
    covered = siting.max_coverage(metres, 1, weights=weights, radius=300)
    assert (covered.sites.tolist(), covered.objective) == (["A"], 11)
    served = siting.facility_location(metres, 1, weights=weights)
    assert served.demand["site"].to_dict() == {"h1": "A", "h2": "A", "h3": "B"}


def test_a_limit_makes_the_matrix_sparse_and_keeps_what_is_exactly_there():
    metres, _ = siting.from_geodataframe(HOMES, HALLS, limit_metres=300)
    assert metres.values.nnz == 3
    assert siting.set_cover(metres).sites.tolist() == [0, 1]


def test_the_index_names_rows_where_no_column_does():
    metres, weights = siting.from_geodataframe(HOMES.set_index("code"), HALLS)
    assert metres.demand_ids.tolist() == weights.index.tolist() == ["h1", "h2", "h3"]


def test_areas_count_from_a_point_inside_and_feet_become_metres():
    area = geopandas.GeoDataFrame(geometry=[box(-1, -1, 1, 1)], crs=2263)
    place = frame([(0, 1000)], crs=2263)
    metres, _ = siting.from_geodataframe(area, place)
    assert metres.values[0, 0] == pytest.approx(1000 * 1200 / 3937)


REFUSED = {
    "degrees": (lambda: (HOMES.to_crs(4326), HALLS), {}, "demand is in degrees (EPSG:4326)"),
    "the remedy for degrees": (lambda: (HOMES.to_crs(4490), HALLS), {}, "demand.to_crs('EPSG:"),
    "no system": (lambda: (HOMES, HALLS.set_crs(None, allow_override=True)), {}, "set_crs"),
    "two systems": (lambda: (HOMES, HALLS.to_crs(4550)), {}, "sites in EPSG:4550"),
    "no such column": (lambda: (HOMES, HALLS), {"weights": "people"}, "no column people"),
    "an id that stands twice": (
        lambda: (HOMES.assign(code="h"), HALLS), {"demand_id": "code"}, "the id h stands twice",
    ),
    "no geometry": (
        lambda: (HOMES.set_geometry([Point(0, 0), None, Point(1, 1)], crs=4549), HALLS), {},
        "demand, row 2: there is no geometry",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_measured_is_refused_with_the_remedy(case):
    frames, options, text = REFUSED[case]
    with pytest.raises(SitingError) as refused:
        siting.from_geodataframe(*frames(), **options)
    assert text in str(refused.value)
