"""Who lives in a county and its halls: counts as the figures say, places as in Taicang."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from benchmarks.region import figures
from benchmarks.region.design import Design, drawn_names
from geodata.cities.taicang.model import whole_shares
from geodata.layers import BODIES
from planner import Standard

_BUILT_METRES, _SCATTER_METRES = 550.0, 1_000.0
"""How far from their middle people of an urban and of a rural community live at the most."""
_OUTLYING = 0.25
"""Share of rural settlements that may be farther, up to the edge, where another hall is nearer."""
_WITHOUT_HALL = {True: 0.02, False: 0.07}
_STATIONS = {True: 0.08, False: 0.75}
_RURAL_OFF_CENTRE = 0.2
"""Share of villages whose hall stands at the edge, where the former village committee was."""
_EXTRAS = (
    "elderly_care", "child_care", "legal_aid", "volunteering", "library", "convenience_payment",
)  # fmt: skip
_SITES = np.array(["闲置校舍", "公共用地", "旧厂房", "原村部"])
_COST_STEP_YUAN = 50_000


def settle_people(design: Design, number: int, areas: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of the communities, which add up to those of the register.

    Parameters
    ----------
    design, number
        The county.
    areas
        ``land.divide``.
    """
    drawn, rng = design.register.iloc[number], design.lots(4, number)
    urban = areas["urban"].to_numpy()
    spread = rng.lognormal(0.0, np.where(urban, 0.35, 0.45))
    table = pd.DataFrame(index=areas.index)
    table["kind"] = np.where(
        urban, "urban", np.where(rng.random(len(areas)) < 0.06, "new_rural", "rural")
    )
    residents = np.empty(len(areas), np.int64)
    residents[urban] = whole_shares(int(drawn["urban_residents"]), spread[urban])
    residents[~urban] = whole_shares(int(drawn["rural_residents"]), spread[~urban])
    table["residents"] = residents
    noise = rng.lognormal(0.0, 0.05, (3, len(areas)))
    table["households"] = np.rint(residents * noise[0] / figures.PERSONS_PER_HOUSEHOLD).astype(int)
    for column, share, drawn_noise in (
        ("age_0_14", figures.CHILDREN_SHARE, noise[1]),
        ("age_60_plus", figures.ELDERLY_SHARE, noise[2]),
    ):
        expected = residents * np.where(urban, share[True], share[False])
        table[column] = np.rint(expected * drawn_noise).astype(int)
    table["harmonious"] = rng.random(len(areas)) < np.where(urban, 0.9, 0.85)
    table["feature"] = table["harmonious"] & (rng.random(len(areas)) < 0.14)
    table["bodies"] = ";".join(BODIES)
    staff = residents / 10_000 * figures.COMMUNITY_WORKERS_PER_10000
    staff = staff * rng.lognormal(0.0, 0.25, len(areas))
    table["community_workers"] = np.maximum(3, np.rint(staff)).astype(int)
    for field, rate in figures.CLIENTS_PER_1000.items():
        expected = residents / 1_000 * rate * np.where(urban, 1.0, figures.RURAL_CLIENTS)
        table[f"clients_{field}"] = rng.poisson(expected)
    return table


def settle(
    design: Design, number: int, land: shapely.Polygon, communities: pd.DataFrame
) -> pd.DataFrame:
    """Return the settlements: the first of each community its main one, x and y in metres.

    Parameters
    ----------
    design, number
        The county.
    land
        Its land in metres.
    communities
        With urban, x, y, cell, code, name and counts.
    """
    rng = design.lots(5, number)
    urban = communities["urban"].to_numpy()
    count = np.where(urban, rng.integers(5, 9, len(urban)), rng.integers(4, 10, len(urban)))
    home = np.repeat(np.arange(len(urban)), count)
    rank = np.arange(len(home)) - np.repeat(np.cumsum(count) - count, count)
    middle = communities[["x", "y"]].to_numpy()[home]
    off = _within_cells(communities, home, rng) - middle
    far = np.where(urban, _BUILT_METRES, _SCATTER_METRES)[home]
    outlying = ~urban[home] & (rank > 0) & (rng.random(len(home)) < _OUTLYING)
    pull = np.minimum(0.85, far / np.maximum(np.hypot(*off.T), 1.0))
    pull = np.where(rank == 0, 0.0, np.where(outlying, 0.95, pull))
    at = middle + pull[:, None] * off
    shapely.prepare(land)
    # Cells at a wiggling border are not convex: what fell outside moves towards its middle.
    while (outside := ~shapely.contains_xy(land, at)).any():
        at[outside] = (at[outside] + middle[outside]) / 2
    weights = rng.lognormal(0.0, np.where(urban[home], 0.35, 0.6))
    weights = weights * np.where((rank == 0) & ~urban[home], 6.0, 1.0)
    weights = np.where(outlying, 0.4, 1.0) * weights
    names = [
        f"{name}{k + 1}{'区' if town else '组'}"
        for name, k, town in zip(
            communities["name"].to_numpy()[home], rank, urban[home], strict=True
        )
    ]
    codes = communities["code"].to_numpy()[home]
    table = pd.DataFrame(
        {
            "settlement_id": [f"{code}-{k + 1:02d}" for code, k in zip(codes, rank, strict=True)],
            "community_code": codes,
            "name": names,
            "home": home,
            "rank": rank,
            "x": at[:, 0],
            "y": at[:, 1],
        }
    )
    first = np.cumsum(count) - count
    table["residents"] = _shared(communities["residents"], weights, first, count)
    for column in ("households", "age_60_plus"):
        table[column] = _shared(communities[column], table["residents"] + 1e-9, first, count)
    return table


def _within_cells(
    communities: pd.DataFrame, home: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return a uniformly random place in the cell of each settlement's community.

    A cell is taken as a fan of triangles about its seed; Osada et al. (2002), "Shape
    distributions", draws within a triangle.
    """
    corners, cell = shapely.get_coordinates(communities["cell"].to_numpy(), return_index=True)
    joined = np.flatnonzero(cell[1:] == cell[:-1])
    middle = communities[["x", "y"]].to_numpy()
    a, b, fan = corners[joined], corners[joined + 1], cell[joined]
    p, q = a - middle[fan], b - middle[fan]
    area = np.abs(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]) + 1e-9
    total = np.cumsum(area)
    ends = np.searchsorted(fan, np.arange(len(communities)), side="right") - 1
    before = np.concatenate([[0.0], total[ends][:-1]])
    wanted = before[home] + rng.random(len(home)) * (total[ends] - before)[home]
    side = np.minimum(np.searchsorted(total, wanted), ends[home])
    root, along = np.sqrt(rng.random(len(home)))[:, None], rng.random(len(home))[:, None]
    return middle[home] + root * ((1 - along) * p[side] + along * q[side])


def _shared(
    totals: pd.Series, weights: np.ndarray | pd.Series, first: np.ndarray, count: np.ndarray
) -> np.ndarray:
    weights = np.asarray(weights, float)
    parts = [
        whole_shares(int(total), weights[start : start + n])
        for total, start, n in zip(totals, first, count, strict=True)
    ]
    return np.concatenate(parts)


def build_halls(
    design: Design,
    number: int,
    towns: pd.DataFrame,
    communities: pd.DataFrame,
    settlements: pd.DataFrame,
) -> pd.DataFrame:
    """Return the county's centre, a platform a town, and halls and stations; x, y in metres."""
    rng, standard = design.lots(6, number), Standard.load("taicang-2013")
    urban = communities["urban"].to_numpy()
    having = rng.random(len(urban)) >= np.where(urban, _WITHOUT_HALL[True], _WITHOUT_HALL[False])
    having[0] = True
    mine = communities[having]
    urban = urban[having]
    station = rng.random(len(urban)) < np.where(urban, _STATIONS[True], _STATIONS[False])
    required = {
        kind: standard.functions_of("community", kind).required for kind in ("urban", "rural")
    }
    mean = np.where(urban, figures.URBAN_HALL_M2, figures.RURAL_HALL_M2)
    area = mean * np.where(station, 0.9, 1.15) * rng.lognormal(-0.045, 0.3, len(urban))
    windows = mine["residents"] / figures.RESIDENTS_PER_WINDOW + rng.normal(0.3, 0.6, len(urban))
    county = design.register["code"].iloc[number]
    local = pd.DataFrame(
        {
            "hall_id": [f"{county}-H{code[6:]}" for code in mine["code"]],
            "name": mine["name"] + np.where(station, "服务站", "服务厅"),
            "tier": "community",
            "form": np.where(station, "station", "hall"),
            "community_code": mine["code"],
            "town_code": mine["town_code"],
            "functions": _offered(
                [required["urban" if town else "rural"] for town in urban],
                np.where(urban, 0.1, 0.3),
                rng,
            ),
            "floor_area_m2": np.rint(area),
            "windows": np.maximum(2, np.rint(windows)).astype(int),
            "opened_year": rng.integers(1998, 2024, len(urban)),
        }
    )
    local[["x", "y"]] = _hall_places(settlements, np.flatnonzero(having), ~urban, rng)
    upper = _upper_tiers(design, number, towns, communities, standard, rng)
    halls = pd.concat([upper, local], ignore_index=True)
    halls["visits_per_day_capacity"] = halls["windows"] * figures.VISITS_PER_WINDOW
    return halls.assign(status="open")


def _hall_places(
    settlements: pd.DataFrame, having: np.ndarray, rural: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return where halls stand: in the main settlement, or in one at the edge of a village."""
    home, at = settlements["home"].to_numpy(), settlements[["x", "y"]].to_numpy()
    first = np.searchsorted(home, having)
    last = np.searchsorted(home, having, side="right") - 1
    edge = rural & (rng.random(len(having)) < _RURAL_OFF_CENTRE)
    beside = np.where(edge, rng.integers(first, last + 1), first)
    angle, off = rng.uniform(0, 2 * np.pi, len(having)), rng.uniform(20, 90, len(having))
    return at[beside] + off[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _upper_tiers(
    design: Design,
    number: int,
    towns: pd.DataFrame,
    communities: pd.DataFrame,
    standard: Standard,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the county's centre and the platforms of the towns, by their first communities."""
    county, name = design.register.loc[number, ["code", "name"]]
    at = communities.groupby("town_code")[["x", "y"]].first().loc[towns["code"]].to_numpy()
    town = standard.functions.town.required
    rows = pd.DataFrame(
        {
            "hall_id": [f"{county}-M", *(f"{county}-T{code[6:]}" for code in towns["code"])],
            "name": [
                name + "社会组织服务中心", *(towns["name"] + "社区服务综合平台")
            ],
            "tier": ["municipal", *["town"] * len(towns)],
            "form": ["centre", *["platform"] * len(towns)],
            "community_code": None,
            "town_code": [towns["code"].iloc[0], *towns["code"]],
            "functions": [
                ";".join(standard.functions.municipal.required),
                *_offered([town] * len(towns), np.zeros(len(towns)), rng),
            ],
            "floor_area_m2": [1_200.0, *rng.integers(1_500, 3_200, len(towns)).astype(float)],
            "windows": [10, *rng.integers(6, 12, len(towns))],
            "opened_year": [2012, *rng.integers(2005, 2024, len(towns))],
        }
    )  # fmt: skip
    rows[["x", "y"]] = np.vstack([at[:1] + np.array([60.0, 45.0]), at + np.array([-40.0, 30.0])])
    return rows


def _offered(
    required: Sequence[Sequence[str]], lacking: np.ndarray, rng: np.random.Generator
) -> list[str]:
    """Return functions on offer: the required ones, perhaps without one or two, and extras."""
    lacks = rng.random(len(required)) < lacking
    gone = rng.random((len(required), 2))
    extra = rng.random((len(required), len(_EXTRAS))) < 0.25
    offered = []
    for row, needed in enumerate(required):
        missing = {needed[int(share * len(needed))] for share in gone[row]} if lacks[row] else ()
        kept = [name for name in needed if name not in missing]
        offered.append(
            ";".join([*kept, *(e for e, on in zip(_EXTRAS, extra[row], strict=True) if on)])
        )
    return offered


def find_candidates(
    design: Design,
    number: int,
    communities: pd.DataFrame,
    settlements: pd.DataFrame,
    halls: pd.DataFrame,
) -> pd.DataFrame:
    """Return sites by the settlements that many residents have far to the nearest hall from.

    One a community, where residents times metres beyond 500 are most; costs are whole multiples
    of 50,000 yuan.
    """
    rng, drawn = design.lots(7, number), design.register.iloc[number]
    local = halls.loc[halls["tier"] == "community", ["x", "y"]].to_numpy()
    metres, _ = cKDTree(local).query(settlements[["x", "y"]].to_numpy())
    burden = settlements["residents"] * (np.maximum(metres - 500.0, 0.0) + 1.0)
    worst = burden.groupby(settlements["home"]).idxmax()
    wanted = min(int(drawn["candidates"]), len(worst))
    chosen = np.sort(burden[worst].nlargest(wanted).index.to_numpy())
    site = settlements.loc[chosen]
    home = communities.iloc[site["home"]]
    urban = home["urban"].to_numpy()
    hall = urban | (rng.random(wanted) < 0.35)
    area = np.where(hall, rng.uniform(900, 1_500, wanted), rng.uniform(300, 700, wanted))
    per_m2 = np.where(urban, rng.uniform(4_200, 5_600, wanted), rng.uniform(3_000, 4_200, wanted))
    angle, off = rng.uniform(0, 2 * np.pi, wanted), rng.uniform(20, 90, wanted)
    return pd.DataFrame(
        {
            "site_id": [f"{drawn['code']}-C{k:03d}" for k in range(1, wanted + 1)],
            "name": home["name"].to_numpy() + _SITES[rng.integers(0, len(_SITES), wanted)],
            "community_code": home["code"].to_numpy(),
            "form": np.where(hall, "hall", "station"),
            "cost_yuan": np.rint(area * per_m2 / _COST_STEP_YUAN) * _COST_STEP_YUAN,
            "floor_area_m2": np.rint(area),
            "available": rng.random(wanted) < 0.92,
            "x": site["x"].to_numpy() + off * np.cos(angle),
            "y": site["y"].to_numpy() + off * np.sin(angle),
        }
    )


def name_communities(
    design: Design, number: int, areas: pd.DataFrame, towns: pd.DataFrame, town: np.ndarray
) -> pd.DataFrame:
    """Return code, town_code and name of the communities, numbered as real ones are.

    Parameters
    ----------
    design, number
        The county.
    areas
        ``land.divide``: by town, the urban ones first.
    towns, town
        ``land.town_table``.
    """
    urban = areas["urban"]
    town_code = towns["code"].to_numpy()[town]
    ordinal = urban.groupby([town, urban]).cumcount().to_numpy() + np.where(urban, 1, 200)
    zh, _ = drawn_names(len(areas), design.lots(11, number))
    return pd.DataFrame(
        {
            "code": [f"{code}{k:03d}" for code, k in zip(town_code, ordinal, strict=True)],
            "town_code": town_code,
            "name": [n + ("社区" if u else "村") for n, u in zip(zh, urban, strict=True)],
        }
    )
