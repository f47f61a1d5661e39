"""The plan of Taicang against other methods: networkx for travel, enumeration for sites."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
import shapely
from scipy.spatial import cKDTree

import planner
from planner import coverage, siting
from planner.sites import available_sites

TOWNS = ["320585100", "320585102", "320585105", "320585402"]


@pytest.fixture(scope="module")
def standard():
    return planner.Standard.load("taicang-2013")


@pytest.fixture(scope="module")
def to_halls(taicang, standard):
    return coverage.access(
        taicang, standard, "community", coverage.open_halls(taicang, "community")
    )


@pytest.fixture(scope="module")
def to_sites(taicang, standard):
    return coverage.access(taicang, standard, "community", available_sites(taicang))


@pytest.fixture(scope="module")
def streets(taicang):
    """The roads as a networkx graph of metres, and where its nodes are."""
    tables = taicang.tables()
    edges, nodes = tables["road_edges"], tables["road_nodes"]
    graph = nx.Graph()
    graph.add_weighted_edges_from(
        zip(edges["from_node"], edges["to_node"], edges["length_m"], strict=True)
    )
    return graph, cKDTree(shapely.get_coordinates(nodes.geometry.array)), nodes["node_id"]


def test_walking_minutes_equal_networkx(taicang, to_halls, streets):
    graph, tree, node_ids = streets
    halls = coverage.open_halls(taicang, "community")
    at = node_ids.iloc[tree.query(shapely.get_coordinates(halls.geometry.array))[1]].tolist()
    settlements = taicang.settlements
    home = node_ids.iloc[tree.query(shapely.get_coordinates(settlements.geometry.array))[1]]
    minutes = to_halls.travel.minutes
    for row in range(0, len(settlements), 23):
        metres = nx.single_source_dijkstra_path_length(graph, home.iloc[row], weight="weight")
        columns = minutes.indices[minutes.indptr[row] : minutes.indptr[row + 1]]
        ours = minutes.data[minutes.indptr[row] : minutes.indptr[row + 1]]
        theirs = [metres[at[column]] / (4800 / 60) for column in columns]
        # Settlements and halls stand on nodes, but for the rounding of coordinates (0.1 m).
        np.testing.assert_allclose(ours, theirs, atol=0.02)
        limit = 6 * 15
        within = sum(metres[node] / 80 < limit - 0.02 for node in at)
        assert len(columns) >= within


def parts(taicang, to_halls, to_sites, town):
    """Return reach of a town's open halls and its sites, residents, and costs of its sites."""
    communities = taicang.communities.set_index("code")["town_code"]
    people = taicang.settlements
    mine = (people["community_code"].map(communities) == town).to_numpy()
    sites = available_sites(taicang)
    ours = (sites["community_code"].map(communities) == town).to_numpy()
    served = to_halls.reach().sum(axis=1)[mine] > 0
    reach = to_sites.reach()[mine][:, np.flatnonzero(ours)].toarray()
    residents = people["residents"].to_numpy()[mine]
    return served, reach, residents


@pytest.mark.parametrize("town", TOWNS)
@pytest.mark.parametrize("p", [1, 2, 3])
def test_mclp_equals_enumeration(taicang, to_halls, to_sites, town, p):
    served, reach, residents = parts(taicang, to_halls, to_sites, town)
    useful = np.flatnonzero((reach & ~served[:, None]).any(axis=0))
    best = max(
        residents[served | reach[:, list(sites)].any(axis=1)].sum()
        for sites in combinations(useful, p)
    )
    whole = np.column_stack([served, reach])
    answer = siting.max_coverage(whole, p=p, weights=residents, fixed=[0])
    assert answer.status == "optimal"
    assert answer.objective == answer.bound == best


@pytest.mark.parametrize("town", TOWNS)
def test_lscp_equals_enumeration(taicang, to_halls, to_sites, town):
    served, reach, _ = parts(taicang, to_halls, to_sites, town)
    rows = np.flatnonzero(~served & reach.any(axis=1))[:10]
    sub = reach[rows]
    useful = np.flatnonzero(sub.any(axis=0))
    fewest = next(
        size
        for size in range(1, len(useful) + 1)
        if any(sub[:, list(sites)].any(axis=1).all() for sites in combinations(useful, size))
    )
    answer = siting.set_cover(sub)
    assert answer.status == "optimal"
    assert len(answer.sites) == answer.objective == fewest


def test_served_residents_are_counted_again_from_the_map_of_minutes(taicang, taicang_plan):
    settlements = taicang_plan.settlements
    now = settlements["minutes_before"] <= 15
    assert settlements["residents"][now].sum() == taicang_plan.summary["served_before"]
    then = settlements["minutes_after"] <= 15
    assert settlements["residents"][then].sum() == taicang_plan.summary["served_after"]
    assert taicang_plan.gaps["residents_unserved"].sum() == settlements["residents"][~now].sum()


def test_no_settlement_is_lost(taicang, taicang_plan):
    assert len(taicang_plan.settlements) == len(taicang.settlements)
    assert taicang_plan.gaps["residents"].sum() == taicang.communities["residents"].sum()


@pytest.mark.slow
def test_other_standard_other_answer(taicang):
    plan = planner.make_plan(taicang, planner.Standard.load("national-14fyp"), new_halls=3)
    assert plan.summary["status"] == "optimal"
    assert len(plan.recommendations) == 3
