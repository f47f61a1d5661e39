"""``sanshe plan`` where what is planned is a region of many counties."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from geodata.language import current_language
from planner.cli.printing import messages, output, print_frame
from planner.errors import PlanError
from planner.messages import text

if TYPE_CHECKING:
    from planner.distributed import RegionPlan
    from planner.distributed.runner import Told

_SHOWN = 10


def plan_of_region(
    source: str,
    *,
    standard: str,
    out: Path | None,
    cluster: str | None,
    worker_memory: str,
    dry_run: bool,
    lang: str,
    as_json: bool,
    asked: Mapping[str, Any],
) -> None:
    """Plan a region, here or on a cluster; print the headline and the first sites.

    Parameters
    ----------
    source
        The region.
    standard
        Id or path of the standard.
    out
        Folder to write to.
    cluster
        Where to work; here if left out.
    worker_memory
        Of a worker that is started here.
    dry_run
        Whether to say only what it would take.
    lang
        Language of the map.
    as_json
        Whether to print the record.
    asked
        The request, as ``plan_region`` takes it.

    Raises
    ------
    typer.Exit
        With code 2 if counties failed: all others are written.
    """
    from geodata.city import short_name
    from planner.distributed import connected, estimate, plan_region
    from planner.distributed.region_plan import MAP, RECORD, USAGE
    from planner.standard import Standard

    profile = Standard.load(standard)
    if dry_run:
        _print_estimate(estimate(source, profile))
        return
    folder = out or Path(f"plan-{short_name(source)}")
    with connected(cluster, worker_memory=worker_memory) if cluster else nullcontext() as runner:
        if runner is not None and runner.dashboard:
            messages.print(text("cli.dashboard", address=runner.dashboard))
        with _stages() as told:
            try:
                made = plan_region(
                    source, profile, out=folder, runner=runner, lang=lang, told=told, **asked
                )
            except KeyboardInterrupt:
                messages.print(text("cli.region_stopped", path=folder / "counties.csv"))
                raise
    if as_json:
        typer.echo((folder / RECORD).read_text("utf-8"), nl=False)
    else:
        _print_plan(made, profile.name, folder / MAP)
    _say_usage(folder / USAGE)
    if not made.summary["complete"]:
        raise PlanError(
            "counties_failed",
            count=len(made.failed),
            path=folder / "failed.csv",
            first="; ".join(
                f"{row.code} {row.name_}: {row.reason}"
                for row in made.failed.rename(columns={"name": "name_"}).head(3).itertuples()
            ),
        )


@contextmanager
def _stages() -> Iterator[Told]:
    """Show how many counties of each stage are done: a bar on a terminal, else a line a stage."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    if not messages.is_terminal:
        said: list[str] = []

        def say(stage: str, done: int, total: int) -> None:
            if done == total:
                said.append(stage)
                messages.print(text("cli.stage_done", stage=text(f"stage.{stage}"), count=total))

        yield say
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=messages) as bars:
        known: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in known:
                known[stage] = bars.add_task(text(f"stage.{stage}"))
            bars.update(known[stage], completed=done, total=total)

        yield show


def _say_usage(file: Path) -> None:
    """Say what the work took: seconds of all processes together, and the most memory of one."""
    used = json.loads(file.read_text("utf-8"))
    seconds, peak = sum(used["seconds"].values()), max(used["peak_bytes"].values(), default=0)
    values = {"processes": len(used["peak_bytes"]), "gib": peak / 2**30, "minutes": seconds / 60}
    messages.print(text("cli.usage", **values))


def _print_plan(made: RegionPlan, standard: Any, page: Path) -> None:
    summary = made.summary
    values = {
        **summary,
        "region": made.region.name if current_language() == "zh" else made.region.name_en,
        "standard": getattr(standard, current_language()),
        "cost_million": summary["cost_yuan"] / 1e6,
        "cost_wan": summary["cost_yuan"] / 1e4,
    }
    output.print(text("cli.region_now", **values))
    output.print(text("cli.headline_after", **values))
    output.print(text("cli.proven" if summary["status"] == "optimal" else "cli.bounded", **values))
    if summary["approximate"]:
        output.print(text("cli.approximate"))
    columns = {
        "rank": "d",
        "site_id": "",
        "county_name": "",
        "community_name": "",
        "residents_gained": ",d",
        "cost_yuan": ",.0f",
        "yuan_per_resident": ",.0f",
    }
    print_frame(made.recommendations.head(_SHOWN), columns)
    output.print(text("cli.region_tables", path=page.parent.resolve()))
    output.print(text("cli.map", path=page.resolve()))


def _print_estimate(estimated: Any) -> None:
    """Print what a run would take, for some numbers of workers."""
    values = vars(estimated) | {
        "tasks": sum(estimated.tasks.values()),
        "disk_gb": estimated.disk_bytes / 1e9,
        "worker_gb": estimated.worker_bytes / 1e9,
    }
    output.print(text("cli.dry_run", **values))
    for workers in (1, 2, 8, 32, 128):
        output.print(text("cli.dry_run_hours", workers=workers, hours=estimated.hours(workers)))
