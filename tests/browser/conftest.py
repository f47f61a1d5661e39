"""A real Chromium without a network, and pages that fail on any error or request."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager

import pytest

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * 127.0.0.1:9",
]


@pytest.fixture(scope="session")
def chromium():
    """Return a browser; where there is none, fail in CI and skip elsewhere."""
    path = shutil.which("chromium")
    if path is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("Chromium is not installed; run `sh tools/install-test-system.sh`")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def opened(chromium):
    """Return what opens a file in a new page and, at the end, finds nothing wrong with it.

    Of files beside the page, so many may be asked for.
    """

    @contextmanager
    def open_page(path, width=1440, height=900, beside=0):
        page = chromium.new_page(viewport={"width": width, "height": height})
        wrong = []
        page.on("pageerror", lambda error: wrong.append(f"page error: {error}"))
        page.on("console", lambda said: wrong.append(f"console {said.type}: {said.text}"))
        page.on("request", lambda request: wrong.append(request.url))
        page.on("dialog", lambda dialog: (wrong.append("a dialog"), dialog.dismiss()))
        page.goto(path.as_uri())
        assert wrong.pop(0) == path.as_uri()
        page.wait_for_selector("html[data-ready=yes]", state="attached")
        page.wrong = wrong
        yield page
        page.close()
        near = path.with_name(f"{path.stem}_data").as_uri()
        allowed = [url for url in wrong if url.startswith(near)][:beside]
        assert len(allowed) == beside
        assert [one for one in wrong if one not in allowed] == []

    return open_page
