"""Whether the stated datum of points fits the roads or the polygons that they belong to.

Points that were geocoded with a web map are often labelled WGS 84 and are GCJ-02 or BD-09. They
then lie some hundred metres off, in one direction. Each hypothesis is measured by how near the
points come to roads and by how many lie in the polygon that they say they belong to.

A shift brings points by chance now nearer to roads, now farther off, and neighbours move together.
So a hypothesis has to win twice: over the stated datum, point by point (sign test), and over
shifts of the same length in other directions, which tell what chance can do in this very place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs.metres import metric_crs
from geodata.crs.offsets import convert_datum
from geodata.findings import Finding

if TYPE_CHECKING:
    from geodata.roads.network import RoadNetwork

FEWEST_POINTS = 20
MOST_POINTS = 1_000
_HYPOTHESES = ("WGS 84", "GCJ-02", "BD-09")
_CHANCE = 1e-4
_DIRECTIONS = 36
_CLEARLY_NEARER = 0.7
_CLEARLY_MORE_INSIDE = 0.02
_BETTER_THAN_CHANCE = 0.85
_SPREAD_PER_SHIFT = 2.0
"""Points that lie closer together than that all move into, or out of, the same street at once."""


@dataclass(frozen=True)
class DatumEvidence:
    """What speaks for which datum.

    Attributes
    ----------
    stated
        The datum that the points are said to be in.
    likely
        The datum that they fit best; None where the evidence is too thin to tell.
    points
        How many points were looked at.
    table
        A row per datum: ``median_metres`` to the nearest road and ``inside_share`` in the polygon
        that each belongs to; NaN where that was not to be had.
    """

    stated: str
    likely: str | None
    points: int
    table: pd.DataFrame

    def finding(self, layer: str) -> Finding | None:
        """Return a warning where another datum than the stated one is likely, else None."""
        if self.likely is None or self.likely == self.stated:
            return None
        there, here = self.table.loc[self.likely], self.table.loc[self.stated]
        values: dict[str, object] = {
            "likely": self.likely,
            "stated": self.stated,
            "points": self.points,
        }
        by_roads, by_areas = pd.notna(there["median_metres"]), pd.notna(there["inside_share"])
        if by_roads:
            values |= {
                "metres_likely": round(there["median_metres"]),
                "metres_stated": round(here["median_metres"]),
            }
        if by_areas:
            values |= {
                "inside_likely": f"{there['inside_share']:.0%}",
                "inside_stated": f"{here['inside_share']:.0%}",
            }
        code = "both" if by_roads and by_areas else "roads" if by_roads else "areas"
        return Finding(f"import.likely_datum_{code}", layer, values=values)


def likely_datum(
    points: gpd.GeoSeries | gpd.GeoDataFrame,
    roads: RoadNetwork | gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    areas: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    *,
    stated: str = "WGS 84",
) -> DatumEvidence:
    """Return which datum points are likely to be in, with the evidence.

    Parameters
    ----------
    points
        Points in degrees as they stand in the file, of a datum that is to be tested.
    roads
        Roads or lines that are known to be in WGS 84 or CGCS2000.
    areas
        Polygons in WGS 84 or CGCS2000, one for each point in the order of the points, or a single
        one for all of them, such as the boundary.
    stated
        The datum that the points are said to be in, one of ``geodata.crs.DATUMS``.

    Returns
    -------
    DatumEvidence
        ``likely`` is None with fewer than 20 points, outside China, without roads and areas, and
        wherever no datum is clearly better than the stated one and than chance, nor the stated one
        than the others.

    Notes
    -----
    If roads and points have the same unstated shift, they agree, and nothing can be found.

    Examples
    --------
    >>> import geodata
    >>> city = geodata.open_city("taicang")
    >>> likely_datum(city.settlements, city.roads).likely
    'WGS 84'
    >>> shown = geodata.crs.shift_datum(city.settlements.geometry, "WGS 84", "GCJ-02")
    >>> likely_datum(shown, city.roads).likely
    'GCJ-02'
    """
    named = "WGS 84" if stated == "CGCS2000" else stated
    shapes = points.geometry.reset_index(drop=True)
    chosen = _sample(len(shapes))
    lon, lat = shapes.x.to_numpy(float)[chosen], shapes.y.to_numpy(float)[chosen]
    table = pd.DataFrame(np.nan, index=list(_HYPOTHESES), columns=["median_metres", "inside_share"])
    thin = DatumEvidence(stated, None, len(chosen), table.rename({"WGS 84": stated}, axis=0))
    if named not in _HYPOTHESES or len(chosen) < FEWEST_POINTS or not np.isfinite(lon).all():
        return thin
    metric = metric_crs(gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326))
    at = {h: _in_metres(*convert_datum(lon, lat, h, "WGS 84"), metric) for h in _HYPOTHESES}
    if any(np.allclose(at[h], at[named], atol=1) for h in _HYPOTHESES if h != named):
        return thin  # outside the area of offsets all datums are one
    measures = []
    if roads is not None:
        measures.append(("median_metres", _distance_to(roads, metric)))
    if areas is not None:
        measures.append(("inside_share", _outside_of(areas, metric, chosen)))
    verdicts = []
    for column, measure in measures:
        badness = {h: measure(xy) for h, xy in at.items()}
        for h, values in badness.items():
            middle = np.median(values) if column == "median_metres" else 1 - values.mean()
            table.loc[h, column] = middle
        verdicts.append(_verdict(named, at, badness, measure, column))
    said = {verdict for verdict in verdicts if verdict is not None}
    likely = said.pop() if len(said) == 1 else None
    shown = table.rename({"WGS 84": stated} if stated == "CGCS2000" else {}, axis=0)
    return DatumEvidence(stated, stated if likely == named else likely, len(chosen), shown)


def _sample(count: int) -> np.ndarray:
    """Return positions of points, all or evenly spread: the same ones every time."""
    if count <= MOST_POINTS:
        return np.arange(count)
    return np.linspace(0, count - 1, MOST_POINTS).astype(int)


def _in_metres(lon: np.ndarray, lat: np.ndarray, metric: object) -> np.ndarray:
    places = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=4326).to_crs(metric)
    return np.column_stack([places.x, places.y])


Measure = Callable[[np.ndarray], np.ndarray]


def _distance_to(roads: Any, metric: object) -> Measure:
    """Return a function: metres from places to the nearest road."""
    frame = roads.to_geodataframe() if hasattr(roads, "to_geodataframe") else roads
    lines = np.asarray(frame.geometry.to_crs(metric).array)
    tree = shapely.STRtree(lines)

    def measure(xy: np.ndarray) -> np.ndarray:
        places = shapely.points(xy)
        return shapely.distance(places, lines[tree.nearest(places)])

    return measure


def _outside_of(
    areas: gpd.GeoSeries | gpd.GeoDataFrame, metric: object, chosen: np.ndarray
) -> Measure:
    """Return a function: 1 where a place lies outside its polygon, else 0."""
    shapes = np.asarray(areas.geometry.to_crs(metric).array)
    own = shapes if len(shapes) == 1 else shapes[chosen]
    shapely.prepare(own)

    def measure(xy: np.ndarray) -> np.ndarray:
        return np.asarray(~shapely.intersects(own, shapely.points(xy)), float)

    return measure


def _verdict(
    stated: str,
    at: dict[str, np.ndarray],
    badness: dict[str, np.ndarray],
    measure: Measure,
    column: str,
) -> str | None:
    """Return the datum that one kind of evidence speaks for, or None."""

    def middle(values: np.ndarray) -> float:
        return float(np.median(values) if column == "median_metres" else values.mean())

    best = min(badness, key=lambda h: (middle(badness[h]), h != stated))
    others = [h for h in badness if h != best] if best == stated else [stated]
    for other in others:
        if not _clearly(middle(badness[best]), middle(badness[other]), column):
            return None
        if _sign_test(badness[best], badness[other]) > _CHANCE:
            return None
    if best != stated and not _beats_chance(at[stated], at[best], badness[best], measure, middle):
        return None
    return best


def _clearly(best: float, other: float, column: str) -> bool:
    if column == "median_metres":
        return best <= _CLEARLY_NEARER * other and other - best > 10
    return other - best >= _CLEARLY_MORE_INSIDE and best <= _CLEARLY_NEARER * other


def _sign_test(better: np.ndarray, worse: np.ndarray) -> float:
    """Return how likely so many points would be better off by chance alone (one-sided)."""
    from scipy.stats import binomtest

    wins, losses = int((better < worse).sum()), int((better > worse).sum())
    if wins + losses == 0:
        return 1.0
    return float(binomtest(wins, wins + losses, alternative="greater").pvalue)


def _beats_chance(
    start: np.ndarray,
    end: np.ndarray,
    values: np.ndarray,
    measure: Measure,
    middle: Callable[[np.ndarray], float],
) -> bool:
    """Return whether no shift of the same length in another direction does nearly as well."""
    shift = end - start
    spread = np.median(np.hypot(*(start - np.median(start, axis=0)).T))
    if spread < _SPREAD_PER_SHIFT * np.median(np.hypot(*shift.T)):
        return False
    reached = middle(values)
    for step in range(3, _DIRECTIONS - 2):  # not those next to the shift itself
        angle = 2 * np.pi * step / _DIRECTIONS
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        if middle(measure(start + shift @ turn)) <= reached / _BETTER_THAN_CHANCE:
            return False
    return True
