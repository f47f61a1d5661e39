"""What OpenStreetMap tags say of a road: who may go, which way, how fast, how long.

The rules follow the project's documentation of access, one-way streets and speed limits. Where it
leaves a choice, what is chosen is said here:

- ``private`` is closed; ``destination``, ``customers`` and ``permissive`` are open, since a trip to
  a hall ends there.
- ``access=yes`` and ``vehicle=yes`` do not open a class to a vehicle that it is not for (a footway
  to cars); a vehicle's own key does.
- ``bicycle=dismount`` leaves ways for people on foot as their class says (pushed at walking pace),
  and closes other roads.
- Reversible and alternating lanes count as two-way.
- Of the outlines of areas those for people on foot are kept: one walks along the edge.
- Speed limits that stand for a rule of a country (``CN:urban``) count as not stated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from geodata.roads.modes import modes

Vehicle = Literal["foot", "bicycle", "motorcar"]
VEHICLES: tuple[Vehicle, ...] = ("foot", "bicycle", "motorcar")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ROAD_CLASSES = _words(
    """motorway motorway_link trunk trunk_link primary primary_link secondary secondary_link
    tertiary tertiary_link unclassified residential living_street service road busway track
    pedestrian footway path steps cycleway bridleway corridor"""
)
_ON_FOOT = frozenset(("pedestrian", "footway", "path", "steps", "corridor"))

_OPEN = frozenset(("yes", "designated", "official", "permissive", "destination", "customers"))
_CLOSED = _words(
    """no private use_sidepath agricultural forestry emergency military delivery permit
    residents employees"""
)
_OWN_KEYS: Mapping[Vehicle, tuple[str, ...]] = {
    "foot": ("foot",),
    "bicycle": ("bicycle",),
    "motorcar": ("motorcar", "motor_vehicle"),
}
_SHARED_KEYS: Mapping[Vehicle, tuple[str, ...]] = {
    "foot": ("access",),
    "bicycle": ("vehicle", "access"),
    "motorcar": ("vehicle", "access"),
}

_DIRECTION = {"yes": 1, "true": 1, "1": 1, "-1": -1, "reverse": -1}
_DIRECTION |= dict.fromkeys(("no", "false", "0", "reversible", "alternating"), 0)
_WORD = {0: "both", 1: "forward", -1: "backward"}

_BARS_CARS = _words(
    """bollard block chain cycle_barrier motorcycle_barrier jersey_barrier bus_trap log debris
    planter rope bar spikes fence wall hedge"""
)
_BARS_BICYCLES = _words(
    """turnstile full-height_turnstile kissing_gate stile horse_stile fence wall hedge"""
)
_BARS_WALKERS = frozenset(("fence", "wall", "hedge"))

_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?")
_KMH = {"mph": 1.609344, "knots": 1.852}
_WALKING_PACE_KMH = 5.0
_CLOCK = re.compile(r"(\d+):(\d{2})(?::(\d{2}))?")
_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")

TAG_KEYS = _words(
    """highway route junction area service motorroad surface duration maxspeed
    maxspeed:forward maxspeed:backward access vehicle foot bicycle motor_vehicle motorcar oneway
    oneway:foot oneway:bicycle oneway:vehicle oneway:motor_vehicle oneway:motorcar cycleway
    cycleway:left cycleway:right cycleway:both cycleway:left:oneway cycleway:right:oneway
    cycleway:both:oneway"""
)
"""Keys that say something here."""


@dataclass(frozen=True)
class Road:
    """What tags say of a way.

    Attributes
    ----------
    road_class
        Highway class; ferry for a ferry.
    oneway
        Whether it is one-way in general.
    flipped
        Whether that, and the directions below, are against the order of the way's nodes.
    max_speed_kmh
        Maximum speed; NaN where none is stated.
    surface
        As stated; empty where not.
    duration_minutes
        Minutes from end to end as stated; NaN where not.
    foot, bicycle, motorcar
        both, forward, backward or no; empty where class and one-way decide.
    """

    road_class: str
    oneway: bool
    flipped: bool
    max_speed_kmh: float
    surface: str
    duration_minutes: float
    foot: str
    bicycle: str
    motorcar: str


def road_of(tags: Mapping[str, str]) -> Road | None:
    """Return what a way's tags say; None if it is not a road that anyone may use.

    Examples
    --------
    >>> road_of({"highway": "residential", "oneway": "yes", "oneway:bicycle": "no"}).bicycle
    'both'
    """
    road_class = tags.get("highway", "")
    if road_class not in ROAD_CLASSES:
        if tags.get("route") != "ferry":
            return None
        road_class = "ferry"
    if tags.get("area") == "yes" and road_class not in _ON_FOOT:
        return None
    oneway = _oneway(tags, road_class)
    said = {vehicle: _stated(tags, vehicle, road_class, oneway) for vehicle in VEHICLES}
    if all(word == "no" or (not word and _shut(v, road_class)) for v, word in said.items()):
        return None
    return Road(
        road_class=road_class,
        oneway=oneway != 0,
        flipped=oneway < 0,
        max_speed_kmh=_max_speed_kmh(tags, oneway),
        surface=tags.get("surface", "").split(";")[0].strip(),
        duration_minutes=duration_minutes(tags.get("duration", "")),
        **said,
    )


def barred(tags: Mapping[str, str]) -> frozenset[Vehicle]:
    """Return the vehicles that a node's barrier stops.

    Examples
    --------
    >>> sorted(barred({"barrier": "bollard"}))
    ['motorcar']
    """
    kind = tags.get("barrier", "")
    if not kind:
        return frozenset()
    by_kind = {
        "foot": kind in _BARS_WALKERS,
        "bicycle": kind in _BARS_BICYCLES,
        "motorcar": kind in _BARS_CARS or kind in _BARS_BICYCLES,
    }
    allowed = {vehicle: _allowed(tags, vehicle) for vehicle in VEHICLES}
    return frozenset(v for v in VEHICLES if (by_kind[v] if allowed[v] is None else not allowed[v]))


@cache
def _shut(vehicle: Vehicle, road_class: str) -> bool:
    """Return whether every mode that comes with the package keeps a vehicle off a class."""
    return all(road_class in m.forbidden for m in modes().values() if m.vehicle == vehicle)


def _oneway(tags: Mapping[str, str], road_class: str) -> int:
    implied = road_class == "motorway" or tags.get("junction") in ("roundabout", "circular")
    return _DIRECTION.get(tags.get("oneway", ""), int(implied))


def _stated(tags: Mapping[str, str], vehicle: Vehicle, road_class: str, oneway: int) -> str:
    allowed = _allowed(tags, vehicle)
    if allowed is None:
        if (
            road_class == "busway"
            or tags.get("service") == "emergency_access"
            or (tags.get("motorroad") == "yes" and vehicle != "motorcar")
            or (
                tags.get("bicycle") == "dismount"
                and vehicle == "bicycle"
                and road_class not in _ON_FOOT
            )
        ):
            return "no"
        usual = 0 if vehicle == "foot" else oneway
        if _direction(tags, vehicle, oneway) == usual or _shut(vehicle, road_class):
            return ""
    if allowed is False:
        return "no"
    return _WORD[_direction(tags, vehicle, oneway) * (-1 if oneway < 0 else 1)]


def _allowed(tags: Mapping[str, str], vehicle: Vehicle) -> bool | None:
    """Return whether tags let a vehicle pass; None where they leave it to the class."""
    for key in _OWN_KEYS[vehicle]:
        if tags.get(key) in _CLOSED:
            return False
        if tags.get(key) in _OPEN:
            return True
    for key in _SHARED_KEYS[vehicle]:
        if tags.get(key) in _CLOSED:
            return False
        if tags.get(key) in _OPEN:
            return None
    return None


def _direction(tags: Mapping[str, str], vehicle: Vehicle, oneway: int) -> int:
    """Return 1 or -1 where a vehicle may only go along or against the nodes, else 0."""
    if vehicle == "foot":
        return _DIRECTION.get(tags.get("oneway:foot", ""), 0)
    own = {"bicycle": ("bicycle", "vehicle"), "motorcar": ("motorcar", "motor_vehicle", "vehicle")}
    for key in own[vehicle]:
        said = _DIRECTION.get(tags.get(f"oneway:{key}", ""))
        if said is not None:
            return said
        if key == "bicycle" and oneway and _contraflow(tags, oneway):
            return 0
    return oneway


def _contraflow(tags: Mapping[str, str], oneway: int) -> bool:
    """Return whether a one-way street has a lane for bicycles against its direction."""
    for side in ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both"):
        lane = tags.get(side, "")
        said = _DIRECTION.get(tags.get(f"{side}:oneway", "")) if side != "cycleway" else None
        if lane.startswith("opposite") or (said in (0, -oneway) and lane not in ("no", "separate")):
            return True
    return False


def _max_speed_kmh(tags: Mapping[str, str], oneway: int) -> float:
    both = speed_kmh(tags.get("maxspeed", ""))
    along, against = (speed_kmh(tags.get(f"maxspeed:{way}", "")) for way in ("forward", "backward"))
    if oneway:
        own = along if oneway > 0 else against
        return both if own != own else own
    if both == both:
        return both
    return min((kmh for kmh in (along, against) if kmh == kmh), default=float("nan"))


def speed_kmh(text: str) -> float:
    """Return a speed limit in km/h, of several the lowest; NaN where no number is stated.

    Examples
    --------
    >>> speed_kmh("30 mph")
    48.28032
    """
    least = float("nan")
    for part in text.split(";"):
        word = part.strip().lower()
        found = _SPEED.fullmatch(word)
        kmh = _WALKING_PACE_KMH if word == "walk" else 0.0
        if found:
            kmh = float(found[1]) * _KMH.get(found[2] or "", 1.0)
        if kmh > 0 and not kmh >= least:
            least = kmh
    return least


def duration_minutes(text: str) -> float:
    """Return minutes from ``HH:MM``, ``HH:MM:SS``, plain minutes or ISO 8601; NaN where none.

    Examples
    --------
    >>> duration_minutes("01:20")
    80.0
    """
    word = text.strip()
    minutes = 0.0
    if found := _CLOCK.fullmatch(word):
        minutes = 60.0 * int(found[1]) + int(found[2]) + int(found[3] or 0) / 60
    elif word and (found := _ISO.fullmatch(word)):
        days, hours, rest, seconds = (int(part or 0) for part in found.groups())
        minutes = 1440.0 * days + 60 * hours + rest + seconds / 60
    elif re.fullmatch(r"\d+(\.\d+)?", word):
        minutes = float(word)
    return minutes if minutes > 0 else float("nan")
