"""Plots of the siting tables: seconds against size or by case, what is proven and what is not.

Drawn from the tables in ``results/``; ``python -m benchmarks siting_plots`` draws all anew.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.measure import RESULTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {
    "ours": "#1b6ca8", "spopt + HiGHS": "#c8553d", "pulp + HiGHS": "#e09f3e",
    "pulp + CBC": "#7a7a7a", "OR-tools CP-SAT": "#588157",
}  # fmt: skip
MARKS = {"ours": "o", "spopt + HiGHS": "s", "pulp + HiGHS": "D", "pulp + CBC": "^",
         "OR-tools CP-SAT": "v"}  # fmt: skip
PMED_POINTS = {f"pmed{k}": 100 if k <= 5 else 200 for k in range(1, 11)}
FILLED = "filled: proven, hollow: not (gap beside it, ? = not told)"


@dataclass(frozen=True)
class Answer:
    """One row of a table; gap is a share, None where it is not told."""

    case: str
    by: str
    seconds: float
    gap: float | None

    @property
    def proven(self) -> bool:
        return self.gap == 0

    @property
    def label(self) -> str:
        if self.gap is None:
            return "?"
        if math.isinf(self.gap):
            return "∞"
        percent = 100 * self.gap
        return f"{percent:.0f} %" if percent >= 10 else f"{percent:.2g} %"


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table in ``results/``."""
    text = (RESULTS / f"{name}.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


def answers(name: str) -> list[Answer]:
    """Return the answers of a table with the columns case, by, gap and seconds."""
    return [
        Answer(row["case"], row["by"], float(row["seconds"]), _gap(row["gap"]))
        for row in rows(name)
        if row["seconds"]
    ]


def _gap(text: str) -> float | None:
    if text in ("proven", "infinite"):
        return 0.0 if text == "proven" else math.inf
    return float(text[:-1]) / 100 if text.endswith("%") else None


def _points(instance: str) -> int:
    """Return the number of points of an instance of ``siting_median``."""
    if instance in PMED_POINTS:
        return PMED_POINTS[instance]
    kind, *numbers = instance.split(":")
    if kind in ("graph", "uniform"):
        return int(numbers[0])
    return int(re.findall(r"\d+", kind)[0])


def median() -> None:
    """Draw seconds against points, p-median and p-center, beside spopt."""
    drawn = [row for row in rows("siting_median") if row["model"] != "both"]
    figure, axes = _figure(7.5, 5)
    kinds = {
        "p_median": ("p-median", COLOURS["ours"], "o"),
        "p_center": ("p-center", COLOURS["OR-tools CP-SAT"], "v"),
        "spopt-highs": ("p-median, spopt + HiGHS", COLOURS["spopt + HiGHS"], "s"),
    }
    labels = []
    for model, (name, colour, mark) in kinds.items():
        for row in (row for row in drawn if row["model"] == model):
            answer = Answer(row["instance"], name, float(row["seconds"]), _gap(row["gap"]))
            points = _points(row["instance"])
            _mark(axes, points, answer, colour, mark, face=answer.proven)
            if not answer.proven:
                labels.append((points, answer.seconds, answer.label, colour))
        axes.plot([], [], mark, color=colour, label=name)
    for points, group in _grouped(labels).items():
        text = "\n".join(dict.fromkeys(label for _, label, _ in group))
        top = max(seconds for seconds, _, _ in group)
        axes.annotate(
            text, (points, top), xytext=(0, 7), textcoords="offset points", ha="center",
            va="bottom", fontsize=7, color=group[0][2],
        )  # fmt: skip
    axes.set(
        xscale="log", yscale="log", xlabel="points", ylabel="seconds", ylim=(0.05, 1500),
        title=f"p-median and p-center, n up to 6,000\n{FILLED}",
    )  # fmt: skip
    axes.set_xticks([100, 200, 400, 900, 1400, 3038, 6000], labels=_TICKS)
    axes.minorticks_off()
    axes.legend(loc="lower right", fontsize=8)
    _save(figure, "siting_median")


_TICKS = ["100", "200", "400", "900", "1,400", "3,038", "6,000"]


def _grouped(labels: list[tuple[int, float, str, str]]) -> dict[int, list[tuple[float, str, str]]]:
    found: dict[int, list[tuple[float, str, str]]] = {}
    for points, *rest in labels:
        found.setdefault(points, []).append((rest[0], rest[1], rest[2]))
    return found


def by_case(name: str, title: str) -> None:
    """Draw seconds of every case and solver, a line a case."""
    found = answers(name)
    cases = list(dict.fromkeys(answer.case for answer in found))
    figure, axes = _figure(9, 1.2 + 0.27 * len(cases))
    for place, case in enumerate(cases):
        axes.axhline(place, color="#dddddd", linewidth=0.7, zorder=0)
        for answer in (answer for answer in found if answer.case == case):
            colour, mark = COLOURS[answer.by], MARKS[answer.by]
            _mark(axes, answer.seconds, answer, colour, mark, face=answer.proven, y=place)
        _label(axes, [answer for answer in found if answer.case == case], place)
    for by in dict.fromkeys(answer.by for answer in found):
        axes.plot([], [], MARKS[by], color=COLOURS[by], label=by)
    axes.set_yticks(range(len(cases)), labels=cases, fontsize=8)
    axes.set(
        xscale="log", xlabel="seconds", title=f"{title}\n{FILLED}", ylim=(len(cases) - 0.4, -0.6),
        xlim=(0.5 * min(answer.seconds for answer in found), 3000),
    )  # fmt: skip
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, -0.55 / (0.27 * len(cases))), ncols=5,
                fontsize=8, frameon=False)  # fmt: skip
    _save(figure, name)


def _label(axes: Axes, found: list[Answer], place: int) -> None:
    """Write the gaps of a case's unproven answers at the right, in the solvers' colours."""
    offset = 4
    for answer in (answer for answer in found if not answer.proven):
        axes.annotate(
            answer.label, (1.0, place), xycoords=("axes fraction", "data"), ha="right", va="center",
            xytext=(-offset, 0), textcoords="offset points", fontsize=7, color=COLOURS[answer.by],
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
        offset += 36


def _mark(
    axes: Axes, x: float, answer: Answer, colour: str, mark: str, *, face: bool, y: Any = None
) -> None:
    axes.plot(
        [x], [answer.seconds if y is None else y], mark, color=colour, markersize=6,
        markerfacecolor=colour if face else "white", alpha=0.9,
    )  # fmt: skip


def _figure(width: float, height: float) -> tuple[Any, Axes]:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")


def _save(figure: Any, name: str) -> None:
    # Without the version of the library in it, the file is the same for the same table.
    figure.savefig(RESULTS / f"{name}.png", dpi=110, metadata={"Software": None})


def cover() -> None:
    by_case("siting_cover", "Covering models")


def capacity() -> None:
    by_case("siting_capacity", "Capacity, facility location, dispersion, market share; 30 s")


def main() -> None:
    median()
    cover()
    capacity()
