"""``sanshe standard``: list, show, check, new."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geodata.language import current_language
from planner.cli.app import CsvOption, JsonOption, LanguageOption, app
from planner.cli.printing import output, print_frame
from planner.messages import text

standard = typer.Typer(
    no_args_is_help=True,
    help="Service standards: list, show, check one of your own, copy one to edit. 服务标准",
)
app.add_typer(standard, name="standard")

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="A profile by name, or the path of one. 名称或路径")
]


@standard.command("list", epilog="Example / 示例：  sanshe standard list")
def list_(lang: LanguageOption, as_csv: CsvOption = False, as_json: JsonOption = False) -> None:
    """List the profiles that come with the planner, with their sources.

    列出内置的服务标准及其依据。
    """
    import pandas as pd

    from planner.profiles import profile_names
    from planner.standard import Standard

    profiles = [Standard.load(name) for name in profile_names()]
    language = current_language()
    rows = [
        (one.id, getattr(one.name, language), getattr(one.source, language)) for one in profiles
    ]
    table = pd.DataFrame(rows, columns=["standard", "name", "source"])
    print_frame(table, dict.fromkeys(table, ""), as_json=as_json, as_csv=as_csv)


@standard.command(epilog="Example / 示例：  sanshe standard show taicang-2013")
def show(
    name: NameArgument,
    lang: LanguageOption,
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show a profile: every figure with its source.

    显示服务标准的各项数值及其依据。
    """
    import pandas as pd

    from planner.standard import Standard

    rows = Standard.load(name).figures()
    table = pd.DataFrame(rows, columns=["key", "value", "source"])
    print_frame(table, dict.fromkeys(table, ""), as_json=as_json, as_csv=as_csv)


@standard.command(epilog="Example / 示例：  sanshe standard check my-standard.toml")
def check(
    name: NameArgument,
    lang: LanguageOption,
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """Check a profile: every key that is wrong, and what is wrong with it. Exit 2 on errors.

    检查服务标准文件：逐条列出有误的键；有错误时退出码为 2。
    """
    import pandas as pd

    from planner.profiles import read_profile
    from planner.standard import Standard

    wrong = Standard.problems(read_profile(name))
    if not wrong and not (as_csv or as_json):
        output.print(text("cli.standard_sound", name=name), markup=False)
        return
    table = pd.DataFrame(wrong, columns=["key", "message"])
    print_frame(table, dict.fromkeys(table, ""), as_json=as_json, as_csv=as_csv)
    if wrong:
        raise typer.Exit(2)


@standard.command(epilog="Example / 示例：  sanshe standard new taicang-2013 my-standard.toml")
def new(
    name: NameArgument,
    path: Annotated[Path, typer.Argument(help="Where to write it; must not exist. 输出路径")],
    lang: LanguageOption,
) -> None:
    """Copy a profile to a file of your own, to be edited; never overwrites one.

    复制一份服务标准供修改；不会覆盖已有文件。
    """
    from planner.profiles import copy_profile

    copy_profile(name, path)
    output.print(text("cli.standard_new", path=path), markup=False)
