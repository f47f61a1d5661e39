"""Population of towns or of a grid brought to communities, with totals kept.

Each source's persons are shared among the targets that it meets, in proportion to

- areal: the area that they have in common, as if residents were spread evenly (Goodchild & Lam
  1980);
- dasymetric by classes: Σ over classes of the density of a class × the area of it that they have
  in common (Wright 1936; Mennis 2003);
- dasymetric by points: the weight of the buildings or settlements within both.

What leaves a source arrives, to the person (the pycnophylactic property, Tobler 1979): in the
targets, or, where a source reaches over the border, outside them. Areas are measured in a Lambert
azimuthal equal-area projection around the data, never in degrees.

References
----------
Goodchild, M. F. & Lam, N. S.-N. (1980), Areal interpolation: a variant of the traditional spatial
problem, Geo-Processing 1, 297-312. Mennis, J. (2003), Generating surface models of population
using dasymetric mapping, The Professional Geographer 55, 31-42. Tobler, W. R. (1979), Smooth
pycnophylactic interpolation for geographical regions, Journal of the American Statistical
Association 74, 519-530. Wright, J. K. (1936), A method of mapping densities of population,
Geographical Review 26, 103-110.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geodata.errors import DataError
from geodata.findings import Finding
from geodata.linking.apportion import largest_remainder
from geodata.linking.weights import (
    SLIVER,
    Pieces,
    area_pieces,
    class_weights,
    point_pieces,
    point_weights,
)

Method = Literal["areal", "classes", "points"]
Beyond = Literal["keep", "leave"]


@dataclass(frozen=True)
class Spread:
    """Persons by target.

    Attributes
    ----------
    table
        The target's key and the counts: a row per target, in the order of the layer. Whole
        numbers.
    outside
        Source key, ``share`` (of its weight that lies in no target) and the counts that were left
        outside: the sources of which anything does.
    pieces
        Source key, target key, ``weight`` and ``share`` of the source's weight: what the counts
        were shared by.
    method
        ``"areal"``, ``"classes"`` or ``"points"``.
    findings
        Sources outside all targets, sources without weight, targets that overlap.
    """

    table: pd.DataFrame
    outside: pd.DataFrame
    pieces: pd.DataFrame
    method: Method
    findings: tuple[Finding, ...]


def spread(
    sources: gpd.GeoDataFrame,
    targets: gpd.GeoDataFrame,
    counts: Sequence[str],
    *,
    method: Method = "areal",
    by: gpd.GeoDataFrame | None = None,
    weight: str = "weight",
    beyond: Beyond = "keep",
    source_key: str = "code",
    target_key: str = "code",
    label: str = "sources",
) -> Spread:
    """Return the persons of each target, from those of sources that are drawn otherwise.

    Parameters
    ----------
    sources
        Where persons are counted: polygons (towns, the cells of a grid) or points (the middles
        of cells: each goes whole to the target that it lies in).
    targets
        Polygons to bring them to, such as ``city.communities``.
    counts
        Columns of the sources: persons or households, 0 or more.
    method
        ``"areal"``; ``"classes"`` and ``"points"`` are dasymetric and need ``by``.
    by
        Polygons of land-use classes, or points of buildings or settlements.
    weight
        Column of ``by``: persons per area of a class in any unit (0 where nobody lives, 1 and 0
        for the binary method); or floor area, dwellings or residents of a point.
    beyond
        What becomes of the part of a source that lies in no target. ``"keep"``: its persons are
        given to the source's targets (borders that were drawn differently). ``"leave"``: they
        stay outside (a grid that reaches over the border). A source that meets no target at all
        stays outside either way; less than 0.1 % of one is drawing error and never does.
    source_key, target_key
        Columns with the keys.
    label
        What to call the sources in findings.

    Returns
    -------
    Spread
        For each count: Σ table + Σ outside = Σ sources.

    Raises
    ------
    DataError
        If a column or coordinate system is missing, a geometry is broken or of the wrong kind, a
        key occurs twice, a count or weight is negative or missing, or there is nothing to spread.

    Notes
    -----
    Where all counts of a column are whole, each source's persons are shared in whole numbers by
    largest remainder. Where some are not (a modelled grid), targets are summed in fractions and
    the rounded total is shared among them by largest remainder. A source without weight (no
    building in it) is shared by area, and reported.

    Examples
    --------
    >>> from shapely import box
    >>> town = gpd.GeoDataFrame({"code": ["T"], "residents": [100]}, geometry=[box(0, 0, 3, 1)])
    >>> parts = gpd.GeoDataFrame({"code": ["A", "B"]}, geometry=[box(0, 0, 1, 1), box(1, 0, 3, 1)])
    >>> metres = {"crs": 4549, "allow_override": True}
    >>> found = spread(town.set_crs(**metres), parts.set_crs(**metres), ["residents"])
    >>> found.table["residents"].tolist()
    [33, 67]
    """
    if (by is None) != (method == "areal"):
        raise DataError("spread_by_what", label, method=method)
    points = _check_shapes(sources, label, ("Polygon", "MultiPolygon", "Point"))
    if points and by is not None:
        raise DataError("spread_points_whole", label)
    _check_shapes(targets, "targets", ("Polygon", "MultiPolygon"))
    names = [
        _checked_keys(sources, source_key, label),
        _checked_keys(targets, target_key, "targets"),
    ]
    numbers = {column: _checked_numbers(sources, column, label) for column in counts}
    crs = _equal_area(sources, targets)
    from_shapes, to_shapes = (np.asarray(f.to_crs(crs).geometry.array) for f in (sources, targets))
    if points:
        pieces, findings = point_pieces(from_shapes, to_shapes), []
    else:
        pieces = area_pieces(from_shapes, to_shapes)
        findings = _overlaps(pieces)
    if by is not None:
        weighted = _weighted(pieces, method, by, weight, from_shapes, to_shapes, crs)
        pieces, without = pieces.replaced_by(weighted)
        findings += [
            Finding("spread_without_weight", label, int(at) + 1, names[0][at]) for at in without
        ]
    pieces = pieces.bounded(keep=beyond == "keep")
    shared = {column: _shared(pieces, values) for column, values in numbers.items()}
    findings += _left_outside(pieces, names[0], numbers, label)
    table = pd.DataFrame({target_key: names[1], **{c: inside for c, (inside, _) in shared.items()}})
    outside = _outside(pieces, names[0], source_key, {c: out for c, (_, out) in shared.items()})
    return Spread(table, outside, _listed(pieces, names), method, tuple(findings))


def _outside(
    pieces: Pieces, keys: list[str], source_key: str, counts: dict[str, np.ndarray]
) -> pd.DataFrame:
    left = np.flatnonzero(pieces.outside > 0)
    columns = {column: out[left] for column, out in counts.items()}
    share = pieces.outside_share()[left]
    return pd.DataFrame({source_key: [keys[at] for at in left], "share": share, **columns})


def _check_shapes(frame: gpd.GeoDataFrame, label: str, kinds: tuple[str, ...]) -> bool:
    """Return whether the layer consists of points."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame._geometry_column_name not in frame.columns:
        raise DataError("missing_geometry", label)
    if frame.crs is None:
        raise DataError("missing_crs", label)
    if len(frame) == 0:
        raise DataError("empty_layer", label)
    shapes = np.asarray(frame.geometry.array)
    for at, shape in enumerate(shapes):
        if shape is None or shape.is_empty:
            raise DataError("empty_geometry", label, at + 1)
        if shape.geom_type not in kinds:
            expected = " / ".join(kinds)
            raise DataError(
                "wrong_geometry", label, at + 1, found=shape.geom_type, expected=expected
            )
    bad = np.flatnonzero(~np.isfinite(shapely.bounds(shapes)).all(axis=1))
    if len(bad):
        raise DataError("not_finite_geometry", label, int(bad[0]) + 1)
    bad = np.flatnonzero(~shapely.is_valid(shapes))
    if len(bad):
        reason = shapely.is_valid_reason(shapes[bad[0]])
        raise DataError("broken_geometry", label, int(bad[0]) + 1, reason=reason)
    of_points = frame.geom_type.eq("Point").to_numpy()
    if of_points.any() and not of_points.all():
        at = int(np.flatnonzero(of_points != of_points[0])[0])
        found = shapes[at].geom_type
        raise DataError("wrong_geometry", label, at + 1, found=found, expected=shapes[0].geom_type)
    return bool(of_points.all())


def _checked_keys(frame: gpd.GeoDataFrame, column: str, label: str) -> list[str]:
    if column not in frame.columns:
        raise DataError("missing_column", label, column=column)
    twice = np.flatnonzero(frame[column].duplicated())
    if len(twice):
        at = int(twice[0])
        raise DataError("duplicate_key", label, at + 1, column=column, value=frame[column].iloc[at])
    return frame[column].astype(str).tolist()


def _checked_numbers(frame: gpd.GeoDataFrame, column: str, label: str) -> np.ndarray:
    if column not in frame.columns:
        raise DataError("missing_column", label, column=column)
    given = frame[column].reset_index(drop=True)
    values = pd.to_numeric(given, errors="coerce").to_numpy(float, na_value=np.nan)
    wrong = np.flatnonzero(~((values >= 0) & np.isfinite(values)))
    if len(wrong):
        at = int(wrong[0])
        code = "missing_value" if pd.isna(given[at]) else "not_count"
        raise DataError(code, label, at + 1, column=column, value=str(given[at]))
    return values


def _equal_area(sources: gpd.GeoDataFrame, targets: gpd.GeoDataFrame) -> CRS:
    """Return an equal-area projection around the targets; areas in it are true everywhere."""
    degrees = targets.geometry.to_crs(4326)
    west, south, east, north = degrees.total_bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    for label, frame in (("sources", sources), ("targets", targets)):
        bounds = frame.total_bounds
        if frame.crs.is_geographic and (np.abs(bounds) > 360).any():
            raise DataError("not_degrees", label, x=f"{bounds[0]:.6g}", y=f"{bounds[1]:.6g}")
    return CRS.from_proj4(f"+proj=laea +lon_0={lon:.6f} +lat_0={lat:.6f} +datum=WGS84 +units=m")


def _weighted(
    pieces: Pieces,
    method: Method,
    by: gpd.GeoDataFrame,
    weight: str,
    from_shapes: np.ndarray,
    to_shapes: np.ndarray,
    crs: CRS,
) -> Pieces:
    wanted = ("Point",) if method == "points" else ("Polygon", "MultiPolygon")
    _check_shapes(by, "by", wanted)
    weights = _checked_numbers(by, weight, "by")
    shapes = np.asarray(by.to_crs(crs).geometry.array)
    if method == "points":
        return point_weights(shapes, weights, from_shapes, to_shapes)
    return class_weights(pieces, shapes, weights, from_shapes)


def _shared(pieces: Pieces, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return persons by target, and those left outside by source."""
    count = len(values)
    group = np.concatenate([pieces.source, np.arange(count)])
    weights = np.concatenate([pieces.weight, pieces.outside])
    if (values == np.floor(values)).all():
        parts = largest_remainder(weights, group, values.astype(np.int64))
        inside, out = parts[: len(pieces.source)], parts[len(pieces.source) :]
        by_target = np.zeros(pieces.targets, np.int64)
        np.add.at(by_target, pieces.target, inside)
        return by_target, out
    sums = np.bincount(group, weights, count)
    fractions = values[group] * weights / sums[group]
    inside, out = fractions[: len(pieces.source)], fractions[len(pieces.source) :]
    ends = np.concatenate([np.bincount(pieces.target, inside, pieces.targets), out])
    total = np.array([round(float(values.sum()))])
    whole = largest_remainder(ends, np.zeros(len(ends), int), total)
    return whole[: pieces.targets], whole[pieces.targets :]


def _overlaps(pieces: Pieces) -> list[Finding]:
    """Report targets that lie over one another: their sources' persons would count them twice."""
    inside = np.bincount(pieces.source, pieces.weight, len(pieces.outside))
    over = inside > pieces.total * (1 + SLIVER)
    if not over.any():
        return []
    share = float((inside[over] - pieces.total[over]).sum() / pieces.total[over].sum())
    return [Finding("spread_overlap", "targets", values={"share": f"{share:.1%}"})]


def _left_outside(
    pieces: Pieces, keys: list[str], numbers: dict[str, np.ndarray], label: str
) -> list[Finding]:
    findings = []
    share = pieces.outside_share()
    met = np.bincount(pieces.source, minlength=len(keys)) > 0
    for at in np.flatnonzero(pieces.reaches_over > SLIVER):
        persons = ", ".join(f"{column} {values[at]:,.0f}" for column, values in numbers.items())
        values = {"share": f"{pieces.reaches_over[at]:.1%}", "persons": persons}
        code = "spread_outside" if not met[at] else "spread_beyond"
        if met[at] and share[at] == 0:
            code = "spread_beyond_kept"
        findings.append(Finding(code, label, int(at) + 1, keys[at], values))
    return findings


def _listed(pieces: Pieces, names: list[list[str]]) -> pd.DataFrame:
    sums = pieces.sums()
    return pd.DataFrame(
        {
            "source": [names[0][at] for at in pieces.source],
            "target": [names[1][at] for at in pieces.target],
            "weight": pieces.weight,
            "share": pieces.weight / sums[pieces.source],
        }
    )
