"""The map page of a plan: a folium map with our own layers, saved as one self-contained file."""

from __future__ import annotations

import os
import tempfile
import warnings
from functools import cache, cached_property
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Element, Figure
from folium.template import Template

from geodata.errors import SansheError
from geodata.language import LANGUAGES
from planner.maps.base_maps import base_map_data, tile_service
from planner.maps.comparison import other_plan
from planner.maps.inline import POLICY_MARK, inline
from planner.maps.parts import PageData, page_data, part_file
from planner.maps.payload import payload
from planner.messages import catalogue, text

if TYPE_CHECKING:
    from planner.plan import Plan

_SCRIPTS = (
    "words",
    "data",
    "symbols",
    "themes",
    "sheets",
    "tiles",
    "isochrones",
    "popups",
    "layers",
    "pointer",
    "switches",
    "legend",
    "search",
    "actions",
    "compare",
    "panel",
    "table",
    "main",
)
_MARKUP = "skeleton.html"


class MissingAssetsError(SansheError):
    """The package was installed without its front-end files."""

    def __str__(self) -> str:
        """Return what is missing and the remedy."""
        return text("map.missing_assets")


class _Page(Figure):
    """The HTML document; unlike branca's it names its language, policy and width."""

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="{{ this.language }}">\n<head>\n'
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY_MARK}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>{{ this.title|e }}</title>\n"
        "{{ this.header.render(**kwargs) }}\n"
        "</head>\n<body>\n"
        "{{ this.html.render(**kwargs) }}\n"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n"
        "</body>\n</html>\n"
    )

    def __init__(self, title: str, language: str) -> None:
        super().__init__(title=title)
        self.language = language
        self.header = Element()
        self.header._parent = self


class PlanMap(folium.Map):
    """The map of a plan: a folium map without tiles whose page loads nothing from any host.

    Make one with ``plan_map``. Folium layers can be added to it, as long as they need no files
    but those of the package.

    Parameters
    ----------
    plan
        The plan.
    lang
        Language in which the page opens; both are in it.
    base_map, key
        As ``plan_map`` takes them.
    other
        A plan to compare with, as ``compare_map`` takes it.
    """

    default_js = [  # noqa: RUF012 - folium reads it as a class attribute
        ("leaflet", "leaflet/leaflet.js"),
        *((f"sanshe_{name}", f"{name}.js") for name in _SCRIPTS),
    ]
    default_css = [  # noqa: RUF012 - folium reads it as a class attribute
        ("leaflet_css", "leaflet/leaflet.css"),
        ("sanshe_css", "style.css"),
    ]

    _template = Template(
        "{% macro header(this, kwargs) %}{% endmacro %}"
        "{% macro html(this, kwargs) %}{{ this.skeleton }}"
        '<script type="application/json" id="sanshe-data">{{ this.head }}</script>'
        "{% for part in this.parts %}"
        '<script type="application/json" id="sanshe-part-{{ loop.index }}">{{ part }}</script>'
        "{% endfor %}{% endmacro %}"
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = Sanshe.start({{ this.get_name()|tojson }});"
        "{% endmacro %}"
    )

    def __init__(
        self,
        plan: Plan,
        lang: str = "zh",
        base_map: str | None = None,
        key: str = "",
        other: Plan | None = None,
    ) -> None:
        if lang not in LANGUAGES:
            raise ValueError(f"lang is {lang!r}; use one of {', '.join(LANGUAGES)}")
        self._service = tile_service(base_map, key) if base_map else None
        super().__init__(tiles=None)
        self._plan, self._base_map, self._key = plan, base_map, key
        self._other = other
        self._folder = "map_data"
        self.lang = lang
        name = plan.city.name if lang == "zh" else plan.city.name_en
        _Page(text("map.title", lang, city=name), lang).add_child(self)

    @property
    def skeleton(self) -> str:
        """The elements that the scripts fill; the map's own is named as folium names it."""
        return _packaged(_MARKUP).decode("utf-8").replace("MAP_NAME", self.get_name())

    @cached_property
    def data(self) -> PageData:
        """What the page shows."""
        other = {name: catalogue.entry(name) for name in ("layer", "body", "criterion")}
        entries = {**catalogue.entry("map"), **other}
        words = {language: _flat(entries, language) for language in LANGUAGES}
        tree = {"lang": self.lang, "words": words, **payload(self._plan)}
        if self._base_map:
            tree["base_map"] = base_map_data(self._base_map, self._key, self._plan.city)
        if self._other is not None:
            tree["other"] = other_plan(self._plan, self._other)
        return page_data(tree)

    @property
    def head(self) -> str:
        """The data that the page reads at once."""
        return self.data.head(self._folder)

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the data that stand in the page."""
        return () if self.data.too_large else self.data.parts

    def html(self) -> str:
        """Return the whole page; the same plan gives the same text.

        Raises
        ------
        RemoteResourceError
            If a layer that was added would load something from elsewhere.
        MissingAssetsError
            If the package was installed without its front-end files.
        ValueError
            If the plan is too large for one page: ``save`` it.
        """
        if self.data.too_large:
            raise ValueError("the plan is too large for one page; save the map to a path")
        return self._page()

    def _page(self) -> str:
        page = self.get_root()
        _number(page)
        images = self._service.hosts if self._service else ()
        return inline(page.render(), _packaged, beside=self.data.too_large, images=images)

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:
        """Write the page to a path, or to a binary file.

        A file at that path is replaced when the new one is whole, or stays as it was. A plan that
        is too large for one page becomes a page and a folder beside it (``map.html`` and
        ``map_data/``), which open from disk together; a warning says so.

        Parameters
        ----------
        outfile
            Path or open binary file.
        close_file
            Whether an open file is closed afterwards.
        **kwargs
            Taken for folium's sake, not used.

        Raises
        ------
        ValueError
            If the plan is too large for one page and ``outfile`` is not a path.
        """
        if isinstance(outfile, (str, os.PathLike)):
            path = Path(outfile)
            self._folder = f"{path.stem}_data"
            if self.data.too_large:
                folder = path.with_name(self._folder)
                folder.mkdir(exist_ok=True)
                for number, part in enumerate(self.data.parts, start=1):
                    _write_whole(folder / f"part-{number}.js", part_file(number, part).encode())
                warnings.warn(text("map.too_large", folder=str(folder)), stacklevel=2)
            _write_whole(path, self._page().encode("utf-8"))
            return
        outfile.write(self.html().encode("utf-8"))
        if close_file:
            outfile.close()

    def _repr_html_(self, **kwargs: Any) -> str:
        """Return the page in a frame, as notebooks show it."""
        return (
            f'<iframe srcdoc="{escape(self.html())}" '
            'style="width:100%;height:640px;border:0"></iframe>'
        )


def plan_map(
    plan: Plan, lang: str = "zh", *, base_map: str | None = None, key: str = ""
) -> PlanMap:
    """Return the map of a plan: who is not served, and where the next halls should go.

    Parameters
    ----------
    plan
        The plan.
    lang
        Language in which the page opens, ``"zh"`` or ``"en"``; both are in it.
    base_map
        A tile service to draw under the plan: ``"tianditu"``, ``"osm"`` or ``"amap"`` (whose
        GCJ-02 is moved to where the plan is). Then the page asks that service for pictures, and
        nobody else for anything. None asks nobody.
    key
        The key that the service gave you, where it needs one (``"tianditu"``); it is in the page.

    Raises
    ------
    ValueError
        If the language is neither, there is no such service, or its key is missing.

    Examples
    --------
    >>> plan_map(plan).save("map.html")
    """
    return PlanMap(plan, lang, base_map, key)


def compare_map(
    left: Plan, right: Plan, lang: str = "zh", *, base_map: str | None = None, key: str = ""
) -> PlanMap:
    """Return a map of two plans for one city, at both sides of a line that can be moved.

    Parameters
    ----------
    left, right
        The plans; what is today is that of the left one.
    lang, base_map, key
        As ``plan_map`` takes them.

    Raises
    ------
    ValueError
        As ``plan_map``; also, when it is written, if the plans are of different communities.

    Examples
    --------
    >>> compare_map(plan_of_five, plan_of_ten).save("compare.html")
    """
    return PlanMap(left, lang, base_map, key, right)


def _flat(table: Any, language: str, prefix: str = "") -> dict[str, str]:
    """Return the texts of one language by dotted key."""
    words: dict[str, str] = {}
    for key, entry in table.items():
        if language in entry and isinstance(entry[language], str):
            words[prefix + key] = entry[language]
        else:
            words |= _flat(entry, language, f"{prefix}{key}.")
    return words


def _number(page: Element) -> None:
    """Name all elements by their place in the tree: folium's own ids differ in every run."""
    waiting, count = [page], 0
    while waiting:
        element = waiting.pop(0)
        element._id = str(count)
        count += 1
        waiting += element._children.values()
        if isinstance(element, Figure):
            waiting += [element.header, element.html, element.script]


@cache
def _packaged(name: str) -> bytes:
    """Return a file of ours, or one that the build step installed.

    Raises
    ------
    KeyError
        If the package has no such file.
    """
    here = files("planner.maps")
    assets = here / "assets"
    if not assets.is_dir():
        raise MissingAssetsError
    for folder in (here / "static", assets):
        entry = folder / name
        if ":" not in name and entry.is_file():
            return entry.read_bytes()
    raise KeyError(name)


def _write_whole(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(prefix=".map-", suffix=".html", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
