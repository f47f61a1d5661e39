"""``sanshe region``: index, show, copy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geodata.language import current_language
from planner.cli.app import CsvOption, JsonOption, LanguageOption, app
from planner.cli.printing import messages, output, print_frame, progress
from planner.messages import text

if TYPE_CHECKING:
    import pandas as pd

    from geodata import Region

region = typer.Typer(
    no_args_is_help=True,
    help="Regions of many counties: index, show, copy. 由多个县组成的区域：编目、查看、复制",
)
app.add_typer(region, name="region")

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A folder with region.json, or postgresql://user@host/database?schema=name. "
        "含 region.json 的文件夹或 PostGIS",
    ),
]
_COUNTS = ("communities", "residents", "candidates", "road_nodes")


@region.command(
    epilog="Example / 示例：  sanshe region index jiangsu --code 320000 --name 江苏省 "
    "--name-en Jiangsu"
)
def index(
    folder: Annotated[
        Path,
        typer.Argument(
            help="Holds a folder for each county in counties/. 其 counties 下每县一个文件夹"
        ),
    ],
    code: Annotated[str, typer.Option(help="Code of the region. 区域代码")],
    name: Annotated[str, typer.Option(help="Its name in Chinese. 中文名称")],
    name_en: Annotated[str, typer.Option(help="Its name in English. 英文名称")],
    lang: LanguageOption,
) -> None:
    """Check the counties in a folder, each and between them, and write the list of them.

    检查文件夹中的各县及其相互关系，并写出各县清单。
    """
    from geodata import index_region

    with progress() as say:
        made = index_region(
            folder,
            code=code,
            name=name,
            name_en=name_en,
            progress=lambda done, total: say("region_counties", done=done, total=total),
        )
    output.print(_headline(made), markup=False)


@region.command(epilog="Example / 示例：  sanshe region show jiangsu")
def show(
    source: SourceArgument,
    lang: LanguageOption,
    as_csv: CsvOption = False,
    as_json: JsonOption = False,
) -> None:
    """List the counties, their sizes and which layers each lacks; no county is opened.

    列出各县、其规模及所缺的图层；不读取各县内容。
    """
    from geodata import open_region

    with progress() as say:
        say("region_open")
        opened = open_region(source, complete=False)
        table = _table(opened, spoken=not (as_csv or as_json))
    columns = {"code": "", "name": ""} | dict.fromkeys(_COUNTS, ",d") | {"lacks": ""}
    print_frame(table, columns, as_json=as_json, as_csv=as_csv)
    messages.print(_headline(opened), markup=False)
    lacking = int((table["lacks"] != "").sum())
    if lacking:
        messages.print(text("cli.region_lacking", count=lacking))


@region.command(
    epilog="Example / 示例：  sanshe region copy jiangsu "
    "'postgresql://planner@host/planning?schema=jiangsu'"
)
def copy(
    source: SourceArgument,
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="A folder, or postgresql://user@host/database?schema=name. 目标文件夹或 PostGIS",
        ),
    ],
    lang: LanguageOption,
    viewers: Annotated[
        str | None,
        typer.Option(help="Role of the database that may read the region. 可查看的数据库角色"),
    ] = None,
) -> None:
    """Check every county and copy the region; each county whole or not at all, the list last.

    检查并复制整个区域：每个县要么全部完成，要么不作改动；清单最后写入。
    """
    from geodata import open_region
    from geodata.city import shown_name

    with progress() as say:
        say("region_open")
        opened = open_region(source)
        opened.save(
            target,
            viewers=viewers,
            progress=lambda done, total: say("region_counties", done=done, total=total),
        )
    output.print(text("cli.region_copied", count=len(opened.counties)), end="")
    output.print(shown_name(target), markup=False)


def _table(opened: Region, *, spoken: bool) -> pd.DataFrame:
    """Return the counties with what each lacks: layers by name, or as a person calls them."""
    import pandas as pd

    table = pd.DataFrame(opened.counties.drop(columns="geometry")).reset_index()
    if spoken and current_language() == "en":
        table["name"] = table["name_en"].fillna(table["name"])
    joint, called = (", ", lambda name: text(f"layer.{name}")) if spoken else (";", str)
    lacks = opened.lacking()
    return table.assign(lacks=[joint.join(map(called, lacks[code])) for code in table["code"]])


def _headline(made: Region) -> str:
    counts = {name: int(made.counties[name].sum()) for name in _COUNTS}
    name = made.name if current_language() == "zh" else made.name_en
    return text("cli.region", name=name, code=made.code, counties=len(made.counties), **counts)
