"""Residents, households, ages and clients of each community, adding up to the published totals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geodata.cities.taicang.model import Step, lots, whole_shares

_RESIDENTS_2010, _RESIDENTS_2020, _RESIDENTS_2021 = 711_854, 831_113, 839_000
_PUBLISHED = {
    "320585100": (101_800, 2011),
    "320585101": (136_000, 2024),
    "320585105": (70_000, 2017),
    "320585400": (168_100, 2024),
}
"""Residents of towns as published, and the year."""

_CLIENTS_PER_1000 = {
    "drug_control": 0.7,
    "community_correction": 0.6,
    "social_relief": 6.0,
    "youth": 2.2,
    "women": 1.8,
}
_BODIES = "party_committee;residents_committee;affairs_office;service_station"
_COMMUNITY_WORKERS_PER_10000 = 15.5
_RURAL_CLIENTS = 0.8
_RURAL_ELDERLY = 1.7
_RURAL_CHILDREN = 0.85


def _city_residents(year: int) -> float:
    """Return the city's residents in a year: between the censuses a straight line."""
    if year >= 2020:
        return _RESIDENTS_2020 if year == 2020 else _RESIDENTS_2021
    return _RESIDENTS_2010 + (year - 2010) / 10 * (_RESIDENTS_2020 - _RESIDENTS_2010)


def settle_people(communities: pd.DataFrame, figures: dict[str, Any]) -> pd.DataFrame:
    """Return the communities with their counts.

    Towns get their published residents, scaled to 2020 as the whole city grew; the others share
    the rest. Urban and rural residents, households and age groups come to the census totals.

    Parameters
    ----------
    communities
        code, town_code, kind.
    figures
        The published figures.

    Returns
    -------
    DataFrame
        With residents, households, age_0_14, age_60_plus, harmonious, feature and clients by
        field, bodies and community workers, in the order of ``communities``.
    """
    rng = lots(Step.PEOPLE)
    census, report = figures["census_2020"], figures["report_2013"]
    rural = (communities["kind"] != "urban").to_numpy()
    weights = np.where(rural, 3_400.0, 6_700.0) * rng.lognormal(0.0, 0.28, len(communities))
    weights = _raked(communities, weights, rural, census)
    residents = np.empty(len(communities), np.int64)
    residents[~rural] = whole_shares(census["urban_residents"], weights[~rural])
    residents[rural] = whole_shares(census["rural_residents"], weights[rural])
    table = communities.copy()
    table["residents"] = residents
    noise = rng.lognormal(0.0, 0.05, (4, len(communities)))
    elderly = residents * np.where(rural, _RURAL_ELDERLY, 1.0) * noise[0]
    children = residents * np.where(rural, _RURAL_CHILDREN, 1.0) * noise[1]
    table["households"] = whole_shares(census["family_households"], residents * noise[2])
    table["age_0_14"] = whole_shares(census["age_0_14"], children)
    table["age_60_plus"] = whole_shares(census["age_60_plus"], elderly)
    table["harmonious"] = False
    for kind, share in report["harmonious_share"].items():
        mine = np.flatnonzero(table["kind"] == kind)
        chosen = rng.choice(mine, round(share * len(mine)), replace=False)
        table.loc[chosen, "harmonious"] = True
    table["feature"] = False
    featured = rng.choice(np.flatnonzero(table["harmonious"]), report["feature_communities"], False)
    table.loc[featured, "feature"] = True
    for field, rate in _CLIENTS_PER_1000.items():
        expected = residents / 1_000 * rate * np.where(rural, _RURAL_CLIENTS, 1.0)
        table[f"clients_{field}"] = rng.poisson(expected)
    table["bodies"] = _BODIES
    staff = residents / 10_000 * _COMMUNITY_WORKERS_PER_10000
    spread = lots(Step.BODIES).lognormal(0.0, 0.25, len(communities))
    table["community_workers"] = np.maximum(3, np.round(staff * spread)).astype(np.int64)
    return table


def _raked(
    communities: pd.DataFrame, weights: np.ndarray, rural: np.ndarray, census: dict[str, Any]
) -> np.ndarray:
    """Scale weights so that towns and kinds come to their totals (iterative proportional fitting).

    Deming and Stephan (1940), "On a least squares adjustment of a sampled frequency table".
    """
    towns = communities["town_code"].to_numpy()
    wanted = {
        town: residents * _RESIDENTS_2020 / _city_residents(year)
        for town, (residents, year) in _PUBLISHED.items()
    }
    published = np.isin(towns, list(wanted))
    rest = _RESIDENTS_2020 - sum(wanted.values())
    weights = weights.copy()
    for _ in range(200):
        for town, residents in wanted.items():
            weights[towns == town] *= residents / weights[towns == town].sum()
        weights[~published] *= rest / weights[~published].sum()
        weights[rural] *= census["rural_residents"] / weights[rural].sum()
        weights[~rural] *= census["urban_residents"] / weights[~rural].sum()
    return weights
