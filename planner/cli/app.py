"""The command ``sanshe``: what all its subcommands share.

Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 2 bad input, 3 no plan
can meet the request. Heavy packages load inside the commands, so that help is instant.
"""

from __future__ import annotations

import locale
import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

from geodata.errors import SansheError
from geodata.language import set_language
from planner.cli.printing import messages, output
from planner.messages import text


class Language(StrEnum):
    """Languages that the command speaks."""

    ZH = "zh"
    EN = "en"


class Tier(StrEnum):
    """Tiers of halls."""

    MUNICIPAL = "municipal"
    TOWN = "town"
    COMMUNITY = "community"


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
        help="An embedded city (taicang, porto_alegre), a .gpkg file, a folder of .parquet "
        "files, or postgresql://user@host/database?schema=name. "
        "内置城市名、.gpkg 文件、.parquet 文件夹或 PostGIS",
    ),
]
StandardOption = Annotated[
    str,
    typer.Option(
        "--standard",
        help="Service standard: taicang-2013, national-14fyp, health-walk-15, or the path of a "
        "TOML profile. 服务标准",
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
CsvOption = Annotated[
    bool, typer.Option("--csv", help="Print the result as CSV, for spreadsheets. 输出 CSV")
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
