"""plan_region: a plan for many counties at once, under one budget."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geodata.atomic import alone_in, replace_files
from planner.distributed.master import Run
from planner.distributed.ranking import ranked
from planner.distributed.runner import Here, Runner, Told
from planner.distributed.settle import FOLDER
from planner.distributed.store import Store, as_text
from planner.errors import PlanError
from planner.request import PlanRequest
from planner.siting.watch import relative_gap
from planner.tables import write_csv

if TYPE_CHECKING:
    from geodata.region import Region
    from planner.standard import Standard

RECORD = "region.json"
USAGE = "run.json"
MAP = "map.html"
_FAILED = "failed.csv"
_SHOWN = 10


@dataclass(frozen=True, repr=False)
class RegionPlan:
    """What is lacking in a region of many counties, and which sites to build under one budget.

    Attributes
    ----------
    region
        The region.
    summary
        Headline figures: residents served before and after, cost, proof, counties that failed.
    counties
        A row per county: code, name, name_en; residents, served_before, served_after (persons),
        share_before, share_after; new_sites, cost_yuan; status (``done``, ``failed``, ``missing``)
        and what is wrong; without: counties around it that could not be read. Missing figures are
        those of counties that failed.
    recommendations
        A row per site to build, by rank over the region: see ``ranking.ranked``.
    folder
        Where all tables are: ``counties/CODE/`` holds settlements, communities and halls.
    """

    region: Region
    summary: Mapping[str, Any]
    counties: gpd.GeoDataFrame
    recommendations: gpd.GeoDataFrame
    folder: Path

    @property
    def failed(self) -> pd.DataFrame:
        """The counties that are not in the plan: code, name, stage, reason."""
        rows = self.counties[self.counties["status"] != "done"]
        return pd.DataFrame(rows[["code", "name", "status", "stage", "reason"]])

    def county(self, code: str, table: str = "settlements") -> gpd.GeoDataFrame:
        """Return a table of a county: settlements, communities, halls or new_sites."""
        return gpd.read_parquet(self.folder / FOLDER / code / f"{table}.parquet")

    def __repr__(self) -> str:
        """Return the headline."""
        told = self.summary
        done, served = "{counties_done} of {counties}", "{share_before:.1%} -> {share_after:.1%}"
        said = f"{done} counties, {{new_halls}} new, {served} served".format(**told)
        return f"RegionPlan({self.region.name}: {said})"

    def _repr_html_(self) -> str:
        """Return the headline and the first recommendations, as notebooks show it."""
        columns = ["rank", "county_name", "name", "residents_gained", "cost_yuan"]
        first = self.recommendations[columns].head(_SHOWN).to_html(index=False, border=0)
        return f"<h4>{escape(repr(self))}</h4>{first}"


def plan_region(
    source: str | Path,
    standard: Standard,
    *,
    out: str | Path,
    new_halls: int | None = None,
    budget_yuan: float | None = None,
    target_share: float | None = None,
    forbidden_sites: tuple[str, ...] = (),
    time_limit_s: float = 60.0,
    seed: int = 0,
    gap: float = 0.001,
    runner: Runner | None = None,
    lang: str = "zh",
    told: Told = lambda stage, done, total: None,
) -> RegionPlan:
    """Find who of a region is not served and where to build under one budget; write tables and map.

    Each county is worked on by itself, with all that lies in its margin, so that halls across a
    border count; a master divides the budget over counties by their frontiers of gain, with a
    bound. What is on disk in ``out`` and was made from the same content is not computed again: a
    run that was ended goes on where it was.

    Parameters
    ----------
    source
        The region: a folder with ``region.json``, or a PostGIS address.
    standard
        What residents are entitled to; of its tiers the community's counts here.
    out
        Folder of the results; every worker must see it under this name.
    new_halls, budget_yuan, target_share
        One goal for the whole region; 5 new halls if none is given.
    forbidden_sites
        Ids of candidate sites that must not be used.
    time_limit_s
        Seconds for each siting model of a county.
    seed
        Seed of the siting models.
    gap
        Relative gap at which the division of the budget over counties is good enough.
    runner
        Where the work is done: a ``Cluster``, or here if left out. The results are the same to the
        byte, but for ``run.json``.
    lang
        Language of the map.
    told
        Told of a stage, how many of its tasks are done, and of how many.

    Returns
    -------
    RegionPlan
        Also where counties failed: ``failed`` names them.

    Raises
    ------
    PlanError
        If the request cannot be worked with, counties do not go together, or none can be read.
    InfeasibleError
        If no sites meet the request.
    DataError
        If there is no region, or the folder cannot be written to or another run is writing there.

    References
    ----------
    Geoffrion (1970), "Primal resource-directive approaches for optimizing nonlinear decomposable
    systems", Operations Research 18.

    Examples
    --------
    >>> import planner
    >>> standard = planner.Standard.load("taicang-2013")
    >>> plan = plan_region("province/", standard, out="plan/", new_halls=200)  # doctest: +SKIP
    """
    from geodata.region import is_region, open_region

    request = PlanRequest(
        new_halls=new_halls,
        budget_yuan=budget_yuan,
        target_share=target_share,
        forbidden_sites=tuple(forbidden_sites),
        time_limit_s=time_limit_s,
        seed=seed,
    )
    if not 0 <= gap < 1:
        raise PlanError("bad_gap", value=gap)
    folder = Path(out).absolute()
    if is_region(folder) and not (folder / USAGE).exists():
        raise PlanError("out_is_region", path=out)
    here = Path(source).is_dir()
    region = open_region(Path(source).absolute() if here else source, complete=False)
    run = Run(region, standard, request, gap, folder, runner or Here(), told)
    with alone_in(folder):
        try:
            run.to_the_end()
        except KeyboardInterrupt:
            _write(run, _without_sites(run), lang)
            raise
        finally:
            Store(folder).tidy()
        names = {code: county["name"] for code, county in run.prepared.items()}
        return _write(run, ranked(folder, run.settled, names), lang)


def _without_sites(run: Run) -> gpd.GeoDataFrame:
    """Return no recommendations: those of a run that was ended before there were any."""
    columns = ["rank", "site_id", "county_code", "county_name", "name", "residents_gained"]
    empty = pd.DataFrame(columns=[*columns, "cost_yuan"])
    return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=run.region.counties.crs))


def _write(run: Run, recommendations: gpd.GeoDataFrame, lang: str) -> RegionPlan:
    """Write what is true of the region as a whole; what counties have is there already."""
    from planner.distributed.page import region_map
    from planner.maps.offline import left_over

    counties = _counties(run, recommendations)
    plan = RegionPlan(
        region=run.region,
        summary=_summary(run, counties, recommendations),
        counties=counties,
        recommendations=recommendations,
        folder=run.folder,
    )
    _remove_stale(run)
    writers: dict[str, Callable[[Path], object]] = {
        **region_map(counties, recommendations, lang).writers(MAP),
        "counties.csv": partial(write_csv, counties),
        "counties.parquet": partial(counties.to_parquet, index=False, compression="zstd"),
        "recommendations.csv": partial(write_csv, recommendations),
        "recommendations.parquet": partial(
            recommendations.to_parquet, index=False, compression="zstd"
        ),
    }
    if len(plan.failed):
        writers[_FAILED] = partial(write_csv, plan.failed)
    usage = as_text(vars(run.runner.usage))
    record = as_text(_record(run, plan))
    writers[USAGE] = lambda path: path.write_text(usage, "utf-8")
    writers[RECORD] = lambda path: path.write_text(record, "utf-8")
    stale = ({_FAILED} - writers.keys()) | left_over(run.folder / MAP, writers)
    replace_files(run.folder, writers, remove=stale)
    return plan


def _remove_stale(run: Run) -> None:
    """Remove the tables of counties that this run has not settled: they are of an earlier one."""
    for place in (run.folder / FOLDER).glob("*"):
        if place.name not in run.settled:
            shutil.rmtree(place)


def _counties(run: Run, recommendations: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    known = run.region.counties
    rows = []
    for code in known.index:
        figures = run.settled.get(code) or {}
        today = run.measured.get(code) or {}
        stage, reason = run.failed.get(code, ("", ""))
        rows.append(
            {
                "residents": today.get("residents"),
                "served_before": today.get("served"),
                "served_after": figures.get("served_after"),
                "status": "failed" if reason else "done" if figures else "missing",
                "stage": stage,
                "reason": reason,
                "without": ";".join(figures.get("without", [])),
            }
        )
    counts = ["residents", "served_before", "served_after"]
    table = pd.DataFrame(rows).astype(dict.fromkeys(counts, "Int64"))
    for when in ("before", "after"):
        share = table[f"served_{when}"].astype("Float64") / table["residents"]
        table[f"share_{when}"] = share.astype(float)
    costs = recommendations.groupby("county_code")["cost_yuan"]
    table["new_sites"] = costs.size().reindex(known.index, fill_value=0).to_numpy("int64")
    table["cost_yuan"] = costs.sum().reindex(known.index, fill_value=0.0).to_numpy(float)
    said = ["status", "stage", "reason", "without"]
    table = table[[*table.columns.drop(said), *said]]
    plain = known[["name", "name_en"]].rename_axis("code").reset_index().join(table)
    return gpd.GeoDataFrame(plain, geometry=known.geometry.to_numpy(), crs=known.crs)


def _summary(
    run: Run, counties: gpd.GeoDataFrame, recommendations: gpd.GeoDataFrame
) -> dict[str, Any]:
    measured = counties.dropna(subset=["served_after"])
    total, before, after = (
        int(measured[column].sum()) for column in ("residents", "served_before", "served_after")
    )
    cost = float(recommendations["cost_yuan"].sum())
    told = {
        "counties": len(counties),
        "counties_done": int((counties["status"] == "done").sum()),
        "complete": bool((counties["status"] == "done").all()),
        "residents": total,
        "served_before": before,
        "served_after": after,
        "unserved_before": total - before,
        "unserved_after": total - after,
        "share_before": before / total if total else 0.0,
        "share_after": after / total if total else 0.0,
        "new_halls": len(recommendations),
        "cost_yuan": cost,
        "margin_metres": run.margin_metres,
        "approximate": any(county["approximate"] for county in run.measured.values()),
        "real_layers": sorted(
            set.intersection(*(set(county["real"]) for county in run.prepared.values()))
            if run.prepared
            else ()
        ),
    }
    return told | _proof(run, before, after, cost)


def _proof(run: Run, before: int, after: int, cost: float) -> dict[str, Any]:
    """Return how good the sites are: what they reach, what none could beat, and the gap."""
    if run.divided is None:
        return {"model": "", "status": "missing", "objective": None, "bound": None, "gap": None}
    least = run.request.target_share is not None
    objective = cost if least else float(after)
    bound = run.divided.bound / 100 if least else float(before + run.divided.bound)
    bound = min(bound, objective) if least else max(bound, objective)
    gap = relative_gap(objective, bound)
    return {
        "model": "partial LSCP" if least else "MCLP",
        "status": "optimal" if gap == 0 else "feasible",
        "objective": objective,
        "bound": bound,
        "gap": gap,
        "rounds": run.divided.rounds,
        "evaluations": run.divided.evaluations,
    }


def _record(run: Run, plan: RegionPlan) -> dict[str, Any]:
    """Return what the plan was made from and what it found."""
    request = run.request
    goals = ("new_halls", "budget_yuan", "target_share", "time_limit_s", "seed")
    return {
        "product": {"name": "sanshe-planner", "version": version("sanshe-planner")},
        "region": {"code": run.region.code, "name": run.region.name, "name_en": run.region.name_en},
        "standard": run.standard.model_dump(mode="json", exclude_none=True),
        "request": {name: getattr(request, name) for name in goals}
        | {"forbidden_sites": list(request.forbidden_sites), "gap": run.gap},
        "summary": dict(plan.summary),
        "content": {code: county["key"] for code, county in run.prepared.items()},
        "failed": json.loads(plan.failed.to_json(orient="records", force_ascii=False)),
    }
