"""The report as a PDF, set by Typst from the same parts as the Word document."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from planner.figures import CHINESE_FONTS
from planner.report.parts import Part, Picture, Report


def write_pdf(report: Report, path: Path, template: Traversable | None = None) -> None:
    """Write a report as a PDF.

    Chinese is set in a font of the computer; see ``planner.figures.chinese_font`` for whether
    there is one.

    Parameters
    ----------
    report
        What it says.
    path
        The file.
    template
        Typst file that sets it; that of the whole report if left out.
    """
    import typst

    with TemporaryDirectory() as name:
        folder = Path(name)
        source = template or files("planner.report") / "report.typ"
        (folder / source.name).write_bytes(source.read_bytes())
        tree = asdict(report) | {
            "parts": [_plain(part, folder, number) for number, part in enumerate(report.parts)],
            "fonts": list(CHINESE_FONTS),
        }
        text = json.dumps(tree, ensure_ascii=False)
        (folder / "report.json").write_text(text, "utf-8")
        # A fixed time: the same plan gives the same file.
        typst.compile(folder / source.name, output=path, root=folder, timestamp=0)


def _plain(part: Part, folder: Path, number: int) -> dict[str, Any]:
    """Return a part as JSON holds it; its picture is put beside the template."""
    tree = asdict(part) | {"part": type(part).__name__}
    if isinstance(part, Picture):
        tree["png"] = f"{number}.png"
        (folder / tree["png"]).write_bytes(part.png)
    return tree
