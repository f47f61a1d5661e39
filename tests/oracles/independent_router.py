"""Minutes over an OpenStreetMap extract, computed a second time and in the plainest way.

It shares the figures of modes.toml and the rules that geodata.roads.tags documents, and no code:
every OpenStreetMap node is a node, every segment an arc, networkx finds the way, and points enter
at the nearest of all segments, tried one by one.
"""

from __future__ import annotations

import math
import tomllib
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import osmium
from pyproj import Geod, Transformer

CLASSES = set.union(*(
    {name, f"{name}_link"} for name in ("motorway", "trunk", "primary", "secondary", "tertiary")
)) | {
    "unclassified", "residential", "living_street", "service", "road", "busway", "track",
    "pedestrian", "footway", "path", "steps", "cycleway", "bridleway", "corridor",
}  # fmt: skip
FOR_WALKERS = ("pedestrian", "footway", "path", "steps", "corridor")
YES = ("yes", "designated", "official", "permissive", "destination", "customers")
NO = (
    "no", "private", "use_sidepath", "agricultural", "forestry", "emergency", "military",
    "delivery", "permit", "residents", "employees",
)  # fmt: skip
STOPS = {
    "foot": "fence wall hedge",
    "bicycle": "turnstile full-height_turnstile kissing_gate stile horse_stile fence wall hedge",
    "motorcar": "turnstile full-height_turnstile kissing_gate stile horse_stile fence wall hedge "
    "bollard block chain cycle_barrier motorcycle_barrier jersey_barrier bus_trap log debris "
    "planter rope bar spikes",
}
CHAIN = {
    "foot": ["foot", "access"],
    "bicycle": ["bicycle", "vehicle", "access"],
    "motorcar": ["motorcar", "motor_vehicle", "vehicle", "access"],
}
ALONG, AGAINST, BOTH = (True, False), (False, True), (True, True)
WALKING_METRES_PER_MINUTE = 80.0


def said_of(tags: dict, vehicle: str) -> str:
    """Return what the most particular key with a known value says: open, closed or nothing."""
    for key in CHAIN[vehicle]:
        value = tags.get(key)
        if value in NO:
            return "closed"
        if value in YES:
            return "nothing" if key in ("access", "vehicle") else "open"
    return "nothing"


def one_way(value: str | None) -> tuple[bool, bool] | None:
    if value in ("yes", "true", "1"):
        return ALONG
    if value in ("-1", "reverse"):
        return AGAINST
    return BOTH if value in ("no", "false", "0", "reversible", "alternating") else None


def ways_of_going(tags: dict, mode: dict) -> tuple[bool, bool]:
    """Return whether a mode may go along a way's nodes, and against them."""
    kind, vehicle = tags["highway"], mode["vehicle"]
    general = one_way(tags.get("oneway"))
    if general is None:
        round_about = tags.get("junction") in ("roundabout", "circular")
        general = ALONG if kind == "motorway" or round_about else BOTH
    if vehicle == "foot":
        direction = one_way(tags.get("oneway:foot")) or BOTH
    elif vehicle == "bicycle":
        direction = one_way(tags.get("oneway:bicycle"))
        if direction is None and general != BOTH:
            for side in ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both"):
                lane = tags.get(side, "")
                lane_way = one_way(tags.get(side + ":oneway")) if ":" in side else None
                other_way = lane_way is not None and lane_way != general
                if lane.startswith("opposite") or (other_way and lane not in ("no", "separate")):
                    direction = BOTH
        if direction is None:
            direction = one_way(tags.get("oneway:vehicle")) or general
    else:
        keys = ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle")
        stated = [one_way(tags.get(key)) for key in keys]
        direction = next((s for s in stated if s is not None), general)
    said = said_of(tags, vehicle)
    if said == "closed":
        return False, False
    if said == "open":
        return direction
    if kind == "busway" or tags.get("service") == "emergency_access":
        return False, False
    if tags.get("motorroad") == "yes" and vehicle != "motorcar":
        return False, False
    pushed = tags.get("bicycle") == "dismount" and vehicle == "bicycle"
    if pushed and kind not in FOR_WALKERS:
        return False, False
    return (False, False) if kind in mode["forbidden"] else direction


def limit_kmh(tags: dict) -> float:
    """Return a way's speed limit; only what occurs in the extract: plain numbers."""
    keys = ["maxspeed"]
    if tags.get("oneway") in ("yes", "true", "1") or tags.get("junction") == "roundabout":
        keys = ["maxspeed:forward", "maxspeed"]
    elif "maxspeed" not in tags:
        keys = ["maxspeed:forward", "maxspeed:backward"]
    for key in keys:
        if key in tags:
            return float(tags[key])
    return math.inf


class IndependentRouter:
    """Minutes of one mode over an extract.

    Parameters
    ----------
    path
        An OpenStreetMap file.
    modes_toml
        The figures of the modes.
    mode
        Name of the mode.
    metric_epsg
        A system in metres for snapping.
    """

    def __init__(self, path: Path, modes_toml: Path, mode: str, metric_epsg: int) -> None:
        self.mode = tomllib.loads(modes_toml.read_text("utf-8"))[mode]
        self.to_metres = Transformer.from_crs(4326, metric_epsg, always_xy=True)
        self.graph = nx.DiGraph()
        self.places: dict[int, tuple[float, float]] = {}
        self.stopped: set[int] = set()
        self.copies: dict[int, int] = defaultdict(int)
        segments = []
        for thing in osmium.FileProcessor(str(path)):
            tags = {tag.k: tag.v for tag in thing.tags}
            if thing.is_node():
                self.places[thing.id] = (thing.location.lon, thing.location.lat)
                if "barrier" in tags and self.stops(tags):
                    self.stopped.add(thing.id)
            elif thing.is_way():
                assert tags.get("route") != "ferry", "this plain router knows no ferries"
                segments += self.add(tags, [node.ref for node in thing.nodes])
        self.segments = segments
        ends = [(*self.places[tail[0]], *self.places[head[0]]) for tail, head, *_ in segments]
        x0, y0, x1, y1 = np.array(ends).reshape(-1, 4).T
        self.starts = np.column_stack(self.to_metres.transform(x0, y0))
        self.runs = np.column_stack(self.to_metres.transform(x1, y1)) - self.starts

    def stops(self, tags: dict) -> bool:
        vehicle = self.mode["vehicle"]
        said = said_of(tags, vehicle)
        if said == "nothing":
            return tags["barrier"] in STOPS[vehicle].split()
        return said == "closed"

    def add(self, tags: dict, refs: list[int]) -> list[tuple]:
        """Add a way's segments to the graph, and return them."""
        kind = tags.get("highway")
        if kind not in CLASSES or (tags.get("area") == "yes" and kind not in FOR_WALKERS):
            return []
        along, against = ways_of_going(tags, self.mode)
        if not along and not against:
            return []
        kmh = self.mode["kmh"].get(kind, self.mode["default_kmh"])
        if self.mode["obeys_limits"]:
            kmh = min(kmh, limit_kmh(tags))
        surface = tags.get("surface", "").split(";")[0].strip()
        kmh *= self.mode.get("surface", {}).get(surface, 1.0)
        made = []
        for a, b in pairwise(refs):
            if a not in self.places or b not in self.places:
                continue
            metres = Geod(ellps="WGS84").inv(*self.places[a], *self.places[b])[2]
            tail, head = self.end(a), self.end(b)
            minutes = metres / kmh * 60 / 1000
            made.append(
                (tail, head, minutes if along else math.inf, minutes if against else math.inf)
            )
            for one, other, may in ((tail, head, along), (head, tail, against)):
                known = self.graph.get_edge_data(one, other, {"minutes": math.inf})
                if may and minutes < known["minutes"]:
                    self.graph.add_edge(one, other, minutes=minutes)
        return made

    def end(self, ref: int) -> tuple[int, int]:
        """Return the node at a segment's end: one of its own where a barrier stops the mode."""
        if ref in self.stopped:
            self.copies[ref] += 1
        return ref, self.copies[ref]

    def snap(self, lon: float, lat: float) -> tuple[int, float, float]:
        """Return the nearest segment, where on it (0 to 1), and minutes on foot to it."""
        point = np.array(self.to_metres.transform(lon, lat))
        squared = np.maximum((self.runs**2).sum(axis=1), 1e-12)
        where = np.clip(((point - self.starts) * self.runs).sum(axis=1) / squared, 0, 1)
        away = np.hypot(*(self.starts + where[:, None] * self.runs - point).T)
        nearest = int(away.argmin())
        return nearest, float(where[nearest]), float(away[nearest]) / WALKING_METRES_PER_MINUTE

    def minutes(self, origins: list, destinations: list) -> np.ndarray:
        """Return minutes between points (lon, lat), infinite where there is no way."""
        ends = [self.snap(*point) for point in destinations]
        found = np.full((len(origins), len(destinations)), math.inf)
        for i, point in enumerate(origins):
            segment, where, off_road = self.snap(*point)
            tail, head, along, against = self.segments[segment]
            graph, start = self.graph, "start"
            graph.add_node(start)
            for node, part, minutes in ((head, 1 - where, along), (tail, where, against)):
                if part == 0 or minutes < math.inf:
                    graph.add_edge(start, node, minutes=part * minutes if part else 0.0)
            reached = nx.single_source_dijkstra_path_length(graph, start, weight="minutes")
            graph.remove_node(start)
            for j, (other, there, off_road_there) in enumerate(ends):
                other_tail, other_head, other_along, other_against = self.segments[other]
                least = math.inf
                for node, part, minutes in (
                    (other_tail, there, other_along),
                    (other_head, 1 - there, other_against),
                ):
                    if part == 0 or minutes < math.inf:
                        rest = part * minutes if part else 0.0
                        least = min(least, reached.get(node, math.inf) + rest)
                if other == segment:
                    run = there - where
                    minutes = along if run >= 0 else against
                    direct = abs(run) * minutes if run else 0.0
                    least = min(least, direct)
                found[i, j] = off_road + least + off_road_there
        return found
