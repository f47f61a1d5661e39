"""``sanshe import``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from planner.cli.app import JsonOption, LanguageOption, app
from planner.cli.printing import output, print_frame, progress
from planner.messages import text

if TYPE_CHECKING:
    from geodata.importing import Imported


@app.command(
    "import",
    epilog="Examples / 示例：  sanshe import --guess *.xlsx towns.shp roads.osm.pbf "
    "--out mapping.toml\n\n  sanshe import mapping.toml --out my-city.gpkg",
)
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="MAPPING",
            help="The mapping (TOML); with --guess the files to look at. 映射文件；加 --guess "
            "时为待识别的数据文件",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            help="Where the city goes (.gpkg or a folder); with --guess the mapping. 输出位置",
        ),
    ],
    lang: LanguageOption,
    guess: Annotated[
        bool,
        typer.Option(
            "--guess", help="Look at files and write a first mapping. 识别文件并写出映射初稿"
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a city from files of any department, as a mapping says; or guess a first mapping.

    按映射文件将各部门数据导入为城市；或识别文件并写出映射初稿。
    """
    from geodata.errors import DataError

    if guess:
        _guess(files, out, as_json)
        return
    if len(files) != 1:
        raise DataError("import.one_mapping", value=len(files))
    from geodata.importing import import_city

    with progress() as say:
        imported = import_city(files[0], progress=say, write_candidates=True)
        say("import_write")
        imported.city.save(out)
    _print(imported, out, as_json)


def _guess(files: list[Path], out: Path, as_json: bool) -> None:
    import json

    from geodata.atomic import replace_file
    from geodata.errors import DataError
    from geodata.importing import guess_mapping

    if out.exists():
        raise DataError("import.mapping_exists", str(out))
    with progress() as say:
        written = guess_mapping(files, out.parent, progress=say)
        replace_file(out, lambda draft: draft.write_text(written, "utf-8", newline="\n"))
    questions = sum(
        '"?' in line for line in written.splitlines() if not line.lstrip().startswith("#")
    )
    if as_json:
        typer.echo(json.dumps({"mapping": str(out), "questions": questions}, ensure_ascii=False))
    else:
        output.print(text("cli.import_guessed", path=out, questions=questions), markup=False)


def _print(imported: Imported, out: Path, as_json: bool) -> None:
    import json

    from geodata.quality import findings_frame

    findings = findings_frame(list(imported.findings))
    if as_json:
        record = {
            "city": str(out),
            "layers": json.loads(imported.files.to_json(orient="records")),
            "findings": json.loads(findings.to_json(orient="records")),
        }
        typer.echo(json.dumps(record, ensure_ascii=False, indent=1))
        return
    print_frame(imported.files, {"layer": "", "file": "", "rows": ",d", "crs": ""})
    warnings = findings[findings["severity"] != "info"]
    if len(findings):
        columns = ["severity", "layer", "row", "message", "remedy"]
        print_frame(findings, dict.fromkeys(columns, ""))
    said = text("cli.imported", path=out, city=imported.city.name, warnings=len(warnings))
    output.print(said, markup=False)
