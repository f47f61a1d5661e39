"""Tiny OpenStreetMap files, written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

Tags = Mapping[str, str]
DEGREES_OF_100_METRES = 0.001


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())


def write_osm(
    path: Path,
    ways: Mapping[int, tuple[Sequence[int], Tags]],
    *,
    places: Mapping[int, tuple[float, float]] | None = None,
    node_tags: Mapping[int, Tags] | None = None,
    without: Sequence[int] = (),
) -> Path:
    """Write ways as {id: (nodes, tags)}; node n lies n steps east of the first, or at its place."""
    nodes = {ref for refs, _ in ways.values() for ref in refs} - set(without)
    lines = ['<osm version="0.6">']
    for ref in sorted(nodes):
        lon, lat = (places or {}).get(ref, (121.0 + ref * DEGREES_OF_100_METRES, 31.0))
        tags = _tags((node_tags or {}).get(ref, {}))
        lines.append(f'<node id="{ref}" version="1" lat="{lat}" lon="{lon}">{tags}</node>')
    for way, (refs, tags) in ways.items():
        members = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        lines.append(f'<way id="{way}" version="1">{members}{_tags(tags)}</way>')
    path.write_text("\n".join([*lines, "</osm>"]), "utf-8")
    return path
