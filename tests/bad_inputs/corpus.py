"""Kinds of bad input: each spoils the small city in one way and says what must be answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, MultiPoint, Point, Polygon

from tests.small_city import place

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class BadInput:
    """One way to spoil a city, and the layer, row and words that the message must have."""

    spoil: Callable[[Tables], None]
    layer: str
    row: int | None
    says: str


CORPUS: dict[str, BadInput] = {}


def bad_input(layer: str, row: int | None, says: str):
    """Register a way to spoil the tables."""

    def register(spoil: Callable[[Tables], None]):
        CORPUS[spoil.__name__] = BadInput(spoil, layer, row, says)
        return spoil

    return register


def _put(tables: Tables, layer: str, row: int, column: str, value: object) -> None:
    frame = tables[layer].copy()
    if not isinstance(value, str | Point | Polygon | MultiPoint | LineString | None):
        frame[column] = frame[column].astype(float)
    values = list(frame[column])
    values[row - 1] = value
    if column == "geometry":
        frame = frame.set_geometry(gpd.GeoSeries(values, crs=frame.crs))
    else:
        frame[column] = values
    tables[layer] = frame


def _all_text(tables: Tables, layer: str, row: int, column: str, value: str) -> None:
    tables[layer][column] = tables[layer][column].astype(str)
    _put(tables, layer, row, column, value)


# Layers and columns.


@bad_input("settlements", None, "the layer is missing")
def a_required_layer_is_missing(tables):
    del tables["settlements"]


@bad_input("halls", None, "the layer has no rows")
def a_required_layer_is_empty(tables):
    tables["halls"] = tables["halls"].iloc[:0]


@bad_input("communities", None, "column residents is missing")
def a_column_is_missing(tables):
    tables["communities"] = tables["communities"].drop(columns="residents")


@bad_input("halls", None, "column source is missing")
def the_source_is_missing(tables):
    tables["halls"] = tables["halls"].drop(columns="source")


@bad_input("towns", None, "no geometry")
def a_layer_has_lost_its_geometry(tables):
    tables["towns"] = pd.DataFrame(tables["towns"].drop(columns="geometry"))


# Keys.


@bad_input("halls", 5, "hall_id H1 stands in an earlier row")
def a_key_is_duplicated(tables):
    _put(tables, "halls", 5, "hall_id", "H1")


@bad_input("settlements", 3, "settlement_id is empty")
def a_key_is_missing(tables):
    _put(tables, "settlements", 3, "settlement_id", None)


@bad_input("communities", 2, "not a code of the expected form")
def a_community_code_is_too_short(tables):
    _put(tables, "communities", 2, "code", "3205851")


@bad_input("towns", 1, "not a code of the expected form")
def a_town_code_has_letters(tables):
    _put(tables, "towns", 1, "code", "32058510X")


@bad_input("halls", 4, "community_code 320585999999 is not in the layer communities")
def a_hall_is_in_no_known_community(tables):
    _put(tables, "halls", 4, "community_code", "320585999999")


@bad_input("halls", 6, "community_code is empty")
def a_community_hall_has_no_community(tables):
    _put(tables, "halls", 6, "community_code", None)


@bad_input("halls", 2, "town_code is empty")
def a_town_platform_has_no_town(tables):
    _put(tables, "halls", 2, "town_code", None)


@bad_input("communities", 3, "town_code 999999999 is not in the layer towns")
def a_community_is_in_no_known_town(tables):
    _put(tables, "communities", 3, "town_code", "999999999")


@bad_input("workers", 2, "base_hall_id H9 is not in the layer halls")
def workers_are_based_at_an_unknown_hall(tables):
    _put(tables, "workers", 2, "base_hall_id", "H9")


@bad_input("projects", 1, "community_codes 000000000000 is not in the layer communities")
def a_project_serves_an_unknown_community(tables):
    _put(tables, "projects", 1, "community_codes", "320585100001;000000000000")


@bad_input("candidates", 2, "community_code 123 is not in the layer communities")
def a_candidate_is_in_no_known_community(tables):
    _put(tables, "candidates", 2, "community_code", "123")


@bad_input("road_edges", 7, "from_node 9999 is not in the layer road_nodes")
def a_road_begins_nowhere(tables):
    frame = tables["road_edges"].copy()
    frame.loc[6, "from_node"] = 9999
    tables["road_edges"] = frame


# Values.


@bad_input("settlements", 4, "residents is -5")
def residents_are_negative(tables):
    _put(tables, "settlements", 4, "residents", -5)


@bad_input("settlements", 2, "residents is empty")
def residents_are_absent(tables):
    _put(tables, "settlements", 2, "residents", np.nan)


@bad_input("communities", 1, "residents is 'many'")
def residents_are_words(tables):
    _all_text(tables, "communities", 1, "residents", "many")


@bad_input("settlements", None, "nobody lives in any settlement")
def nobody_lives_anywhere(tables):
    tables["settlements"]["residents"] = 0


@bad_input("halls", 4, "tier is 'village'; use one of: municipal, town, community")
def a_tier_is_unknown(tables):
    _put(tables, "halls", 4, "tier", "village")


@bad_input("halls", 4, "form is 'tent'")
def a_form_is_unknown(tables):
    _put(tables, "halls", 4, "form", "tent")


@bad_input("halls", 7, "status is 'maybe'")
def a_status_is_unknown(tables):
    _put(tables, "halls", 7, "status", "maybe")


@bad_input("communities", 4, "kind is 'suburb'")
def a_kind_is_unknown(tables):
    _put(tables, "communities", 4, "kind", "suburb")


@bad_input("halls", 5, "the function 'karaoke' is not known")
def a_function_is_unknown(tables):
    _put(tables, "halls", 5, "functions", "civil_affairs;karaoke")


@bad_input("workers", 1, "field is 'plumbing'")
def a_field_is_unknown(tables):
    _put(tables, "workers", 1, "field", "plumbing")


@bad_input("organisations", 2, "fields is 'youth;astrology'")
def one_of_several_fields_is_unknown(tables):
    _put(tables, "organisations", 2, "fields", "youth;astrology")


@bad_input("workers", 3, "5 certified workers on 1 posts")
def more_are_certified_than_there_are_posts(tables):
    _put(tables, "workers", 3, "certified", 5)


@bad_input("halls", 4, "floor_area_m2 is -3")
def a_floor_area_is_negative(tables):
    _put(tables, "halls", 4, "floor_area_m2", -3.0)


@bad_input("candidates", 1, "cost_yuan is 0")
def a_site_costs_nothing(tables):
    _put(tables, "candidates", 1, "cost_yuan", 0.0)


@bad_input("candidates", 3, "cost_yuan is inf")
def a_site_costs_infinitely_much(tables):
    _put(tables, "candidates", 3, "cost_yuan", np.inf)


@bad_input("road_edges", 1, "length_m is -10")
def a_road_is_shorter_than_nothing(tables):
    _put(tables, "road_edges", 1, "length_m", -10.0)


@bad_input("road_edges", 3, "bicycle is 'sometimes'; use one of: both, forward, backward, no")
def a_vehicle_goes_which_way_nobody_knows(tables):
    tables["road_edges"]["bicycle"] = None
    _put(tables, "road_edges", 3, "bicycle", "sometimes")


@bad_input("road_edges", 1, "duration_minutes is -5")
def a_ferry_arrives_before_it_leaves(tables):
    tables["road_edges"]["duration_minutes"] = np.nan
    _put(tables, "road_edges", 1, "duration_minutes", -5.0)


# Geometry.


@bad_input("communities", 2, "broken (Self-intersection")
def a_polygon_crosses_itself(tables):
    a, b, c, d = (place(x, y) for x, y in ((0, 3), (3, 6), (3, 3), (0, 6)))
    _put(tables, "communities", 2, "geometry", Polygon([a, b, c, d]))


@bad_input("settlements", 5, "the row has no geometry")
def a_point_is_missing(tables):
    _put(tables, "settlements", 5, "geometry", None)


@bad_input("settlements", 5, "the row has no geometry")
def a_point_is_empty(tables):
    _put(tables, "settlements", 5, "geometry", Point())


@bad_input("halls", 3, "not a finite number")
def a_coordinate_is_infinite(tables):
    _put(tables, "halls", 3, "geometry", Point(np.inf, 31.5))


@bad_input("communities", 1, "the geometry is a Point; give a polygon")
def a_community_is_a_point(tables):
    _put(tables, "communities", 1, "geometry", place(1, 1))


@bad_input("settlements", 1, "the geometry is a MultiPoint; give a point")
def a_settlement_is_several_points(tables):
    _put(tables, "settlements", 1, "geometry", MultiPoint([place(1, 1), place(1, 2)]))


@bad_input("halls", 4, "longitude and latitude are swapped")
def longitude_and_latitude_are_swapped(tables):
    point = tables["halls"].geometry.iloc[3]
    _put(tables, "halls", 4, "geometry", Point(point.y, point.x))


@bad_input("boundary", 1, "longitude and latitude are swapped")
def the_whole_boundary_is_swapped(tables):
    shape = tables["boundary"].geometry.iloc[0]
    swapped = Polygon([(y, x) for x, y in shape.exterior.coords])
    _put(tables, "boundary", 1, "geometry", swapped)


@bad_input("halls", 6, "km outside the boundary of the city")
def a_hall_is_in_another_city(tables):
    _put(tables, "halls", 6, "geometry", Point(116.4, 39.9))


@bad_input("candidates", 4, "km outside the boundary of the city")
def a_site_is_at_null_island(tables):
    _put(tables, "candidates", 4, "geometry", Point(0, 0))


@bad_input("settlements", None, "does not say its coordinate reference system")
def a_layer_has_no_crs(tables):
    tables["settlements"] = tables["settlements"].set_crs(None, allow_override=True)


@bad_input("settlements", 1, "are not degrees, though the layer says so")
def metres_are_labelled_as_degrees(tables):
    metres = tables["settlements"].to_crs(4549)
    tables["settlements"] = metres.set_crs(4326, allow_override=True)


@bad_input("settlements", 1, "km outside the boundary of the city")
def a_layer_names_the_wrong_zone(tables):
    metres = tables["settlements"].to_crs(4549)
    tables["settlements"] = metres.set_crs(4547, allow_override=True)


@bad_input("road_nodes", None, "the layer is missing")
def roads_have_no_nodes(tables):
    del tables["road_nodes"]
