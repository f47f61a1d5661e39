"""What changed since the plan before, in sentences, from the records of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.messages import text as planner_text
from planner.report.words import text


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what is different between two records (``plan.json``), in the language in use.

    Parameters
    ----------
    before, after
        As ``planner.exports.record`` returns them.

    Returns
    -------
    list of str
        A sentence each on the data, the standard, residents served and recommended sites; empty
        where nothing changed.
    """
    said = []
    layers = [
        name
        for name, print_ in after["layers_sha256"].items()
        if before["layers_sha256"].get(name) != print_
    ]
    if layers:
        names = planner_text("map.list").join(_layer(name) for name in layers)
        said.append(text("changes.layers", layers=names))
    if before["standard"] != after["standard"]:
        said.append(text("changes.standard"))
    for figure in ("share_before", "share_after"):
        past, now = before["summary"][figure], after["summary"][figure]
        if past != now:
            said.append(text(f"changes.{figure}", past=f"{past:.1%}", now=f"{now:.1%}"))
    past_sites = {row["site_id"]: row["name"] for row in before["recommendations"]}
    sites = {row["site_id"]: row["name"] for row in after["recommendations"]}
    for key, here, there in (("added", sites, past_sites), ("removed", past_sites, sites)):
        new = [name for site, name in here.items() if site not in there]
        if new:
            said.append(text(f"changes.{key}", sites=planner_text("map.list").join(new)))
    return said


def _layer(name: str) -> str:
    """Return the name of a layer; the road tables are one."""
    return planner_text(f"layer.{'roads' if name.startswith('road') else name}")
