"""What came out beside the real figures: a table of a region that is on disk."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np

from benchmarks.region import figures
from geodata import City, open_city
from planner import travel_times

_MOST_COUNTIES = 20
_WALK_MINUTES = 15


def counted(city: City) -> Counter[str]:
    """Return sums over a county: persons, kilometres by road class, nodes, halls.

    Residents within a walk of a hall are those within one of their own county.
    """
    settlements, halls, roads = city.settlements, city.halls, city.roads
    local = halls[halls["tier"] == "community"]
    walk = travel_times(roads, settlements, local, mode="walk", limit_minutes=_WALK_MINUTES)
    far = np.diff(walk.minutes.indptr) == 0
    kind = city.communities.set_index("code")["kind"]
    rural = settlements["community_code"].map(kind) != "urban"
    sums = {
        "counties": 1,
        "towns": len(city.towns),
        "communities": len(city.communities),
        "urban_communities": int((kind == "urban").sum()),
        "rural_communities": int((kind != "urban").sum()),
        "rural_settlements": int(rural.sum()),
        "residents": int(settlements["residents"].sum()),
        "urban_residents": int(city.communities["residents"][(kind == "urban").to_numpy()].sum()),
        "residents_far": int(settlements["residents"][far].sum()),
        "elderly": int(settlements["age_60_plus"].sum()),
        "halls": len(local),
        "organisations": len(city.organisations),
        "candidates": len(city.candidates),
        "nodes": len(roads.node_ids),
        "edges": len(roads.edge_ids),
        "one-way": int(roads.oneway.sum()),
        "area_km2": city.boundary.to_crs(roads.metric).area.sum() / 1e6,
    }
    for road_class in np.unique(roads.road_class):
        sums[road_class] = roads.length_metres[roads.road_class == road_class].sum() / 1_000
    return Counter(sums)


def table(region: Path) -> str:
    """Return a Markdown table of a region's statistics beside the nation's.

    Parameters
    ----------
    region
        Folder of a region; of more than 20 counties every so manieth is looked at.
    """
    listed = gpd.read_parquet(region / "counties.parquet")
    some = listed.iloc[np.unique(np.linspace(0, len(listed) - 1, _MOST_COUNTIES).astype(int))]
    found: Counter[str] = Counter()
    for folder in some["folder"]:
        found.update(counted(open_city(region / folder)))
    nation = figures.NATION | figures.HIGHWAYS_KM
    highways = tuple(figures.HIGHWAYS_KM)
    rows = [
        ("communities a county", _ratio(found, nation, "communities", "counties")),
        ("towns a county", _ratio(found, nation, "towns", "counties")),
        ("residents a county", _ratio(found, nation, "residents", "counties")),
        ("km² a county", _ratio(found, nation, "area_km2", "counties")),
        ("settlements a rural community",
         _ratio(found, nation, "rural_settlements", "rural_communities")),
        ("urban communities, share", _ratio(found, nation, "urban_communities", "communities")),
        ("urban residents, share", _ratio(found, nation, "urban_residents", "residents")),
        ("organisations a 10,000 residents",
         _ratio(found, nation, "organisations", "residents", 1e4)),
        ("60 and over, share", (found["elderly"] / found["residents"], 0.187)),
        ("km of highways a county", tuple(
            sum(of[c] for c in highways) / of["counties"] for of in (found, nation))),
        *((f"of them {c}, share", tuple(
            of[c] / sum(of[k] for k in highways) for of in (found, nation))) for c in highways),
        ("road nodes a county", (found["nodes"] / found["counties"], None)),
        ("edges at a node", (2 * found["edges"] / found["nodes"], None)),
        ("one-way edges, share", (found["one-way"] / found["edges"], None)),
        ("halls and stations a community", (found["halls"] / found["communities"], None)),
        ("candidates a community", (found["candidates"] / found["communities"], None)),
        (f"residents over {_WALK_MINUTES} min. on foot, share",
         (found["residents_far"] / found["residents"], None)),
    ]  # fmt: skip
    lines = [f"| {len(some)} of {len(listed)} counties | made | real |", "| --- | --- | --- |"]
    lines += [f"| {name} | {_shown(made)} | {_shown(real)} |" for name, (made, real) in rows]
    return "\n".join(lines)


def _ratio(
    found: Counter[str], nation: dict[str, int], above: str, below: str, times: float = 1.0
) -> tuple[float, float]:
    return times * found[above] / found[below], times * nation[above] / nation[below]


def _shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
