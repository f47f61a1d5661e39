"""Roads read from random OpenStreetMap files hold the minutes that a second reading finds.

Ways share nodes, meet themselves, lie against their direction and bear whatever tags; barriers
stand anywhere. The second reading keeps every node and cuts nothing.
"""

from __future__ import annotations

import tempfile
from importlib.resources import files
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata import DataError
from geodata.roads import read_osm
from tests.examples import examples
from tests.oracles.independent_router import IndependentRouter
from tests.unit.geodata.roads.osm_files import write_osm

MODES_TOML = Path(str(files("geodata.roads") / "modes.toml"))
ACCESS = st.sampled_from(["yes", "no", "private", "destination", "designated", "permissive", "?"])
DIRECTION = st.sampled_from(["yes", "no", "-1", "reversible"])
CLASSES = ("residential", "primary", "trunk", "motorway", "busway", "service", "cycleway")
CLASSES += ("pedestrian", "footway", "path", "steps", "proposed")
TAGS = st.fixed_dictionaries(
    {"highway": st.sampled_from(CLASSES)},
    optional={
        "access": ACCESS,
        "vehicle": ACCESS,
        "foot": ACCESS,
        "bicycle": ACCESS | st.sampled_from(["dismount", "use_sidepath"]),
        "motor_vehicle": ACCESS,
        "motorcar": ACCESS,
        "oneway": DIRECTION,
        "oneway:bicycle": DIRECTION,
        "oneway:foot": DIRECTION,
        "oneway:vehicle": DIRECTION,
        "junction": st.sampled_from(["roundabout", "circular"]),
        "cycleway": st.sampled_from(["opposite", "opposite_lane", "lane"]),
        "cycleway:left": st.sampled_from(["lane", "no", "opposite_track"]),
        "cycleway:left:oneway": DIRECTION,
        "maxspeed": st.sampled_from(["10", "30"]),
        "surface": st.sampled_from(["gravel", "asphalt;sand", "mud"]),
        "motorroad": st.just("yes"),
        "service": st.just("emergency_access"),
        "area": st.just("yes"),
    },
)
BARRIER = st.fixed_dictionaries(
    {"barrier": st.sampled_from(["bollard", "gate", "turnstile", "wall", "kerb"])},
    optional={"access": ACCESS, "foot": ACCESS, "motor_vehicle": ACCESS},
)
NODES = 9
PLACES = {n: (121.0 + 0.001 * (n % 3) + 1e-5 * n, 31.0 + 0.001 * (n // 3)) for n in range(NODES)}


def few(tags: st.SearchStrategy[dict]) -> st.SearchStrategy[dict]:
    """Most ways bear few tags; that makes roads that hang together."""
    keep = st.sets(st.integers(0, 20), max_size=3)
    return st.builds(
        lambda drawn, kept: {
            key: value
            for number, (key, value) in enumerate(drawn.items())
            if key == "highway" or number in kept
        },
        tags,
        keep,
    )


WAYS = st.lists(
    st.tuples(st.lists(st.integers(0, NODES - 1), min_size=2, max_size=6), few(TAGS)),
    min_size=1,
    max_size=7,
)


@settings(max_examples=examples(25), deadline=None)
@given(
    ways=WAYS,
    barriers=st.dictionaries(st.integers(0, NODES - 1), BARRIER, max_size=2),
    mode=st.sampled_from(["walk", "bicycle", "e_bike", "car"]),
)
def test_minutes_between_nodes_equal_a_reading_that_cuts_nothing(ways, barriers, mode):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.osm"
        numbered = dict(enumerate(ways, start=1))
        write_osm(path, numbered, places=PLACES, node_tags=barriers)
        router = IndependentRouter(path, MODES_TOML, mode, 4549)
        try:
            graph = read_osm(path).to_networkx(mode)
        except DataError:
            assert router.graph.number_of_edges() == 0 or all(
                a[0] == b[0] for a, b in router.graph.edges
            )
            return
    at = sorted(node for node in graph if node >= 0 and node not in barriers)
    for start in at:
        found = nx.single_source_dijkstra_path_length(graph, start, weight="minutes")
        expected = nx.single_source_dijkstra_path_length(router.graph, (start, 0), weight="minutes")
        there = {node: minutes for (node, _), minutes in expected.items() if node in at}
        assert {n: m for n, m in found.items() if n in at} == pytest.approx(there, abs=1e-4)
