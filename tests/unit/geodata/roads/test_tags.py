"""What OpenStreetMap tags say of a road, rule by rule."""

from __future__ import annotations

import math

import numpy as np
import pytest

from geodata.roads import mode_named
from geodata.roads.tags import barred, duration_minutes, road_of, speed_kmh

MODES = {"foot": "walk", "bicycle": "bicycle", "motorcar": "car"}
BOTH, ALONG, AGAINST, NEITHER = "both", "along", "against", "neither"


def goes(tags: dict, vehicle: str) -> str:
    """Return which way along the nodes of a way a vehicle may go, as the modes understand it."""
    road = road_of(tags)
    if road is None:
        return NEITHER
    stated = np.array([getattr(road, vehicle) or math.nan], object)
    how = mode_named(MODES[vehicle])
    forward, backward = how.directions(
        np.array([road.road_class], object), np.array([road.oneway]), stated
    )
    ahead, back = bool(forward[0]), bool(backward[0])
    if road.flipped:
        ahead, back = back, ahead
    return {(True, True): BOTH, (True, False): ALONG, (False, True): AGAINST}.get(
        (ahead, back), NEITHER
    )


def street(**tags: str) -> dict:
    return {"highway": "residential"} | {key.replace("__", ":"): tags[key] for key in tags}


RULES = [
    # tags, on foot, by bicycle, by car
    (street(), BOTH, BOTH, BOTH),
    (street(highway="motorway"), NEITHER, NEITHER, ALONG),
    (street(highway="motorway", oneway="no"), NEITHER, NEITHER, BOTH),
    (street(highway="motorway_link"), NEITHER, NEITHER, BOTH),
    (street(highway="footway"), BOTH, BOTH, NEITHER),
    (street(highway="footway", bicycle="no"), BOTH, NEITHER, NEITHER),
    (street(highway="steps"), BOTH, NEITHER, NEITHER),
    (street(highway="cycleway"), BOTH, BOTH, NEITHER),
    (street(highway="cycleway", foot="no"), NEITHER, BOTH, NEITHER),
    (street(highway="busway"), NEITHER, NEITHER, NEITHER),
    (street(highway="busway", bicycle="yes"), NEITHER, BOTH, NEITHER),
    (street(highway="construction", construction="primary"), NEITHER, NEITHER, NEITHER),
    (street(highway="proposed"), NEITHER, NEITHER, NEITHER),
    (street(highway="platform"), NEITHER, NEITHER, NEITHER),
    (street(highway="pedestrian", area="yes"), BOTH, BOTH, NEITHER),
    (street(highway="service", area="yes"), NEITHER, NEITHER, NEITHER),
    (street(highway="service", service="driveway"), BOTH, BOTH, BOTH),
    (street(highway="service", service="driveway", access="private"), NEITHER, NEITHER, NEITHER),
    (street(highway="service", service="emergency_access"), NEITHER, NEITHER, NEITHER),
    (street(highway="trunk", motorroad="yes"), NEITHER, NEITHER, BOTH),
    (street(highway="trunk", motorroad="yes", foot="yes"), BOTH, NEITHER, BOTH),
    # Access, the most particular key first.
    (street(access="no"), NEITHER, NEITHER, NEITHER),
    (street(access="no", foot="yes"), BOTH, NEITHER, NEITHER),
    (street(access="private", bicycle="permissive"), NEITHER, BOTH, NEITHER),
    (street(access="destination"), BOTH, BOTH, BOTH),
    (street(access="customers"), BOTH, BOTH, BOTH),
    (street(access="no", vehicle="yes"), NEITHER, BOTH, BOTH),
    (street(vehicle="no"), BOTH, NEITHER, NEITHER),
    (street(vehicle="no", bicycle="designated"), BOTH, BOTH, NEITHER),
    (street(motor_vehicle="no"), BOTH, BOTH, NEITHER),
    (street(motor_vehicle="no", motorcar="yes"), BOTH, BOTH, BOTH),
    (street(motor_vehicle="agricultural"), BOTH, BOTH, NEITHER),
    (street(motor_vehicle="destination"), BOTH, BOTH, BOTH),
    (street(bicycle="use_sidepath"), BOTH, NEITHER, BOTH),
    (street(foot="use_sidepath"), NEITHER, BOTH, BOTH),
    (street(bicycle="dismount"), BOTH, NEITHER, BOTH),
    (street(highway="footway", bicycle="dismount"), BOTH, BOTH, NEITHER),
    (street(access="perhaps"), BOTH, BOTH, BOTH),
    (street(highway="footway", access="yes"), BOTH, BOTH, NEITHER),
    (street(highway="footway", vehicle="yes"), BOTH, BOTH, NEITHER),
    (street(highway="footway", motor_vehicle="yes"), BOTH, BOTH, BOTH),
    (street(highway="motorway", bicycle="yes"), NEITHER, ALONG, ALONG),
    # One-way.
    (street(oneway="yes"), BOTH, ALONG, ALONG),
    (street(oneway="-1"), BOTH, AGAINST, AGAINST),
    (street(oneway="reverse"), BOTH, AGAINST, AGAINST),
    (street(oneway="reversible"), BOTH, BOTH, BOTH),
    (street(junction="roundabout"), BOTH, ALONG, ALONG),
    (street(junction="circular"), BOTH, ALONG, ALONG),
    (street(junction="roundabout", oneway="no"), BOTH, BOTH, BOTH),
    (street(oneway="yes", oneway__bicycle="no"), BOTH, BOTH, ALONG),
    (street(oneway="-1", oneway__bicycle="no"), BOTH, BOTH, AGAINST),
    (street(oneway="-1", oneway__bicycle="yes"), BOTH, ALONG, AGAINST),
    (street(oneway="yes", bicycle="yes"), BOTH, ALONG, ALONG),
    (street(oneway="-1", bicycle="yes", motorcar="yes"), BOTH, AGAINST, AGAINST),
    (street(oneway__bicycle="yes"), BOTH, ALONG, BOTH),
    (street(oneway__bicycle="-1"), BOTH, AGAINST, BOTH),
    (street(oneway__foot="yes"), ALONG, BOTH, BOTH),
    (street(oneway="-1", oneway__foot="yes"), ALONG, AGAINST, AGAINST),
    (street(oneway__motor_vehicle="yes"), BOTH, BOTH, ALONG),
    (street(oneway__vehicle="yes"), BOTH, ALONG, ALONG),
    (street(oneway="yes", cycleway="opposite"), BOTH, BOTH, ALONG),
    (street(oneway="yes", cycleway="opposite_lane"), BOTH, BOTH, ALONG),
    (street(oneway="yes", cycleway__left="opposite_track"), BOTH, BOTH, ALONG),
    (street(oneway="yes", cycleway__left="lane"), BOTH, ALONG, ALONG),
    (street(oneway="yes", cycleway__left="lane", cycleway__left__oneway="-1"), BOTH, BOTH, ALONG),
    (
        street(oneway="yes", cycleway__right="track", cycleway__right__oneway="no"),
        BOTH,
        BOTH,
        ALONG,
    ),
    (street(oneway="yes", cycleway__both="lane", cycleway__both__oneway="no"), BOTH, BOTH, ALONG),
    (street(oneway="yes", cycleway__left="no", cycleway__left__oneway="-1"), BOTH, ALONG, ALONG),
    (street(oneway="yes", oneway__bicycle="yes", cycleway="opposite"), BOTH, ALONG, ALONG),
    (street(highway="motorway", oneway__bicycle="no"), NEITHER, NEITHER, ALONG),
    # Ferries.
    ({"route": "ferry"}, BOTH, BOTH, BOTH),
    ({"route": "ferry", "motor_vehicle": "no"}, BOTH, BOTH, NEITHER),
    ({"route": "ferry", "foot": "no", "bicycle": "no"}, NEITHER, NEITHER, BOTH),
    ({"route": "bus"}, NEITHER, NEITHER, NEITHER),
]


@pytest.mark.parametrize(
    ("tags", "foot", "bicycle", "car"), RULES, ids=lambda v: str(v) if isinstance(v, dict) else v
)
def test_tags_say_who_may_go_and_which_way(tags, foot, bicycle, car):
    assert [goes(tags, v) for v in ("foot", "bicycle", "motorcar")] == [foot, bicycle, car]


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50.0),
        ("50 km/h", 50.0),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("10 knots", 18.52),
        ("walk", 5.0),
        ("60;40", 40.0),
        ("none", math.nan),
        ("CN:urban", math.nan),
        ("signals", math.nan),
        ("0", math.nan),
        ("-5", math.nan),
        ("", math.nan),
    ],
)
def test_speed_limits_are_read_in_every_unit(text, kmh):
    assert speed_kmh(text) == pytest.approx(kmh, nan_ok=True)


@pytest.mark.parametrize(
    ("tags", "kmh"),
    [
        (street(maxspeed="50", maxspeed__forward="30", oneway="yes"), 30.0),
        (street(maxspeed="50", maxspeed__forward="30", oneway="-1"), 50.0),
        (street(maxspeed__backward="30", oneway="-1"), 30.0),
        (street(maxspeed="50", maxspeed__forward="30"), 50.0),
        (street(maxspeed__forward="60", maxspeed__backward="40"), 40.0),
        (street(maxspeed__forward="60"), 60.0),
    ],
)
def test_speed_limits_by_direction(tags, kmh):
    assert road_of(tags).max_speed_kmh == kmh


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("00:20", 20.0),
        ("1:05", 65.0),
        ("00:10:30", 10.5),
        ("45", 45.0),
        ("PT1H20M", 80.0),
        ("P1DT1H", 1500.0),
        ("PT90S", 1.5),
        ("a while", math.nan),
        ("00:00", math.nan),
        ("", math.nan),
    ],
)
def test_durations_are_read_in_every_form(text, minutes):
    assert duration_minutes(text) == pytest.approx(minutes, nan_ok=True)


@pytest.mark.parametrize(
    ("tags", "stopped"),
    [
        ({"barrier": "gate"}, set()),
        ({"barrier": "lift_gate"}, set()),
        ({"barrier": "gate", "access": "no"}, {"foot", "bicycle", "motorcar"}),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, {"bicycle", "motorcar"}),
        ({"barrier": "gate", "motor_vehicle": "no"}, {"motorcar"}),
        ({"barrier": "bollard"}, {"motorcar"}),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, set()),
        ({"barrier": "bollard", "bicycle": "no"}, {"bicycle", "motorcar"}),
        ({"barrier": "turnstile"}, {"bicycle", "motorcar"}),
        ({"barrier": "wall"}, {"foot", "bicycle", "motorcar"}),
        ({"barrier": "kerb"}, set()),
        ({"access": "no"}, set()),
    ],
)
def test_barriers_stop_those_whom_they_are_for(tags, stopped):
    assert barred(tags) == stopped


def test_the_first_of_several_surfaces_counts():
    assert road_of(street(surface="gravel;asphalt")).surface == "gravel"
