"""``sanshe check``."""

from __future__ import annotations

import typer

from planner.cli.app import CityArgument, JsonOption, LanguageOption, app
from planner.cli.printing import output, print_frame, progress
from planner.messages import text


@app.command(epilog="Example / 示例：  sanshe check my-city.gpkg --json")
def check(city: CityArgument, lang: LanguageOption, as_json: JsonOption = False) -> None:
    """Check a city's data: every finding with its layer, row, and remedy. Exit 2 on errors.

    检查城市数据：逐条列出图层、行号与处理办法；有错误时退出码为 2。
    """
    from geodata.city import stored_tables
    from geodata.quality import findings_frame, inspect_tables

    with progress() as say:
        say("check")
        tables, _ = stored_tables(city)
        findings = findings_frame(inspect_tables(tables)[1])
    if findings.empty and not as_json:
        output.print(text("cli.no_findings", layers=len(tables)))
    else:
        columns = ["severity", "layer", "row", "key", "message", "remedy"]
        print_frame(findings, dict.fromkeys(columns, ""), as_json=as_json)
    if (findings["severity"] == "error").any():
        raise typer.Exit(2)
