"""Make a synthetic province or country on disk: many counties, each a complete city.

    python -m benchmarks.make_region OUT --counties 100 --communities 20000 --road-nodes 3000000

Sizes and shares are those of ``benchmarks.region.figures``, which names the public source of each:
some 2,844 county-level divisions with 41,000 towns and 620,000 communities (Ministry of Civil
Affairs, statistical bulletin), 1.41 billion residents, 66 % of them urban (National Bureau of
Statistics, communiqué of 2023), 17 to 19 % children and 16 to 24 % elderly by kind of community
(Seventh National Census), 3.2 million natural villages (Third National Agricultural Census) and
5.44 million km of highways, of them 0.18 of expressways and 4.6 of rural roads (Ministry of
Transport, statistical bulletin of 2023). What no bulletin tells is as in the embedded city of
Taicang. Nothing in it is real: provinces have numbers that no province has.

What is written::

    OUT/region.json        code, name, name_en, sources
    OUT/counties.parquet   a row a county: code, names, folder, counts, boundary
    OUT/counties/CODE/     what ``geodata.open_city`` opens

Counties share their borders corner by corner. A road belongs to the county where it begins; where
it ends beyond the border, that node is in the county's nodes too, under the same id. The same
arguments give the same bytes, whether counties are made one by one or several at a time.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.region import land, services, society
from benchmarks.region.design import Design
from benchmarks.region.roads import lay_roads
from geodata import City
from geodata.layers import LAYERS
from geodata.region.stored import write_region

COUNTIES = "counties"
COUNTS = ("communities", "residents", "candidates", "road_nodes")
_MODEL = {
    "en": "synthetic, made by benchmarks/make_region.py (seed {seed})",
    "zh": "合成数据，由 benchmarks/make_region.py 生成（随机种子 {seed}）",
}


def make_county(design: Design, number: int) -> City:
    """Return a county of a region, made by itself.

    Parameters
    ----------
    design
        The region.
    number
        Which county, from 0: by rows from the south-west.
    """
    drawn = design.register.iloc[number]
    ground = land.county_land(design, number)
    areas = land.divide(design, number, ground)
    towns, town = land.town_table(design, number, areas)
    named = society.name_communities(design, number, areas, towns, town)
    communities = areas.join(named).join(society.settle_people(design, number, areas))
    settlements = society.settle(design, number, ground, communities)
    halls = society.build_halls(design, number, towns, communities, settlements)
    candidates = society.find_candidates(design, number, communities, settlements, halls)
    organisations = services.found_organisations(design, number, communities, settlements)
    urban = communities["urban"].to_numpy()[settlements["home"]]
    nodes, edges = lay_roads(design, number, ground, settlements, urban)
    cells = land.in_degrees(design, communities["cell"].to_numpy())
    towns["residents"] = communities["residents"].groupby(town).sum().to_numpy()
    towns["geometry"] = [shapely.union_all(cells[town == t]) for t in range(len(towns))]
    places = partial(_at_places, design)
    tables = {
        "boundary": boundaries(design, [number])[["code", "name", "name_en", "geometry"]],
        "towns": gpd.GeoDataFrame(towns, crs=4326),
        "communities": gpd.GeoDataFrame(
            communities.drop(columns=["town", "urban", "x", "y", "cell"]), geometry=cells, crs=4326
        ),
        "settlements": places(settlements.drop(columns=["home", "rank"])),
        "halls": places(halls),
        "workers": services.post_workers(design, number, communities, halls),
        "organisations": places(organisations),
        "projects": services.buy_projects(design, number, communities, organisations),
        "candidates": places(candidates),
    }
    tables = {name: frame.assign(source="modelled") for name, frame in tables.items()}
    assert drawn["residents"] == settlements["residents"].sum()
    return City.from_tables(
        tables | {"road_nodes": nodes, "road_edges": edges}, _sources(design, LAYERS)
    )


def _at_places(design: Design, frame: pd.DataFrame) -> gpd.GeoDataFrame:
    points = shapely.points(design.degrees(frame[["x", "y"]].to_numpy()))
    return gpd.GeoDataFrame(frame.drop(columns=["x", "y"]), geometry=points, crs=4326)


def _sources(design: Design, layers: object) -> dict[str, object]:
    source = {language: text.format(seed=design.seed) for language, text in _MODEL.items()}
    return {name: {"real": [], "source": source} for name in layers}


def boundaries(design: Design, numbers: object) -> gpd.GeoDataFrame:
    """Return counties as ``counties.parquet`` holds them: code, names, folder, counts, boundary.

    Parameters
    ----------
    design
        The region.
    numbers
        Which counties, from 0.
    """
    drawn = design.register.iloc[list(numbers)].reset_index(drop=True)
    shapes = np.array([land.county_land(design, number) for number in numbers])
    return gpd.GeoDataFrame(
        {
            **{column: drawn[column] for column in ("code", "name", "name_en")},
            "folder": COUNTIES + "/" + drawn["code"],
            **{column: drawn[column] for column in COUNTS},
        },
        geometry=land.in_degrees(design, shapes),
        crs=4326,
    )


def make_region(
    folder: str | Path,
    *,
    counties: int = 100,
    communities: int = 20_000,
    road_nodes: int = 3_000_000,
    seed: int = 0,
    metadata_only: bool = False,
    workers: int = 1,
    progress: Callable[[int, int], object] | None = None,
) -> Path:
    """Write a region and return its folder.

    Parameters
    ----------
    folder
        Where to; counties that are there are written again.
    counties, communities, road_nodes
        Totals over the region. Nodes beyond a border that a county repeats are not counted.
    seed
        The same arguments make the same bytes.
    metadata_only
        Whether to write ``region.json`` and ``counties.parquet`` alone.
    workers
        Processes that make counties.
    progress
        Told how many counties of how many are made.
    """
    design, folder = Design(counties, communities, road_nodes, seed), Path(folder)
    if not metadata_only:
        (folder / COUNTIES).mkdir(parents=True, exist_ok=True)
        make = partial(_save_county, design, folder)
        if workers > 1:
            with ProcessPoolExecutor(workers) as pool:
                for done, _ in enumerate(pool.map(make, range(counties)), 1):
                    _tell(progress, done, counties)
        else:
            for number in range(counties):
                make(number)
                _tell(progress, number + 1, counties)
    frame = boundaries(design, range(counties))
    about = {
        "code": "000000" if design.is_country else frame["code"].iloc[0][:2] + "0000",
        "name": "模拟国" if design.is_country else "模拟省",
        "name_en": "Model Country" if design.is_country else "Model Province",
        "sources": _sources(design, [COUNTIES]),
    }
    write_region(folder, about, frame)
    return folder


def _save_county(design: Design, folder: Path, number: int) -> None:
    make_county(design, number).save(folder / COUNTIES / design.register["code"].iloc[number])


def _tell(progress: Callable[[int, int], object] | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.make_region", description=__doc__.splitlines()[0]
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--counties", type=int, default=100)
    parser.add_argument("--communities", type=int, default=20_000)
    parser.add_argument("--road-nodes", type=int, default=3_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes that make counties")
    parser.add_argument("--metadata-only", action="store_true", help="no counties, their list only")
    parser.add_argument(
        "--statistics", action="store_true", help="print what came out beside the real figures"
    )
    given = vars(parser.parse_args())
    out, statistics = given.pop("out"), given.pop("statistics")
    started = time.perf_counter()

    def progress(done: int, total: int) -> None:
        seconds = time.perf_counter() - started
        print(f"\r{done} of {total} counties, {seconds:.0f} s", end="", file=sys.stderr, flush=True)

    try:
        make_region(out, **given, progress=progress)
    except ValueError as error:
        parser.error(str(error))
    print(f"\n{out}: {time.perf_counter() - started:.1f} s", file=sys.stderr)
    if statistics:
        from benchmarks.region.statistics import table

        print(table(out))


if __name__ == "__main__":
    main()
