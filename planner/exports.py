"""Everything that ``sanshe plan`` writes: map, tables, GeoPackage and the record of the plan.

All files change as one (``geodata.atomic``); the record comes last and holds the SHA-256 of the
others, so that files of two plans can be told from those of one.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.atomic import replace_files
from geodata.disclosure import publishable
from geodata.fingerprint import city_fingerprints
from planner.maps import plan_map
from planner.maps.offline import left_over
from planner.report import can_print, make_report, write_report, write_workbook
from planner.tables import TABLES, rounded, write_csv, write_geopackage

if TYPE_CHECKING:
    from planner.plan import Plan

MAP_FILE = "map.html"
RECORD_FILE = "plan.json"
REPORT_FILES = frozenset({"report.docx", "report.pdf", "tables.xlsx"})
_LIBRARIES = ("geopandas", "highspy", "numba", "numpy", "pyproj", "scipy", "shapely")


def export(
    plan: Plan, folder: str | Path, *, language: str = "zh", report: bool = True
) -> list[Path]:
    """Write a plan's map, tables and record to a folder.

    Parameters
    ----------
    plan
        The plan.
    folder
        Made if it is not there; files of an earlier plan in it are replaced, others stay.
    language
        Language of the report, and in which the map opens: ``"zh"`` or ``"en"``.
    report
        Whether the report and the workbook are written too.

    Returns
    -------
    list of Path
        map.html (one self-contained page), a CSV for each of ``TABLES`` (UTF-8 that spreadsheet
        programs recognise), plan.gpkg (opens in QGIS), report.docx, report.pdf (not in Chinese
        where no Chinese font is installed) and tables.xlsx, and plan.json (what the plan was made
        from and what it found; enough to make it again). None of them tells a small number of
        sensitive clients, nor do all together.

    Raises
    ------
    DataError
        If the folder cannot be written to, or another process is writing a plan to it; files that
        were there are then unchanged.
    """
    folder = Path(folder)
    writers = writers_of(plan, language, report=report)
    stale = (REPORT_FILES - writers.keys()) | left_over(folder / MAP_FILE, writers)
    return replace_files(folder, writers, remove=stale)


def writers_of(
    plan: Plan, language: str, *, report: bool = True
) -> dict[str, Callable[[Path], object]]:
    """Return what makes each file of a plan, by its name; the record comes last.

    It holds the SHA-256 of the files that stand beside it.
    """
    writers: dict[str, Callable[[Path], object]] = {
        **plan_map(plan, lang=language).writers(MAP_FILE),
        **{f"{name}.csv": partial(write_csv, getattr(plan, name)) for name in TABLES},
        "plan.gpkg": partial(write_geopackage, plan),
    }
    if report:
        said = make_report(plan, language)
        writers["report.docx"] = partial(write_report, said)
        if can_print(language):
            writers["report.pdf"] = partial(write_report, said)
        writers["tables.xlsx"] = partial(write_workbook, plan)
    names = sorted(writers)
    writers[RECORD_FILE] = lambda path: path.write_text(
        record_text(plan, [path.with_name(name) for name in names]), "utf-8"
    )
    return writers


def record(plan: Plan) -> dict[str, Any]:
    """Return what a plan was made from and what it found, as ``plan.json`` holds it.

    Layers are told by their fingerprints; sensitive counts in them as they are published, for a
    fingerprint of the counts themselves would tell whoever tries out all that are possible.
    """
    request = plan.request
    return {
        "product": {"name": "sanshe-planner", "version": version("sanshe-planner")},
        "libraries": {name: version(name) for name in _LIBRARIES},
        "city": {"code": plan.city.code, "name": plan.city.name, "name_en": plan.city.name_en},
        "layers_sha256": city_fingerprints(publishable(plan.city)),
        "standard": plan.standard.model_dump(mode="json", exclude_none=True),
        "request": {
            "new_halls": request.new_halls,
            "budget_yuan": request.budget_yuan,
            "target_share": request.target_share,
            "forbidden_sites": list(request.forbidden_sites),
            "time_limit_s": request.time_limit_s,
            "seed": request.seed,
            "new_posts": request.new_posts,
            "projects_budget_yuan": request.projects_budget_yuan,
            "every_town_share": request.every_town_share,
            "rural_at_least_urban": request.rural_at_least_urban,
        },
        "summary": dict(plan.summary),
        **{name: _records(getattr(plan, name)) for name in ("recommendations", "actions")},
    }


def record_text(plan: Plan, files: Sequence[Path] = ()) -> str:
    """Return ``record`` as JSON text, with the SHA-256 of files that belong to the plan.

    The same plan gives the same bytes.
    """
    tree = without_nan(record(plan))
    if files:
        tree["files_sha256"] = {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files
        }
    return json.dumps(tree, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def without_nan(node: Any) -> Any:
    """Return a tree of JSON with None for what is missing or not finite."""
    if isinstance(node, dict):
        return {key: without_nan(value) for key, value in node.items()}
    if isinstance(node, list):
        return [without_nan(value) for value in node]
    return None if node is pd.NA or (isinstance(node, float) and not math.isfinite(node)) else node


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = without_nan(rounded(frame).to_dict("records"))
    return rows
