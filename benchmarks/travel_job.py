"""One travel-time job by one tool in a process of its own: prints what it took as JSON.

Arguments: tool, job (walk or drive), nodes (or the name of a real extract), origins, and for walk
a limit in minutes.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from benchmarks.road_like import road_like
from geodata.roads import TICKS_PER_MINUTE, ModeGraph, Snapped

WALK_MINUTES = 38.0
DESTINATIONS = 10_000
PANDANA_NEVER = 1e6
Answer = tuple[float, float, int]
"""Sum of the minutes found, of how many pairs, and bytes of the answer."""


def at_nodes(graph: ModeGraph, nodes: np.ndarray) -> Snapped:
    """Return nodes as points that stand on them."""
    road = np.empty(graph.node_count, np.int64)
    fraction = np.empty(graph.node_count)
    for ends, where in ((graph.heads, 1.0), (graph.tails, 0.0)):
        road[ends], fraction[ends] = np.arange(len(ends)), where
    return Snapped(pd.RangeIndex(len(nodes)), road[nodes], fraction[nodes], np.zeros(len(nodes)))


def within(found: np.ndarray, limit: float) -> np.ndarray:
    """Return the minutes within a limit; tools say never by infinity or the greatest number."""
    return found[found <= min(limit * (1 + 1e-9), 1e12)]


class Tool:
    """Prepares a graph once, then answers for some origins."""

    def __init__(self, graph: ModeGraph) -> None:
        self.graph = graph
        self.minutes = graph.ticks / TICKS_PER_MINUTE
        self.tails = np.repeat(np.arange(graph.node_count), np.diff(graph.indptr))

    def answer(self, origins: np.ndarray, ends: np.ndarray, limit: float) -> Answer:
        """Return minutes from origins to ends within a limit, as an Answer."""
        rows = (self.row(origin, limit)[ends] for origin in origins)
        near = [within(row, limit) for row in rows]
        return sum(r.sum() for r in near), sum(len(r) for r in near), 0

    def row(self, origin: int, limit: float) -> np.ndarray:
        """Return minutes from one origin to all nodes; infinite beyond the limit."""
        raise NotImplementedError


class Ours(Tool):
    """The product."""

    settled = 0.0

    def __init__(self, graph: ModeGraph) -> None:
        self.graph = graph

    def answer(self, origins: np.ndarray, ends: np.ndarray, limit: float) -> Answer:
        from planner.travel import minutes_between

        start, end = at_nodes(self.graph, origins), at_nodes(self.graph, ends)
        rows = minutes_between(self.graph, start, end, limit)
        found = rows.minutes
        size = found.data.nbytes + found.indices.nbytes + found.indptr.nbytes
        self.settled = rows.settled / len(origins)
        print(f"{rows.method}, {self.settled:,.0f} settled an origin", file=sys.stderr)
        return float(found.data.sum(dtype=float)), found.nnz, size


class Scipy(Tool):
    """scipy.sparse.csgraph.dijkstra, for a hundred origins at a time."""

    def __init__(self, graph: ModeGraph) -> None:
        self.graph = graph
        minutes = graph.ticks / TICKS_PER_MINUTE
        self.matrix = csr_array(
            (minutes, graph.indices, graph.indptr), shape=(graph.node_count,) * 2
        )

    def answer(self, origins: np.ndarray, ends: np.ndarray, limit: float) -> Answer:
        from scipy.sparse.csgraph import dijkstra

        total, pairs = 0.0, 0
        for some in np.array_split(origins, max(len(origins) // 100, 1)):
            found = dijkstra(self.matrix, indices=some, limit=limit)[:, ends]
            near = within(found, limit)
            total, pairs = total + near.sum(), pairs + len(near)
        return total, pairs, 0


class ScipyByRow(Scipy):
    """The same, one origin at a time: only one dense row is filled again and again."""

    def answer(self, origins: np.ndarray, ends: np.ndarray, limit: float) -> Answer:
        return Tool.answer(self, origins, ends, limit)

    def row(self, origin: int, limit: float) -> np.ndarray:
        from scipy.sparse.csgraph import dijkstra

        return dijkstra(self.matrix, indices=int(origin), limit=limit)


class Networkx(Tool):
    """networkx, in Python."""

    def __init__(self, graph: ModeGraph) -> None:
        super().__init__(graph)
        import networkx as nx

        self.roads = nx.DiGraph()
        self.roads.add_nodes_from(range(graph.node_count))
        arcs = zip(self.tails.tolist(), graph.indices.tolist(), self.minutes.tolist(), strict=True)
        self.roads.add_weighted_edges_from(arcs, weight="minutes")

    def row(self, origin: int, limit: float) -> np.ndarray:
        import networkx as nx

        found = nx.single_source_dijkstra_path_length(
            self.roads, int(origin), cutoff=limit, weight="minutes"
        )
        row = np.full(self.graph.node_count, np.inf)
        row[list(found)] = list(found.values())
        return row


class Igraph(Tool):
    """python-igraph; it has no limit of cost."""

    def __init__(self, graph: ModeGraph) -> None:
        super().__init__(graph)
        import igraph

        arcs = np.column_stack([self.tails, graph.indices])
        self.roads = igraph.Graph(n=graph.node_count, edges=arcs, directed=True)

    def answer(self, origins: np.ndarray, ends: np.ndarray, limit: float) -> Answer:
        targets, back = np.unique(ends, return_inverse=True)
        found = np.array(
            self.roads.distances(origins.tolist(), targets.tolist(), weights=self.minutes)
        )[:, back]
        near = within(found, limit)
        return near.sum(), len(near), 0


class Networkit(Tool):
    """networkit, all cores; it has no limit of cost."""

    def __init__(self, graph: ModeGraph) -> None:
        super().__init__(graph)
        import networkit

        arcs = (self.minutes, (self.tails, graph.indices.astype(np.int64)))
        self.roads = networkit.GraphFromCoo(arcs, n=graph.node_count, weighted=True, directed=True)

    def answer(self, origins: np.ndarray, ends: np.ndarray, limit: float) -> Answer:
        import networkit

        targets, back = np.unique(ends, return_inverse=True)
        search = networkit.distance.SPSP(self.roads, origins.tolist(), targets.tolist())
        search.run()
        found = np.asarray(search.getDistances())[:, back]
        near = within(found, limit)
        return near.sum(), len(near), 0


class Rustworkx(Tool):
    """rustworkx; it has no limit of cost."""

    def __init__(self, graph: ModeGraph) -> None:
        super().__init__(graph)
        import rustworkx

        self.roads = rustworkx.PyDiGraph()
        self.roads.add_nodes_from(range(graph.node_count))
        self.roads.add_edges_from_no_data(
            list(zip(self.tails.tolist(), graph.indices.tolist(), strict=True))
        )
        for edge, minutes in enumerate(self.minutes.tolist()):
            self.roads.update_edge_by_index(edge, minutes)

    def row(self, origin: int, limit: float) -> np.ndarray:
        import rustworkx

        found = rustworkx.dijkstra_shortest_path_lengths(self.roads, int(origin), float)
        row = np.full(self.graph.node_count, np.inf)
        row[list(found.keys())] = list(found.values())
        row[origin] = 0.0
        return row


class Pandana(Tool):
    """pandana: contraction hierarchies, all cores."""

    def __init__(self, graph: ModeGraph) -> None:
        super().__init__(graph)
        import pandana

        nothing = np.zeros(graph.node_count)
        self.roads = pandana.Network(
            nothing,
            nothing,
            self.tails,
            graph.indices.astype(np.int64),
            pd.DataFrame({"minutes": self.minutes}),
            twoway=False,
        )

    def answer(self, origins: np.ndarray, ends: np.ndarray, limit: float) -> Answer:
        if limit < np.inf:
            found = self.roads.nodes_in_range(origins.tolist(), limit, "minutes")
            wanted = np.bincount(ends, minlength=self.graph.node_count)
            times = wanted[found["destination"].to_numpy()]
            return float((found["minutes"] * times).sum()), int(times.sum()), 0
        pairs = np.repeat(origins, len(ends)), np.tile(ends, len(origins))
        found = np.asarray(self.roads.shortest_path_lengths(*pairs, imp_name="minutes"))
        found = found[found < PANDANA_NEVER]
        return float(found.sum()), len(found), 0


TOOLS: dict[str, Callable[[ModeGraph], Tool]] = {
    "ours": Ours,
    "scipy": Scipy,
    "scipy_by_row": ScipyByRow,
    "networkx": Networkx,
    "igraph": Igraph,
    "networkit": Networkit,
    "rustworkx": Rustworkx,
    "pandana": Pandana,
}


def main() -> None:
    tool, job, where, count = *sys.argv[1:4], int(sys.argv[4])
    limit = np.inf if job == "drive" else float(sys.argv[5]) if sys.argv[5:] else WALK_MINUTES
    if tool == "ours":
        _compile(limit)
    graph = _graph(where, job)
    rng = np.random.default_rng(1)
    ends = rng.integers(0, graph.node_count, DESTINATIONS)
    origins = rng.integers(0, graph.node_count, count)
    before = forget_peak()
    started = time.perf_counter()
    prepared = TOOLS[tool](graph)
    ready = time.perf_counter()
    _, pairs, size = prepared.answer(origins, ends, limit)
    ended = time.perf_counter()
    after = memory_kib("VmHWM")
    check, checked, _ = prepared.answer(origins[:2], ends, limit)
    arrays = (graph.indptr, graph.indices, graph.ticks, graph.edge, graph.tails, graph.heads)
    print(
        json.dumps(
            {
                "prepare_s": ready - started,
                "answer_s": ended - ready,
                "pairs": pairs,
                "first_two_minutes": check,
                "first_two_pairs": checked,
                "nodes": graph.node_count,
                "settled": getattr(prepared, "settled", None),
                "answer_mib": size / 2**20,
                "graph_mib": sum(a.nbytes for a in (*arrays, graph.forward, graph.backward))
                / 2**20,
                "grown_mib": (after - before) / 1024,
            }
        )
    )


def forget_peak() -> int:
    """Make the peak of memory begin anew; return the memory in use, in KiB."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory_kib("VmRSS")


def memory_kib(name: str) -> int:
    """Return a figure of /proc/self/status."""
    (line,) = re.findall(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M)
    return int(line)


def _graph(where: str, job: str) -> ModeGraph:
    """Return a road-like graph of so many nodes, or the real streets of a name."""
    if where.isdigit():
        return road_like(int(where), driving=job == "drive")
    from geodata.cities import porto_alegre

    return porto_alegre.roads().graph("car" if job == "drive" else "walk")


def _compile(limit: float) -> None:
    """Compile on a small graph, or load what was compiled before."""
    started = time.perf_counter()
    graph = road_like(5_000, driving=False)
    some = np.arange(50)
    for method in ("search", "hierarchy"):
        from planner.travel import minutes_between

        start = at_nodes(graph, some)
        minutes_between(graph, start, start, limit, method=method)
    print(f"compiled or loaded in {time.perf_counter() - started:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
