"""The command ``sanshe``.

Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 2 bad input, 3 no plan
can meet the request. Heavy packages load inside the commands, so that help is instant.
"""

from __future__ import annotations

import json
import locale
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from geodata.errors import SansheError
from geodata.language import current_language, set_language
from planner.messages import text

if TYPE_CHECKING:
    import pandas as pd

    from planner.plan import Plan

output = Console(soft_wrap=True, highlight=False)
messages = Console(stderr=True, soft_wrap=True, highlight=False)


class Language(StrEnum):
    """Languages that the command speaks."""

    ZH = "zh"
    EN = "en"


class By(StrEnum):
    """How coverage is broken down."""

    CITY = "city"
    KIND = "kind"
    TOWN = "town"


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="""Who is not served by community halls, and where should the next ones go?

    谁没有得到社区服务？下一处服务厅应建在哪里？""",
    epilog="Example / 示例：  sanshe plan taicang --new-halls 5 --lang zh",
)


def main() -> None:
    """Run the command; bad input ends it with one clear message and no traceback."""
    try:
        app()
    except SansheError as error:
        messages.print(f"[bold red]{text('cli.error')}[/]", end="")
        messages.print(str(error), markup=False)
        sys.exit(error.exit_code)


def _default_language() -> str:
    """Return Chinese where the environment is, else English."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return Language.ZH if spoken.lower().startswith("zh") else Language.EN


def _speak(language: Language) -> Language:
    set_language(language.value)
    return language


CityArgument = Annotated[
    str,
    typer.Argument(
        metavar="CITY",
        help="An embedded city (taicang), a .gpkg file, or a folder of .parquet files. "
        "内置城市名、.gpkg 文件或 .parquet 文件夹",
    ),
]
StandardOption = Annotated[
    str,
    typer.Option(
        "--standard",
        help="Service standard: taicang-2013, national-14fyp, or the path of a TOML profile. "
        "服务标准",
    ),
]
LanguageOption = Annotated[
    Language,
    typer.Option(
        "--lang",
        envvar="SANSHE_LANG",
        callback=_speak,
        is_eager=True,
        help="Language of messages and of the map's first view. 语言",
        default_factory=_default_language,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON, for scripts. 输出 JSON")
]


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop. 显示版本")
    ] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        output.print(installed("sanshe-planner"))
        raise typer.Exit


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Say on stderr which stage has begun: a spinner on a terminal, else a line for each."""
    if not messages.is_terminal:
        yield lambda stage: messages.print(text(f"progress.{stage}"))
        return
    with messages.status("") as status:
        yield lambda stage: status.update(text(f"progress.{stage}"))


@app.command(epilog="Example / 示例：  sanshe plan taicang --budget-yuan 20000000 --out my-plan/")
def plan(
    city: CityArgument,
    lang: LanguageOption,
    new_halls: Annotated[
        int | None,
        typer.Option(help="How many to build at the most; 5 if no goal is given. 新建数量"),
    ] = None,
    budget_yuan: Annotated[
        float | None, typer.Option(help="What they may cost together, in yuan. 总预算（元）")
    ] = None,
    target_share: Annotated[
        float | None,
        typer.Option(help="Share of residents to be served, 0 to 1, at least cost. 目标覆盖率"),
    ] = None,
    forbid: Annotated[
        list[str] | None,
        typer.Option(help="Candidate site that must not be used; may be repeated. 排除的候选地点"),
    ] = None,
    standard: StandardOption = "taicang-2013",
    out: Annotated[
        Path | None, typer.Option(help="Folder to write to; plan-CITY/ if left out. 输出文件夹")
    ] = None,
    time_limit: Annotated[
        float, typer.Option(help="Seconds for the siting model. 选址求解时限（秒）")
    ] = 60.0,
    seed: Annotated[int, typer.Option(help="Seed of everything that draws lots. 随机种子")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Find who is not served and where the next halls should go; write a map and tables.

    找出未被服务的居民，推荐新建服务厅的位置，输出离线地图与表格。
    """
    from geodata.city import open_city
    from planner.exports import export, record_text
    from planner.plan import make_plan
    from planner.request import PlanRequest
    from planner.standard import Standard

    goals = (new_halls, budget_yuan, target_share)
    PlanRequest(*goals, time_limit_s=time_limit)
    with _progress() as say:
        say("open")
        profile = Standard.load(standard)
        opened = open_city(city)
        made = make_plan(
            opened,
            profile,
            new_halls=new_halls,
            budget_yuan=budget_yuan,
            target_share=target_share,
            forbidden_sites=tuple(forbid or ()),
            time_limit_s=time_limit,
            seed=seed,
            progress=say,
        )
        say("write")
        written = export(made, out or Path(f"plan-{Path(city).stem}"), language=lang.value)
    if as_json:
        typer.echo(record_text(made), nl=False)
        return
    _print_plan(made, written[0])


def _print_plan(made: Plan, map_file: Path) -> None:
    summary = made.summary
    values = {
        **summary,
        "city": made.city.name if current_language() == "zh" else made.city.name_en,
        "standard": getattr(made.standard.name, current_language()),
        "cost_million": summary["cost_yuan"] / 1e6,
        "cost_wan": summary["cost_yuan"] / 1e4,
    }
    output.print(text("cli.headline_now", **values))
    output.print(text("cli.headline_after", **values))
    proof = "proven" if summary["status"] == "optimal" else "unproven"
    output.print(text(f"cli.{proof}", **values))
    if summary["approximate"]:
        output.print(text("cli.approximate"))
    if summary["modelled_layers"]:
        layers = text("map.list").join(
            text(f"layer.{layer}") for layer in summary["modelled_layers"]
        )
        output.print(text("cli.modelled", layers=layers))
    columns = {
        "rank": "d",
        "site_id": "",
        "community_name": "",
        "town_name": "",
        "residents_gained": ",d",
        "minutes_before": ".0f",
        "minutes_after": ".0f",
        "cost_yuan": ",.0f",
    }
    _print_table(made.recommendations, columns)
    output.print(text("cli.map", path=map_file.resolve()))


@app.command(epilog="Example / 示例：  sanshe check my-city.gpkg --json")
def check(city: CityArgument, lang: LanguageOption, as_json: JsonOption = False) -> None:
    """Check a city's data: every finding with its layer, row, and remedy. Exit 2 on errors.

    检查城市数据：逐条列出图层、行号与处理办法；有错误时退出码为 2。
    """
    from geodata.city import locate_city
    from geodata.files import read_tables
    from geodata.quality import findings_frame, inspect_tables

    with _progress() as say:
        say("check")
        tables, _ = read_tables(locate_city(city))
        findings = findings_frame(inspect_tables(tables)[1])
    if as_json:
        _print_json(findings)
    elif findings.empty:
        output.print(text("cli.no_findings", layers=len(tables)))
    else:
        columns = ["severity", "layer", "row", "key", "message", "remedy"]
        _print_table(findings, dict.fromkeys(columns, ""))
    if (findings["severity"] == "error").any():
        raise typer.Exit(2)


@app.command(epilog="Example / 示例：  sanshe coverage taicang --by town --standard national-14fyp")
def coverage(
    city: CityArgument,
    lang: LanguageOption,
    by: Annotated[
        By | None, typer.Option(help="Only this breakdown; all if left out. 分组方式")
    ] = None,
    standard: StandardOption = "taicang-2013",
    as_json: JsonOption = False,
) -> None:
    """Count the residents who reach a hall of each tier within the standard's minutes.

    统计在标准时间内可到达各层级服务设施的居民。
    """
    from geodata.city import open_city
    from planner.coverage import access_by_tier, coverage_table, service
    from planner.standard import Standard

    with _progress() as say:
        say("open")
        profile = Standard.load(standard)
        opened = open_city(city)
        say("coverage")
        accesses = access_by_tier(opened, profile)
        services = {tier: service(reached) for tier, reached in accesses.items()}
        table = coverage_table(opened, services)
    if by is not None:
        table = table[table["by"] == by.value]
    if as_json:
        _print_json(table)
        return
    columns = {
        "tier": "",
        "by": "",
        "group_name": "",
        "residents": ",d",
        "residents_served": ",d",
        "share": ".1%",
    }
    _print_table(table, columns)
    if opened.roads is None:
        output.print(text("cli.approximate"))


def _print_table(frame: pd.DataFrame, columns: dict[str, str]) -> None:
    """Print columns of a frame, each in its number format; missing values as a dash."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column, form in columns.items():
        table.add_column(
            text(f"column.{column}"), justify="right" if form else "left", overflow="fold"
        )
    for row in frame[list(columns)].itertuples(index=False):
        cells = [_cell(value, form) for value, form in zip(row, columns.values(), strict=True)]
        table.add_row(*cells)
    Console(highlight=False, markup=False, width=None if output.is_terminal else 200).print(table)


def _cell(value: Any, form: str) -> str:
    if value is None or value != value:
        return "–"
    return format(value, form) if form else str(value)


def _print_json(frame: pd.DataFrame) -> None:
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    typer.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=_plain))


def _plain(value: Any) -> Any:
    number = value.item()
    return None if isinstance(number, float) and math.isnan(number) else number
