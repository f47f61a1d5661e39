"""The map page: its size, and how soon it answers, at 150 to 100,000 communities."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
import warnings
from pathlib import Path

from benchmarks.map_plan import plan_of
from benchmarks.measure import write_table

SIZES = (150, 2_000, 20_000, 100_000)
_REPEATS = 3
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
              "--host-resolver-rules=MAP * 127.0.0.1:9"]  # fmt: skip
# Milliseconds to paint the map anew where it is dragged to, in the whole city and nearer.
_PAN = """async zoom => {
    const map = Sanshe.map, taken = [];
    map.setView(L.latLngBounds(Sanshe.data.bounds).getCenter(), zoom || map.getZoom());
    for (let i = 0; i < 9; i += 1) {
        await new Promise(requestAnimationFrame);
        const started = performance.now();
        map.panBy([40, 20], {animate: false});
        for (const canvas of document.querySelectorAll('.sanshe-map canvas')) {
            canvas.getContext('2d').getImageData(0, 0, 1, 1);
        }
        taken.push(performance.now() - started);
    }
    return taken.sort((a, b) => a - b)[4];
}"""
_DRAG = """async () => {
    const pane = Sanshe.map.getPane('mapPane'), taken = [];
    for (let i = 0; i < 30; i += 1) {
        L.DomUtil.setPosition(pane, L.point(2 * i, i));
        const started = performance.now();
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        taken.push((performance.now() - started) / 2);
    }
    return Math.max(...taken.slice(5));
}"""


def main() -> None:
    """Measure pages of all sizes and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [_measured(size, Path(folder)) for size in SIZES]
    heads = ("communities", "settlements", "halls", "page, MB", "beside it, MB", "written in, s",
             "answers in, s", "complete in, s", "worst frame of a drag, ms", "painted anew, ms",
             "painted anew nearer, ms")  # fmt: skip
    write_table("maps", "The map page in Chromium, without a graphics card", heads, rows)


def _measured(size: int, folder: Path) -> tuple[str, ...]:
    from planner.maps import plan_map

    plan = plan_of(size)
    print(f"{size:,} communities", flush=True)
    path = folder / f"map{size}.html"
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a huge page says that files lie beside it
        plan_map(plan).save(path)
    written = time.perf_counter() - started
    beside = sum(file.stat().st_size for file in folder.glob(f"map{size}_data-*"))
    seconds = [_opened(path) for _ in range(_REPEATS)]
    middle = [statistics.median(values) for values in zip(*seconds, strict=True)]
    ready, complete, drag, pan, near = middle
    return (
        f"{len(plan.gaps):,}", f"{len(plan.settlements):,}", f"{len(plan.platforms):,}",
        f"{path.stat().st_size / 1e6:.1f}", f"{beside / 1e6:.1f}" if beside else "–",
        f"{written:.1f}", f"{ready:.1f}", f"{complete:.1f}", f"{drag:.0f}", f"{pan:.0f}",
        f"{near:.0f}",
    )  # fmt: skip


def _opened(path: Path) -> tuple[float, ...]:
    """Return seconds until the page answers and is complete, and milliseconds of painting."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=_ARGUMENTS
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        started = time.perf_counter()
        page.goto(path.as_uri(), wait_until="commit")
        page.wait_for_selector("html[data-ready=yes]", state="attached", timeout=120_000)
        ready = time.perf_counter() - started
        page.wait_for_selector("html[data-complete=yes]", state="attached", timeout=120_000)
        complete = time.perf_counter() - started
        taken = [page.evaluate(_DRAG), page.evaluate(_PAN), page.evaluate(_PAN, 12)]
        browser.close()
    return ready, complete, *taken


if __name__ == "__main__":
    main()
