"""``sanshe copy``."""

from __future__ import annotations

from typing import Annotated

import typer

from planner.cli.app import CityArgument, LanguageOption, app
from planner.cli.printing import output, progress
from planner.messages import text


@app.command(epilog="Example / 示例：  sanshe copy taicang my-city.gpkg")
def copy(
    city: CityArgument,
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="A .gpkg file, a folder for .parquet files, or "
            "postgresql://user@host/database?schema=name. 目标文件、文件夹或 PostGIS",
        ),
    ],
    lang: LanguageOption,
    viewers: Annotated[
        str | None,
        typer.Option(help="Role of the database that may read the city. 可查看的数据库角色"),
    ] = None,
) -> None:
    """Check a city and copy it, from a file or database to another; whole or not at all.

    检查城市数据并整体复制到文件、文件夹或 PostGIS 数据库；要么全部完成，要么不作改动。
    """
    from geodata.city import open_city, shown_name

    with progress() as say:
        say("open")
        opened = open_city(city)
        say("copy")
        opened.save(target, viewers=viewers)
    tables = opened.tables()
    rows = sum(len(frame) for frame in tables.values())
    output.print(text("cli.copied", layers=len(tables), rows=rows), end="")
    output.print(shown_name(target), markup=False)
