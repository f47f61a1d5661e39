"""Noding: where drawn lines meet.

Lines meet where an end of one is at an end or at a vertex of another, and where both have a vertex
at the very same place: who draws or exports streets gives crossing streets a common vertex, and
leaves it out where one passes over the other. Lines that merely cross meet on request.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

SAME_PLACE_METRES = 0.001


@dataclass(frozen=True)
class Noded:
    """Lines cut where they meet.

    Attributes
    ----------
    lines
        The pieces, in the lines' system, shape (m,).
    line_of
        Position of the line that each is a piece of, shape (m,).
    tails, heads
        Positions of the nodes where each begins and ends, shape (m,).
    places
        Coordinates of the nodes, shape (n, 2).
    """

    lines: np.ndarray
    line_of: np.ndarray
    tails: np.ndarray
    heads: np.ndarray
    places: np.ndarray


def node_lines(
    lines: np.ndarray,
    level: np.ndarray,
    *,
    snap_metres: float,
    at_crossings: bool,
) -> Noded:
    """Return lines cut where they meet.

    Parameters
    ----------
    lines
        LineStrings in metres, shape (n,).
    level
        Lines of different levels (bridges, tunnels) meet at ends alone, shape (n,).
    snap_metres
        Ends this near to an end or a vertex of another line are taken to be at it (and to a line,
        if ``at_crossings``).
    at_crossings
        Whether lines of one level meet wherever they cross or touch.
    """
    # A vertex that is drawn twice in a row is no crossing of a line with itself.
    lines = shapely.remove_repeated_points(lines, SAME_PLACE_METRES)
    if at_crossings:
        lines = _with_crossings(lines, level, snap_metres)
    counts = shapely.get_num_coordinates(lines)
    starts = np.concatenate([[0], np.cumsum(counts)])
    places = shapely.get_coordinates(lines)
    line_of = np.repeat(np.arange(len(lines)), counts)
    is_end = np.zeros(len(places), bool)
    is_end[starts[:-1]] = is_end[starts[1:] - 1] = True
    group = _groups(places, line_of, is_end, level[line_of], snap_metres)
    cut = is_end | (np.bincount(group)[group] > 1)
    cuts = np.flatnonzero(cut)
    same_line = line_of[cuts[:-1]] == line_of[cuts[1:]]
    first, last = cuts[:-1][same_line], cuts[1:][same_line]
    _, at, number = np.unique(group[cuts], return_index=True, return_inverse=True)
    node_of = np.zeros(len(places), np.int64)
    node_of[cuts] = number
    node_places = places[cuts[at]]
    pieces = _pieces(places, first, last, node_of, node_places)
    tails, heads = node_of[first], node_of[last]
    # What lies within one node is no road.
    real = (tails != heads) | (shapely.length(pieces) > 2 * snap_metres)
    real &= shapely.length(pieces) > 0
    used, ends = np.unique(np.concatenate([tails[real], heads[real]]), return_inverse=True)
    count = int(real.sum())
    return Noded(pieces[real], line_of[first][real], ends[:count], ends[count:], node_places[used])


def _groups(
    places: np.ndarray,
    line_of: np.ndarray,
    is_end: np.ndarray,
    level: np.ndarray,
    snap_metres: float,
) -> np.ndarray:
    """Return a number for each vertex, the same for vertices that are one node."""
    tree = cKDTree(places)
    same = tree.query_pairs(SAME_PLACE_METRES, output_type="ndarray")
    same = same[(level[same[:, 0]] == level[same[:, 1]]) | is_end[same].all(axis=1)]
    ends = np.flatnonzero(is_end)
    near = cKDTree(places[ends]).sparse_distance_matrix(
        tree, max(snap_metres, SAME_PLACE_METRES), output_type="coo_matrix"
    )
    one, other = ends[near.row], near.col
    meet = (line_of[one] != line_of[other]) & (is_end[other] | (level[one] == level[other]))
    one = np.concatenate([one[meet], same[:, 0]])
    other = np.concatenate([other[meet], same[:, 1]])
    links = coo_array((np.ones(len(one), bool), (one, other)), shape=(len(places),) * 2)
    return connected_components(links, directed=False)[1]


def _pieces(
    places: np.ndarray,
    first: np.ndarray,
    last: np.ndarray,
    node_of: np.ndarray,
    node_places: np.ndarray,
) -> np.ndarray:
    """Return the lines between cuts, their ends moved onto the nodes."""
    counts = last - first + 1
    starts = np.concatenate([[0], np.cumsum(counts)])
    take = np.arange(starts[-1]) + np.repeat(first - starts[:-1], counts)
    drawn = places[take]
    drawn[starts[:-1]] = node_places[node_of[first]]
    drawn[starts[1:] - 1] = node_places[node_of[last]]
    return np.asarray(shapely.linestrings(drawn, indices=np.repeat(np.arange(len(first)), counts)))


def _with_crossings(lines: np.ndarray, level: np.ndarray, snap_metres: float) -> np.ndarray:
    """Return the lines with a vertex wherever two of one level cross or touch."""
    tree = shapely.STRtree(lines)
    one, other = tree.query(lines, predicate="intersects")
    pair = (one < other) & (level[one] == level[other])
    one, other = one[pair], other[pair]
    meeting = shapely.intersection(lines[one], lines[other])
    points, pair_of = shapely.get_coordinates(meeting, return_index=True)
    at = [(one[pair_of], points), (other[pair_of], points)]
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    end_of = np.tile(np.arange(len(lines)), 2)
    end, touched = tree.query(ends, predicate="dwithin", distance=snap_metres)
    touch = (end_of[end] != touched) & (level[end_of[end]] == level[touched])
    end, touched = end[touch], touched[touch]
    foot = shapely.line_interpolate_point(
        lines[touched], shapely.line_locate_point(lines[touched], ends[end])
    )
    at.append((touched, shapely.get_coordinates(foot)))
    return _with_vertices(
        lines, np.concatenate([line for line, _ in at]), np.concatenate([xy for _, xy in at])
    )


def _with_vertices(lines: np.ndarray, line: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return lines with vertices put in at points that lie on them."""
    drawn, of = shapely.get_coordinates(lines, return_index=True)
    step = np.zeros(len(drawn))
    step[1:] = np.hypot(*(drawn[1:] - drawn[:-1]).T)
    starts = np.searchsorted(of, np.arange(len(lines)))
    run = np.cumsum(step)
    along = run - run[starts][of]
    new = shapely.line_locate_point(lines[line], shapely.points(points))
    of, along = np.concatenate([of, line]), np.concatenate([along, new])
    drawn = np.concatenate([drawn, points])
    order = np.lexsort((along, of))
    of, along, drawn = of[order], along[order], drawn[order]
    added = order >= len(order) - len(line)
    close = np.zeros(len(of), bool)
    near = (of[1:] == of[:-1]) & (np.abs(along[1:] - along[:-1]) <= SAME_PLACE_METRES / 2)
    close[1:] |= near & added[1:]
    close[:-1] |= near & added[:-1] & ~added[1:]
    return np.asarray(shapely.linestrings(drawn[~close], indices=of[~close]))
