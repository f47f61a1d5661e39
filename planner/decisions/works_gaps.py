"""Gaps between what residents have and what the standard asks, in persons, open or closed today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geodata.layers import SEPARATOR
from planner import coverage
from planner.actions import running_yuan_per_year

if TYPE_CHECKING:
    from planner.decisions.situation import Situation
    from planner.standard_tables import Kind

GAPS = ("reach", "form", "functions", "floor_area")


def halls_of(now: Situation) -> pd.DataFrame:
    """Return the open halls of the community tier in the order of ``now.reach``, by hall id.

    Columns: those of ``coverage.halls_against_standard``; offered (set of functions); required_m2
    (0 where none is stated); spare_m2 (floor area beyond it, 0 where it lacks, NaN where the area
    is not known); running (yuan a year, NaN where the standard does not say); main (the largest of
    its community, whose gaps count), sole (the only one).
    """
    halls = coverage.halls_against_standard(now.city, now.standard).set_index("hall_id")
    halls = halls.loc[now.to_halls.travel.supply_ids]
    codes = halls["community_code"]
    required = coverage.floor_area_required(now.city, now.standard, codes)
    area = halls["floor_area_m2"].to_numpy(float)
    rules = now.standard.actions
    running = np.full(len(halls), np.nan)
    if rules is not None:
        running = running_yuan_per_year(now.city, now.standard, rules, codes, area)
    order = halls.sort_values(["floor_area_m2", "hall_id"], ascending=[False, True])
    main = order.index[~order["community_code"].duplicated()]
    return halls.assign(
        offered=[_listed(names) for names in halls["functions"]],
        required_m2=required,
        spare_m2=np.clip(area - required, 0.0, None),
        running=running,
        main=halls.index.isin(main),
        sole=~codes.duplicated(keep=False),
    )


def gaps_of(now: Situation, halls: pd.DataFrame, counted: Mapping[str, float]) -> pd.DataFrame:
    """Return a row per gap, those that are closed today included, for they open if a hall closes.

    Settlements first: their residents, for reach. Then of the largest hall of each community: its
    residents for the form, for each function residents / functions required, for the floor area
    residents · area / area required, what lacks and what is there apart.

    Returns
    -------
    DataFrame
        gap, hall (position of the community's hall; -1 of settlements), community_code, what (the
        function or the settlement), amount (m² lacking; else 1), persons (weighted), open.
    """
    settlements = now.city.settlements
    reach = pd.DataFrame(
        {
            "gap": "reach",
            "hall": -1,
            "community_code": settlements["community_code"].to_numpy(),
            "what": settlements["settlement_id"].to_numpy(),
            "amount": 1.0,
            "persons": now.residents * counted["reach"],
            "open": now.reach[:, : now.open_count].sum(axis=1) == 0,
        }
    )
    communities = now.city.communities.set_index("code")
    rows = []
    for at in np.flatnonzero(halls["main"]):
        hall = halls.iloc[at]
        code = hall["community_code"]
        home = communities.loc[code]
        for gap, what, amount, part, is_open in _of_hall(now, hall, home["kind"]):
            persons = float(home["residents"]) * part * counted[gap]
            rows.append((gap, at, code, what, amount, persons, is_open))
    own = pd.DataFrame(rows, columns=reach.columns).astype({"open": bool, "persons": float})
    return pd.concat([reach, own], ignore_index=True) if rows else reach


def _of_hall(
    now: Situation, hall: pd.Series, kind: Kind
) -> list[tuple[str, str, float, float, bool]]:
    """Return what the standard asks of a hall: gap, what, amount, part of a resident, open."""
    found: list[tuple[str, str, float, float, bool]] = []
    if now.standard.form_of(kind) == "hall":
        found.append(("form", "", 1.0, 1.0, bool(hall["form_gap"])))
    required = now.standard.functions_of("community", kind).required
    found += [
        ("functions", name, 1.0, 1 / len(required), name not in hall["offered"])
        for name in required
    ]
    lacking = hall["floor_area_gap_m2"]
    if hall["required_m2"] > 0 and not np.isnan(lacking):
        part = lacking / hall["required_m2"]
        if part > 0:
            found.append(("floor_area", "", float(lacking), part, True))
        if part < 1:
            found.append(("floor_area", "", 0.0, 1 - part, False))
    return found


def _listed(names: object) -> frozenset[str]:
    return frozenset(names.split(SEPARATOR)) if isinstance(names, str) else frozenset()
