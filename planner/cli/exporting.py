"""``sanshe export``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from planner.cli.app import CityArgument, LanguageOption, app
from planner.cli.printing import output, progress
from planner.messages import text


class Format(StrEnum):
    """Formats of other programs."""

    CSV = "csv"
    XLSX = "xlsx"
    GEOJSON = "geojson"
    SHAPEFILE = "shapefile"


@app.command(epilog="Example / 示例：  sanshe export taicang --format xlsx --out taicang-xlsx")
def export(
    city: CityArgument,
    form: Annotated[Format, typer.Option("--format", help="A file per layer. 格式")],
    out: Annotated[Path, typer.Option("--out", help="A new folder. 新文件夹")],
    lang: LanguageOption,
) -> None:
    """Write a city's layers for other programs, with the mapping that imports them again.

    将城市图层导出为其他软件的格式，并附可重新导入的映射文件。
    """
    from geodata.city import open_city
    from geodata.exporting import export_city

    with progress() as say:
        say("open")
        opened = open_city(city)
        say("import_write")
        export_city(opened, out, form.value)
    output.print(text("cli.exported", path=out), markup=False)
