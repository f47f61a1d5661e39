"""Make a page self-contained: its files inlined, anything that would load from elsewhere refused.

Two walls: what can be seen in the page's markup is checked here, and a content security policy
in the page tells the browser to load nothing and to run no script but those of this page, which
it names by hash. So a name that was not escaped could still neither run nor load anything.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from collections.abc import Callable, Sequence
from html.parser import HTMLParser

POLICY_MARK = "sanshe-content-security-policy"
"""Stands in the page's head where ``inline`` puts the policy."""

_SCRIPT_LINK = re.compile(r'<script src="([^"]*)"></script>')
_STYLE_LINK = re.compile(r'<link rel="stylesheet" href="([^"]*)"\s*/?>')
_CSS_URL = re.compile(r"""url\(\s*(['"]?)(.*?)\1\s*\)""")
_SOURCE_MAP = re.compile(r"^[ \t]*(?://|/\*)[#@]\s*sourceMappingURL=.*$", re.MULTILINE)
_LOADING = {"src", "href", "xlink:href", "srcset", "data", "action", "formaction", "poster"}

ReadFile = Callable[[str], bytes]


class RemoteResourceError(ValueError):
    """The page would load something that is not in it."""


def inline(
    page: str, read_file: ReadFile, *, beside: bool = False, images: Sequence[str] = ()
) -> str:
    """Return a page with its scripts and styles in it.

    Parameters
    ----------
    page
        HTML in which ``<script src="NAME"></script>`` and ``<link rel="stylesheet" href="NAME">``
        name packaged files.
    read_file
        Returns the bytes of a packaged file by name; raises KeyError if there is none.
    beside
        Whether the page's own scripts may load data that lie beside it.
    images
        Origins that pictures may come from.

    Raises
    ------
    RemoteResourceError
        If anything in the page would be loaded from elsewhere.
    """

    def fetch(name: str) -> bytes:
        try:
            return read_file(name)
        except KeyError:
            raise RemoteResourceError(
                f"the page names {name!r}, which is not among the files of the package; "
                "it would be loaded from elsewhere"
            ) from None

    def script(match: re.Match[str]) -> str:
        return f"<script>{_script_text(fetch(match[1]).decode('utf-8'))}</script>"

    def style(match: re.Match[str]) -> str:
        return f"<style>{_style_text(fetch(match[1]).decode('utf-8'), match[1], fetch)}</style>"

    whole = _STYLE_LINK.sub(style, _SCRIPT_LINK.sub(script, page))
    reader = _Reader()
    reader.feed(whole)
    reader.close()
    return whole.replace(POLICY_MARK, _policy(reader.scripts, beside, images), 1)


def _script_text(text: str) -> str:
    return _SOURCE_MAP.sub("", text).replace("</script", "<\\/script").strip()


def _style_text(text: str, name: str, fetch: Callable[[str], bytes]) -> str:
    folder = name.rpartition("/")[0]

    def as_data(match: re.Match[str]) -> str:
        target = match[2]
        if target.startswith(("data:", "#")):
            return match[0]
        kind = mimetypes.guess_type(target)[0] or "application/octet-stream"
        encoded = base64.b64encode(fetch(f"{folder}/{target}" if folder else target)).decode()
        return f"url(data:{kind};base64,{encoded})"

    return _CSS_URL.sub(as_data, _SOURCE_MAP.sub("", text)).strip()


def _policy(scripts: list[str], beside: bool, images: Sequence[str]) -> str:
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    own = " 'self' file:" if beside else ""
    return (
        f"default-src 'none'; script-src {hashes}{own}; style-src 'unsafe-inline'; "
        f"img-src {' '.join(['data:', *images])}; "
        "base-uri 'none'; form-action 'none'"
    )


class _Reader(HTMLParser):
    """Reads the page as a browser does: keeps its scripts, refuses what would be loaded."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Refuse attributes that load or run anything."""
        named = {name: value or "" for name, value in attrs}
        for name, value in named.items():
            if name in _LOADING and not value.startswith(("data:", "#")):
                raise RemoteResourceError(f"<{tag} {name}={value!r}> would be loaded")
            if name == "style":
                self._refuse_urls(value)
            if name.startswith("on"):
                raise RemoteResourceError(f"<{tag} {name}> would run a script of its own")
        executable = tag == "script" and named.get("type", "text/javascript") == "text/javascript"
        self._inside = tag if executable or tag == "style" else ""
        if executable:
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        """Keep scripts; refuse styles that load."""
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside == "style":
            self._refuse_urls(data)

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or style."""
        self._inside = ""

    def _refuse_urls(self, style: str) -> None:
        loaded = [m[2] for m in _CSS_URL.finditer(style) if not m[2].startswith(("data:", "#"))]
        if loaded or "@import" in style:
            raise RemoteResourceError(f"a style would load {', '.join(loaded) or 'another'}")
