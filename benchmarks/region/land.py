"""Land: borders that neighbours share, and communities and towns that fill a county."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from benchmarks.region.design import Design, drawn_names, hashed
from geodata.cities.taicang.model import whole_shares

_CORNER_JITTER, _WAVES, _SEGMENTS = 0.36, 5, 24
_URBAN_M2 = 0.8e6
_PLASTIC = np.array([0.7548776662466927, 0.5698402909980532])
"""Roberts (2018), "The unreasonable effectiveness of quasirandom sequences": the R2 sequence."""
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
_SEAT_SHARE = 0.55
"""Share of a county's urban communities that lie in its seat."""


def corner(design: Design, row: int, column: int) -> np.ndarray:
    """Return where four counties meet, in metres."""
    jitter = [_CORNER_JITTER * (hashed(design.seed, s, row, column) - 0.5) for s in (11, 12)]
    return design.plane(column + jitter[0], row + jitter[1])


def _side(design: Design, row: int, column: int, *, upright: bool) -> np.ndarray:
    """Return the border from one corner to the next, east or north; both sides get the same."""
    start = corner(design, row, column)
    end = corner(design, row + upright, column + (not upright))
    t = np.linspace(0.0, 1.0, _SEGMENTS + 1)
    k = np.arange(1, _WAVES + 1)
    heights = 0.09 * (hashed(design.seed, 13 + upright, row, column, k) - 0.5) / k
    off = (np.sin(np.pi * np.outer(t, k)) * heights).sum(axis=1)
    off[[0, -1]] = 0.0
    along = end - start
    # Borders bulge no more than the counties beside them have room for.
    lines, place = (design.x_lines, column) if upright else (design.y_lines, row)
    room = np.diff(lines)[place : place + 2].min()
    bulge = min(1.0, room / float(np.hypot(*along)))
    line = start + t[:, None] * along + bulge * off[:, None] * np.array([-along[1], along[0]])
    line[0], line[-1] = start, end
    return line


def county_land(design: Design, number: int) -> shapely.Polygon:
    """Return a county in metres."""
    row, column = design.place(number)
    south = _side(design, row, column, upright=False)
    east = _side(design, row, column + 1, upright=True)
    north = _side(design, row + 1, column, upright=False)[::-1]
    west = _side(design, row, column, upright=True)[::-1]
    return shapely.Polygon(np.vstack([side[:-1] for side in (south, east, north, west)]))


def in_degrees(design: Design, shape: np.ndarray | BaseGeometry) -> np.ndarray:
    """Return shapes in degrees."""
    return shapely.transform(shape, design.degrees)


def divide(design: Design, number: int, land: shapely.Polygon) -> pd.DataFrame:
    """Return the communities of a county: town (from 0), urban, x, y and cell in metres.

    Urban communities fill discs around the seats of the towns, rural ones the land between; the
    cells are those of the nearest seed.
    """
    drawn = design.register.iloc[number]
    rng = design.lots(2, number)
    towns, urban_count = int(drawn["towns"]), int(drawn["urban"])
    seats = _spread(design, number, towns - 1, rng, inset=0.14)
    seats = np.vstack([_in_quad(design, number, rng.uniform(0.44, 0.56, (1, 2))), seats])
    weights = rng.lognormal(0.0, 0.6, towns)
    weights[0] = weights[1:].sum() * _SEAT_SHARE / (1 - _SEAT_SHARE) if towns > 1 else 1.0
    per_town = whole_shares(urban_count, weights)
    town_of_urban = np.repeat(np.arange(towns), per_town)
    rank = np.arange(urban_count) - np.repeat(np.cumsum(per_town) - per_town, per_town)
    radius = np.sqrt((rank + 0.4) * _URBAN_M2 / np.pi) * rng.uniform(0.92, 1.08, urban_count)
    angle = rank * _GOLDEN_ANGLE + rng.uniform(0, 2 * np.pi, towns)[town_of_urban]
    urban = seats[town_of_urban] + radius[:, None] * np.stack(
        [np.cos(angle), np.sin(angle)], axis=1
    )
    wanted = int(drawn["communities"]) - urban_count
    rural = _spread(design, number, 3 * wanted + 60, rng, inset=0.0)
    shapely.prepare(land)
    rural = rural[shapely.contains_xy(land, rural)]
    clear = np.sqrt(per_town * _URBAN_M2 / np.pi) + 500.0 * (per_town > 0)
    apart = np.hypot(*(rural[:, None] - seats[None]).transpose(2, 0, 1))
    # Those in town come last, and only if the county has no room elsewhere.
    rural = rural[np.argsort((apart < clear).any(axis=1), kind="stable")][:wanted]
    nearest = np.hypot(*(rural[:, None] - seats[None]).transpose(2, 0, 1)).argmin(axis=1)
    seeds = _pulled_inside(np.vstack([urban, rural]), land, seats[0])
    table = pd.DataFrame(
        {
            "town": np.concatenate([town_of_urban, nearest]),
            "urban": np.arange(len(seeds)) < urban_count,
            "x": seeds[:, 0],
            "y": seeds[:, 1],
            "cell": _cells(seeds, land),
        }
    )
    order = np.lexsort([~table["urban"], table["town"]])
    return table.iloc[order].reset_index(drop=True)


def _in_quad(design: Design, number: int, unit: np.ndarray) -> np.ndarray:
    """Return places of a county by shares of its width and height (bilinear)."""
    row, column = design.place(number)
    u, v = unit[:, :1], unit[:, 1:]
    corners = [corner(design, row + dv, column + du) for dv in (0, 1) for du in (0, 1)]
    lower = (1 - u) * corners[0] + u * corners[1]
    return (1 - v) * lower + v * ((1 - u) * corners[2] + u * corners[3])


def _spread(
    design: Design, number: int, count: int, rng: np.random.Generator, *, inset: float
) -> np.ndarray:
    unit = (rng.random(2) + np.arange(1, count + 1)[:, None] * _PLASTIC) % 1.0
    unit = unit + rng.normal(0.0, 0.12 / np.sqrt(count + 1), unit.shape)
    return _in_quad(design, number, inset + (1 - 2 * inset) * unit)


def _pulled_inside(at: np.ndarray, land: shapely.Polygon, middle: np.ndarray) -> np.ndarray:
    """Return places, those outside drawn towards the middle until they are inside."""
    at = at.copy()
    while (outside := ~shapely.contains_xy(land, at)).any():
        at[outside] = middle + 0.93 * (at[outside] - middle)
    return at


def _cells(seeds: np.ndarray, land: shapely.Polygon) -> np.ndarray:
    """Return what of the land is nearest to each seed."""
    points = shapely.MultiPoint(seeds)
    parts = shapely.voronoi_polygons(points, extend_to=land, ordered=True)
    cells = shapely.get_parts(parts)
    across = ~shapely.contains_properly(land, cells)
    cells[across] = shapely.intersection(cells[across], land)
    return cells


def town_table(
    design: Design, number: int, communities: pd.DataFrame
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the towns that have communities, and the position of each community's town."""
    code = design.register["code"].iloc[number]
    present, town = np.unique(communities["town"], return_inverse=True)
    urban = communities["urban"].groupby(town).mean().to_numpy()
    # Of the real codes those of subdistricts begin at 001, of towns at 100.
    district = (present == 0) | (urban > 0.5)
    ordinal = np.where(district, np.cumsum(district), 99 + np.cumsum(~district))
    zh, en = drawn_names(len(present), design.lots(3, number))
    return pd.DataFrame(
        {
            "code": [f"{code}{k:03d}" for k in ordinal],
            "name": [n + ("街道" if d else "镇") for n, d in zip(zh, district, strict=True)],
            "name_en": [
                n + (" Subdistrict" if d else " Town") for n, d in zip(en, district, strict=True)
            ],
            "kind": np.where(district, "district", "town"),
        }
    ), town
