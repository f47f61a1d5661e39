"""The design of a region: which counties there are, where, and how much each holds.

Everything follows from the seed and the place: what two counties share (corners, borders, roads)
is hashed from whole numbers that both know, so that each can be made without the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from benchmarks.region import figures
from geodata.cities.taicang.model import whole_shares

COUNTRY_COUNTIES = 300
"""A region of more counties is a country of several provinces, wider in the west."""
LEAST_COMMUNITIES, LEAST_ROAD_NODES = 6, 40
_HIGH_TO_WIDE = 45 / 40
_WEST, _EAST = 4.0, 0.75
_PROVINCE_SIDE, _PREFECTURE_SIDE = 10, 3
_METRES_PER_DEGREE, _METRES_PER_PARALLEL_DEGREE = 110_900.0, 111_320.0
_UNUSED = (
    *range(92, 100), *range(83, 91), *range(72, 81), *range(66, 71), *range(55, 61),
    *range(47, 50), *range(38, 41), *range(24, 31), *range(16, 21),
)  # fmt: skip
"""Numbers that no province has (GB/T 2260), so that nothing made is taken for real."""
_CHARACTERS = "安平永宁福和兴隆清河石林新华龙泉青山白水大桥双溪东湖金沙云岭长乐太丰三江高塘南阳"
_PINYIN = (
    "an", "ping", "yong", "ning", "fu", "he", "xing", "long", "qing", "he", "shi", "lin", "xin",
    "hua", "long", "quan", "qing", "shan", "bai", "shui", "da", "qiao", "shuang", "xi", "dong",
    "hu", "jin", "sha", "yun", "ling", "chang", "le", "tai", "feng", "san", "jiang", "gao",
    "tang", "nan", "yang",
)  # fmt: skip
SYLLABLES = tuple(zip(_CHARACTERS, _PINYIN, strict=True))


def hashed(seed: int, stream: int, *places: np.ndarray | int) -> np.ndarray:
    """Return numbers in [0, 1) that follow from the seed, the stream and whole-number places.

    Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators": the finaliser.

    Parameters
    ----------
    seed, stream
        Which numbers.
    places
        Whole numbers or arrays of them that broadcast.
    """
    with np.errstate(over="ignore"):
        state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(stream)
        for place in places:
            state = state ^ np.asarray(place, np.int64).astype(np.uint64)
            state = (state + np.uint64(0x9E3779B97F4A7C15)) & np.uint64(0xFFFFFFFFFFFFFFFF)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return (state >> np.uint64(11)) / 2.0**53


@dataclass(frozen=True)
class Design:
    """How large a region is to be.

    Attributes
    ----------
    counties, communities, road_nodes
        Totals over the region.
    seed
        Not negative; the same design makes the same region.
    """

    counties: int
    communities: int
    road_nodes: int
    seed: int = 0

    def __post_init__(self) -> None:
        most = len(_UNUSED) * _PROVINCE_SIDE**2
        if not 1 <= self.counties <= most:
            raise ValueError(f"counties is {self.counties}; give 1 to {most}")
        if self.communities < LEAST_COMMUNITIES * self.counties:
            raise ValueError(
                f"communities is {self.communities}; give at least {LEAST_COMMUNITIES} a county"
            )
        if self.road_nodes < LEAST_ROAD_NODES * self.communities:
            raise ValueError(
                f"road_nodes is {self.road_nodes}; give at least {LEAST_ROAD_NODES} a community"
            )
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}; give 0 or more")

    @property
    def is_country(self) -> bool:
        """Whether this is more than a province."""
        return self.counties > COUNTRY_COUNTIES

    @property
    def columns(self) -> int:
        """Columns of counties, from west to east; rows are filled from the south."""
        return int(np.ceil(np.sqrt(self.counties)))

    @property
    def rows(self) -> int:
        """Rows of counties."""
        return -(-self.counties // self.columns)

    @property
    def lines_per_county(self) -> int:
        """Highways each way across a county, as dense as the bulletin says without villages'."""
        return max(4, round(16 * np.sqrt(self.communities / self.counties / 200)))

    @cached_property
    def x_lines(self) -> np.ndarray:
        """Metres eastwards of the middles of borders, from column -1 to ``columns`` + 1."""
        wide = np.exp(0.6 * (hashed(self.seed, 1, np.arange(-1, self.columns + 1)) - 0.5))
        if self.is_country:
            wide = wide * np.geomspace(_WEST, _EAST, self.columns + 2)
        return self._lines(wide, 1 / _HIGH_TO_WIDE)

    @cached_property
    def y_lines(self) -> np.ndarray:
        """Metres northwards, from row -1 to ``rows`` + 1."""
        high = np.exp(0.6 * (hashed(self.seed, 2, np.arange(-1, self.rows + 1)) - 0.5))
        return self._lines(high, _HIGH_TO_WIDE)

    def _lines(self, relative: np.ndarray, shape: float) -> np.ndarray:
        km2 = figures.KM2_PER_COMMUNITY["country" if self.is_country else "province"]
        usual = np.sqrt(km2 * 1e6 * self.communities / self.counties * shape)
        relative = relative / relative[1:-1].mean()
        metres = np.concatenate([[0.0], np.cumsum(usual * relative)])
        return metres - metres.mean()

    def plane(self, gx: np.ndarray, gy: np.ndarray) -> np.ndarray:
        """Return metres of places on the grid of counties, shape (n, 2)."""
        x = np.interp(gx, np.arange(-1, self.columns + 2), self.x_lines)
        y = np.interp(gy, np.arange(-1, self.rows + 2), self.y_lines)
        return np.stack([x, y], axis=-1)

    def degrees(self, metres: np.ndarray) -> np.ndarray:
        """Return longitude and latitude, on a grid of about 1 cm, by the sinusoidal projection."""
        west, south = (108.0, 33.0) if self.is_country else (112.5, 27.5)
        lat = south + metres[..., 1] / _METRES_PER_DEGREE
        lon = west + metres[..., 0] / (_METRES_PER_PARALLEL_DEGREE * np.cos(np.radians(lat)))
        return np.round(np.stack([lon, lat], axis=-1), 7)

    def place(self, number: int) -> tuple[int, int]:
        """Return row and column of a county by its number from 0."""
        return divmod(number, self.columns)

    def number(self, row: int, column: int) -> int | None:
        """Return which county lies at a row and column; None if none does."""
        number = row * self.columns + column
        inside = row >= 0 and 0 <= column < self.columns and number < self.counties
        return number if inside else None

    def lots(self, step: int, number: int | None = None) -> np.random.Generator:
        """Return the generator of a step, of one county or of the whole region."""
        return np.random.default_rng([self.seed, step, 0 if number is None else number + 1])

    @cached_property
    def register(self) -> pd.DataFrame:
        """What each county is to hold: code, names, communities, residents, candidates, nodes."""
        rng = self.lots(1)
        row, column = np.divmod(np.arange(self.counties), self.columns)
        area = np.diff(self.x_lines)[column + 1] * np.diff(self.y_lines)[row + 1]
        share = (area / area.mean()) ** 0.3 * rng.lognormal(0.0, 0.4, self.counties)
        rest = self.communities - LEAST_COMMUNITIES * self.counties
        communities = LEAST_COMMUNITIES + whole_shares(rest, share)
        urban_share = figures.URBAN_SHARE * np.clip(rng.lognormal(-0.06, 0.35, len(area)), 0.3, 3)
        urban = np.clip(np.rint(communities * urban_share), 1, communities - 2).astype(int)
        drawn = rng.lognormal(-0.02, 0.2, (2, self.counties))
        table = pd.DataFrame(
            {
                "communities": communities,
                "urban": urban,
                "towns": np.maximum(1, np.rint(communities / figures.COMMUNITIES_PER_TOWN)),
                "urban_residents": np.rint(figures.URBAN_RESIDENTS * urban * drawn[0]),
                "rural_residents": np.rint(
                    figures.RURAL_RESIDENTS * (communities - urban) * drawn[1]
                ),
                "candidates": np.maximum(
                    1, np.rint(figures.CANDIDATES_PER_COMMUNITY * communities)
                ),
                "road_nodes": whole_shares(self.road_nodes, communities.astype(float)),
            }
        ).astype(int)
        table["residents"] = table["urban_residents"] + table["rural_residents"]
        return table.join(self._names(row, column, urban / communities, rng))

    def _names(
        self, row: np.ndarray, column: np.ndarray, urban: np.ndarray, rng: np.random.Generator
    ) -> pd.DataFrame:
        """Return code and names; districts, counties and cities are numbered as real ones are."""
        side = _PROVINCE_SIDE if self.is_country else max(self.rows, self.columns)
        provinces = np.unique(np.stack([row // side, column // side]), axis=1, return_inverse=True)
        prefecture = (row % side // _PREFECTURE_SIDE) * (-(-side // _PREFECTURE_SIDE)) + (
            column % side // _PREFECTURE_SIDE
        )
        city = pd.Series(provinces[1].ravel() * 100 + prefecture)
        rank = pd.Series(urban).groupby(city).rank(method="first", ascending=False)
        kind = np.where(rank == 1, 0, np.where(urban > 0.25, 2, 1))
        within = pd.Series(kind).groupby([city, pd.Series(kind)]).cumcount()
        last = np.array([2, 21, 81])[kind] + within
        codes = [
            f"{_UNUSED[p]}{f + 1:02d}{n:02d}"
            for p, f, n in zip(provinces[1].ravel(), prefecture, last, strict=True)
        ]
        zh, en = drawn_names(self.counties, rng)
        return pd.DataFrame(
            {
                "code": codes,
                "name": [name + "区县市"[k] for name, k in zip(zh, kind, strict=True)],
                "name_en": [
                    f"{name} {('District', 'County', 'City')[k]}"
                    for name, k in zip(en, kind, strict=True)
                ],
            }
        )


def drawn_names(count: int, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """Return names of two syllables in Chinese and English, all different as long as they last."""
    n = len(SYLLABLES)
    pairs = rng.permutation(n * n)
    pairs = np.resize(pairs[pairs // n != pairs % n], count)
    parts = [(SYLLABLES[pair // n], SYLLABLES[pair % n]) for pair in pairs]
    return [a[0] + b[0] for a, b in parts], [(a[1] + b[1]).capitalize() for a, b in parts]
