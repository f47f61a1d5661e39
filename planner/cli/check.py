"""``sanshe check``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geodata.language import current_language
from planner.cli.app import CityArgument, JsonOption, LanguageOption, app
from planner.cli.printing import messages, output, plain, print_frame, progress, records
from planner.errors import PlanError
from planner.messages import text

if TYPE_CHECKING:
    import pandas as pd

    from geodata.findings import Finding

_FINDINGS = ("severity", "layer", "row", "key", "message", "remedy")
_CHANGES = ("layer", "row", "key", "column", "was", "now", "repair")


@app.command(epilog="Example / 示例：  sanshe check my-city.gpkg --fix --out mended.gpkg")
def check(
    city: CityArgument,
    lang: LanguageOption,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix",
            help="Make the repairs that cannot change what is meant, and list each; "
            "without --out nothing is written. 自动修复安全项",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Where to write the mended city: .gpkg or a folder. 修复后的输出位置"),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Whether --out may replace what is there. 允许覆盖"),
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(help="Write a page with the table and a small map. 生成网页报告"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a city's data: every finding with its layer, row, and remedy. Exit 2 on errors.

    检查城市数据：逐条列出图层、行号与处理办法；有错误时退出码为 2。
    """
    from geodata.atomic import replace_file
    from geodata.city import is_database, locate_city, short_name, stored_tables
    from geodata.files import write_tables
    from geodata.layers import LAYERS
    from geodata.quality import findings_frame, inspect_tables
    from geodata.quality.fixes import changes_frame, fix_tables
    from geodata.quality.rings import read_closing
    from planner.maps.findings_page import findings_page

    source = None if is_database(city) else locate_city(city)
    _may_write(source, out, fix=fix, overwrite=overwrite)
    with progress() as say:
        say("check")
        if source is not None:
            tables, metadata, unclosed, changes = read_closing(source)
        else:
            (tables, metadata), unclosed, changes = stored_tables(city), [], []
        if fix:
            tables, more = fix_tables(tables)
            changes, unclosed = changes + more, []
        else:
            changes = []
        findings = _serious_first([*unclosed, *inspect_tables(tables)[1]])
        if out is not None:
            # Layers that the planner does not know stay out: their names could be paths.
            known = {name: frame for name, frame in tables.items() if name in LAYERS}
            write_tables(known, metadata, out)
        if html is not None:
            page = findings_page(
                findings,
                tables,
                title=str(metadata.get("name") or short_name(city)),
                language=current_language(),
                changes=changes,
            )
            replace_file(html, lambda draft: draft.write_text(page, "utf-8"))
    table, made = findings_frame(findings), changes_frame(changes)
    if as_json:
        listed = records(table)
        whole = {"changes": records(made), "findings": listed} if fix else listed
        typer.echo(json.dumps(whole, ensure_ascii=False, indent=1, default=plain))
    else:
        _print(table, made, layers=len(tables), fix=fix)
    if fix and out is None and len(made):
        messages.print(text("cli.fix.not_written"))
    for path in filter(None, (out, html)):
        messages.print(text("cli.check_written", path=path), markup=False)
    if (table["severity"] == "error").any():
        raise typer.Exit(2)


def _may_write(source: Path | None, out: Path | None, *, fix: bool, overwrite: bool) -> None:
    """Refuse an output that would replace what it should not.

    Raises
    ------
    PlanError
        If --out is given without --fix, or something is there and --overwrite is not given, or
        the input lies in the folder that would be replaced.
    """
    if out is None:
        return
    if not fix:
        raise PlanError("out_without_fix")
    if out.exists() and not overwrite:
        raise PlanError("out_exists", path=str(out))
    if source is not None and out.resolve() in source.resolve().parents:
        raise PlanError("out_holds_input", path=str(out))


def _serious_first(findings: Sequence[Finding]) -> list[Finding]:
    from geodata.findings import SEVERITIES

    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def _print(findings: pd.DataFrame, changes: pd.DataFrame, *, layers: int, fix: bool) -> None:
    if fix:
        output.print(text("cli.fix.changes", count=len(changes)))
        if len(changes):
            print_frame(changes, dict.fromkeys(_CHANGES, ""))
    if findings.empty:
        output.print(text("cli.no_findings", layers=layers))
    else:
        print_frame(findings, dict.fromkeys(_FINDINGS, ""))
