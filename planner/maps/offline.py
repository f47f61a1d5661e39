"""A folium map that is one self-contained page: scripts and data in it, nothing from any host."""

from __future__ import annotations

import os
import warnings
from functools import cache, cached_property, partial
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Element, Figure
from folium.template import Template

from geodata.atomic import replace_files
from geodata.errors import SansheError
from geodata.language import LANGUAGES
from planner.maps.inline import POLICY_MARK, inline
from planner.maps.parts import part_file
from planner.messages import catalogue, text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from planner.maps.parts import PageData


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


class OfflineMap(folium.Map):
    """A folium map without tiles whose page loads nothing from any host.

    Folium layers can be added to it, as long as they need no files but those of the package.

    Parameters
    ----------
    title
        Title of the page.
    lang
        Language in which the page opens.
    images
        Origins that pictures may come from.
    """

    default_css = [  # noqa: RUF012 - folium reads it as a class attribute
        ("leaflet_css", "leaflet/leaflet.css"),
        ("sanshe_css", "style.css"),
    ]
    markup = "skeleton.html"
    """File with the elements that the scripts fill."""
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

    def __init__(self, title: str, lang: str, images: Sequence[str] = ()) -> None:
        super().__init__(tiles=None)
        self._near = _beside(Path("map.html"))
        self._images = images
        self.lang = lang
        _Page(title, lang).add_child(self)

    @cached_property
    def data(self) -> PageData:
        """What the page shows; each map says it."""
        raise NotImplementedError

    @property
    def skeleton(self) -> str:
        """The elements that the scripts fill; the map's own is named as folium names it."""
        return _packaged(self.markup).decode("utf-8").replace("MAP_NAME", self.get_name())

    @property
    def head(self) -> str:
        """The data that the page reads at once."""
        return self.data.head(self._near)

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
        return inline(page.render(), _packaged, beside=self.data.too_large, images=self._images)

    def writers(self, name: str) -> dict[str, Callable[[Path], object]]:
        """Return what makes each file of the map; several where the plan is too large for one.

        Parameters
        ----------
        name
            Of the page, such as ``map.html``.
        """
        made: dict[str, Callable[[Path], object]] = {}
        self._near = _beside(Path(name))
        if self.data.too_large:
            for number, part in enumerate(self.data.parts, start=1):
                made[f"{self._near}{number}.js"] = partial(_write, part_file(number, part))
            warnings.warn(text("map.too_large", files=f"{self._near}*.js"), stacklevel=3)
        return {**made, name: partial(_write, self._page())}

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:
        """Write the page to a path, or to a binary file.

        A file at that path is replaced when the new one is whole, or stays as it was. A plan that
        is too large for one page becomes a page and files beside it (``map.html`` and
        ``map_data-1.js`` and so on), which open from disk together; a warning says so.

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
        DataError
            If the file cannot be written.
        """
        if isinstance(outfile, (str, os.PathLike)):
            path = Path(outfile)
            writers = self.writers(path.name)
            replace_files(path.parent, writers, remove=left_over(path, writers))
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


def known_language(lang: str) -> str:
    """Return the language, if there is a page in it.

    Raises
    ------
    ValueError
        If there is none.
    """
    if lang not in LANGUAGES:
        raise ValueError(f"lang is {lang!r}; use one of {', '.join(LANGUAGES)}")
    return lang


def scripts(*names: str) -> list[tuple[str, str]]:
    """Return Leaflet and scripts of ours, as folium takes them."""
    return [
        ("leaflet", "leaflet/leaflet.js"),
        *((f"sanshe_{name}", f"{name}.js") for name in names),
    ]


def words(*keys: str) -> dict[str, dict[str, str]]:
    """Return the texts under some keys of the catalogue, by language and dotted key.

    Those under the first key are named without it.
    """
    entries = {**catalogue.entry(keys[0]), **{key: catalogue.entry(key) for key in keys[1:]}}
    return {language: _flat(entries, language) for language in LANGUAGES}


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


def _beside(page: Path) -> str:
    """Return how the names of files begin that hold the data of a page too large for one."""
    return f"{page.stem}_data-"


def left_over(page: Path, writers: Collection[str]) -> set[str]:
    """Return names of data beside a page that an earlier, larger one left there."""
    return {file.name for file in page.parent.glob(f"{_beside(page)}*.js")} - set(writers)


def _write(words: str, path: Path) -> None:
    path.write_bytes(words.encode())
