"""Nothing on the page is loaded from elsewhere, and nothing runs but its own scripts."""

from __future__ import annotations

import base64
import hashlib

import pytest

from planner.maps.inline import POLICY_MARK, RemoteResourceError, inline

FILES = {
    "a.js": b"var a = '</script>';\n//# sourceMappingURL=a.js.map\n",
    "lib/a.css": b"p { background: url(images/dot.png) } /*# sourceMappingURL=a.css.map */\n",
    "lib/images/dot.png": b"\x89PNG",
}


def page(body: str) -> str:
    meta = f'<meta http-equiv="Content-Security-Policy" content="{POLICY_MARK}">'
    return f"<html><head>{meta}</head><body>{body}</body></html>"


def made(body: str) -> str:
    return inline(page(body), FILES.__getitem__)


def test_scripts_and_styles_are_put_into_the_page():
    whole = made('<script src="a.js"></script><link rel="stylesheet" href="lib/a.css">')
    assert "<script>var a = '<\\/script>';</script>" in whole
    assert "url(data:image/png;base64,iVBORw==)" in whole
    assert "sourceMappingURL=a.js" not in whole


def test_the_policy_names_each_script_by_hash():
    whole = made("<script>one()</script><script>two()</script>")
    for script in ("one()", "two()"):
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in whole
    assert "default-src 'none'" in whole


@pytest.mark.parametrize(
    "body",
    [
        '<script src="https://example.org/x.js"></script>',
        '<script src="other.js"></script>',
        '<link rel="stylesheet" href="https://example.org/x.css">',
        '<link rel="icon" href="/favicon.ico">',
        '<img src="https://example.org/x.png">',
        '<img src="x.png" srcset="y.png 2x">',
        '<iframe src="//example.org"></iframe>',
        '<object data="x.svg"></object>',
        '<form action="https://example.org"></form>',
        '<p style="background: url(https://example.org/x.png)">',
        "<style>@import 'x.css';</style>",
        "<style>p { background: url(//example.org/x.png) }</style>",
        '<p onclick="go()">',
    ],
)
def test_what_would_load_or_run_is_refused(body):
    with pytest.raises(RemoteResourceError):
        made(body)


def test_data_and_places_on_the_page_may_be_named():
    assert made('<img src="data:image/png;base64,AA=="><a href="#top">up</a>')
