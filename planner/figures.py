"""The usual pictures: coverage, Lorenz, loads against capacity, decay, tornado.

Each takes plain frames and returns a matplotlib figure, labelled in the language in use. Chinese
labels need a Chinese font; where none is installed they are English, and a warning says so.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.language import current_language, use_language
from planner.equity import gini, lorenz_curve
from planner.errors import MeasureError
from planner.messages import text, word_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK JP",  # how matplotlib names the collection that holds all of Noto Sans CJK
    "Noto Serif CJK SC",
    "Noto Serif CJK JP",
    "SimSun",
)
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, which people with any colour vision tell apart."""
_GREY = "#666666"


def coverage_curve(
    shares: pd.Series | pd.DataFrame, *, standard_minutes: float | None = None
) -> Figure:
    """Return a figure of the share of residents who reach a hall within so many minutes.

    Parameters
    ----------
    shares
        Shares from 0 to 1, indexed by minutes; a column for each curve.
    standard_minutes
        Where to draw the standard; nowhere if left out.

    Raises
    ------
    MeasureError
        If a share is missing or not from 0 to 1.

    Examples
    --------
    >>> figure = coverage_curve(pd.Series([0.2, 0.7, 0.9], index=[5, 10, 15]), standard_minutes=15)
    >>> len(figure.axes[0].lines)
    2
    """
    frame = shares.to_frame() if isinstance(shares, pd.Series) else shares
    values = frame.to_numpy(float)
    if not ((values >= 0) & (values <= 1)).all():
        raise MeasureError("shares holds other numbers than 0 to 1; give shares of residents")

    def draw(axes: Axes) -> None:
        for number, name in enumerate(frame.columns):
            axes.plot(frame.index, values[:, number], color=_colour(number), label=str(name))
        if standard_minutes is not None:
            label = text("figure.standard", minutes=standard_minutes)
            axes.axvline(standard_minutes, color=_GREY, linestyle="--", label=label)
        axes.set(xlim=(0, float(frame.index.max())), ylim=(0, 1.02), title=text("figure.coverage"))
        axes.set(xlabel=text("figure.minutes"), ylabel=text("figure.share_of_residents"))
        axes.yaxis.set_major_formatter(_percent())
        if frame.shape[1] > 1 or standard_minutes is not None:
            handles, labels = axes.get_legend_handles_labels()
            skip = 0 if frame.shape[1] > 1 else 1
            axes.legend(handles[skip:], labels[skip:], frameon=False, loc="lower right")

    return drawn(draw)


def lorenz(access: pd.Series | pd.DataFrame, population: pd.Series) -> Figure:
    """Return a figure of the Lorenz curve of access, with its Gini index.

    Parameters
    ----------
    access
        Access of each zone's residents, by zone id; a column for each curve.
    population
        Residents of each zone, by the same ids.

    Raises
    ------
    MeasureError
        As ``planner.equity.gini``.

    Examples
    --------
    >>> figure = lorenz(pd.Series([1.0, 3.0]), pd.Series([100, 100]))
    >>> len(figure.axes[0].lines)
    2
    """
    frame = access.to_frame() if isinstance(access, pd.Series) else access
    curves = [(name, lorenz_curve(frame[name], population)) for name in frame.columns]
    indices = [gini(frame[name], population) for name in frame.columns]

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", label=text("figure.equal"))
        for number, (name, curve) in enumerate(curves):
            shown = text("figure.access") if isinstance(access, pd.Series) else str(name)
            label = text("figure.gini", name=shown, gini=indices[number])
            held = curve["access_share"].to_numpy()
            axes.plot(curve["residents_share"], held, color=_colour(number), label=label)
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", title=text("figure.lorenz"))
        axes.set(xlabel=text("figure.residents_least_first"), ylabel=text("figure.share_of_access"))
        axes.xaxis.set_major_formatter(_percent())
        axes.yaxis.set_major_formatter(_percent())
        axes.legend(frameon=False, loc="upper left")

    return drawn(draw, size=(5.6, 5.6))


def load_bars(load: pd.Series, capacity: pd.Series, *, most: int = 30) -> Figure:
    """Return a figure of the load of each hall against its capacity, the fullest first.

    Parameters
    ----------
    load
        Residents assigned to each hall, by the hall's id or name.
    capacity
        Residents that each can serve, by the same ids; infinite or missing for no limit.
    most
        How many halls to show.

    Raises
    ------
    MeasureError
        If a hall has no capacity in the index, or a load is negative or missing.

    Examples
    --------
    >>> loads = pd.Series({"H1": 900, "H2": 400})
    >>> figure = load_bars(loads, pd.Series({"H1": 800, "H2": 600}))
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['H1', 'H2']
    """
    lost = load.index[~load.index.isin(capacity.index)]
    if len(lost):
        raise MeasureError(f"capacity has nothing for {lost[0]}; index it by the halls of load")
    if not (load >= 0).all():
        raise MeasureError(f"load of {load.index[~(load >= 0)][0]} is not a number of 0 or more")
    limits = capacity.reindex(load.index).astype(float).replace(np.inf, np.nan)
    fullness = (load / limits).fillna(0)
    shown = fullness.sort_values(ascending=False, kind="stable").index[:most]

    def draw(axes: Axes) -> None:
        loads, full = load[shown].to_numpy(float), limits[shown].to_numpy(float)
        places = np.arange(len(shown))
        over = loads > full
        inside = np.where(over, full, loads)
        axes.barh(places, inside, color=COLOURS[0], label=text("figure.within_capacity"))
        beyond = np.where(over, loads - full, 0)
        axes.barh(places, beyond, left=inside, color=COLOURS[1], label=text("figure.over_capacity"))
        axes.plot(full, places, "k|", markersize=11, label=text("figure.capacity"))
        axes.set_yticks(places, labels=[str(name) for name in shown])
        axes.invert_yaxis()
        title = text("figure.loads")
        if len(shown) < len(load):
            title = text("figure.loads_fullest", shown=len(shown), all=len(load))
        axes.set(title=title, xlabel=text("figure.load"))
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.legend(frameon=False, loc="lower right")

    return drawn(draw, size=(7.0, 1.6 + 0.24 * len(shown)))


def decay_curves(
    impedances: Mapping[str, Callable[[np.ndarray], np.ndarray]], *, until_minutes: float = 60.0
) -> Figure:
    """Return a figure of how the weight of a place falls with minutes.

    Parameters
    ----------
    impedances
        Name and function of each curve.
    until_minutes
        Where the axis ends.

    Raises
    ------
    MeasureError
        If there is no curve, or the axis does not end above 0.

    Examples
    --------
    >>> from planner.accessibility import Gaussian, Step
    >>> figure = decay_curves({"15 min": Step(15), "Gaussian": Gaussian(10)})
    >>> len(figure.axes[0].lines)
    2
    """
    if not impedances or not 0 < until_minutes < np.inf:
        raise MeasureError(
            f"there are {len(impedances)} impedances until {until_minutes} minutes; give one or "
            "more, and minutes above 0"
        )
    minutes = np.linspace(0, until_minutes, 1201)

    def draw(axes: Axes) -> None:
        for number, (name, impedance) in enumerate(impedances.items()):
            axes.plot(minutes, impedance(minutes), color=_colour(number), label=str(name))
        axes.set(xlim=(0, until_minutes), ylim=(0, None), title=text("figure.decay"))
        axes.set(xlabel=text("figure.minutes"), ylabel=text("figure.weight"))
        axes.legend(frameon=False)

    return drawn(draw)


def tornado(table: pd.DataFrame, base_share: float) -> Figure:
    """Return a figure of how far each parameter alone moves the share of residents served.

    Parameters
    ----------
    table
        A row per parameter, the widest on top: parameter, low_share, high_share (0 to 1), as
        ``planner.scenarios`` gives them.
    base_share
        The share where nothing changes: where the bars meet.

    Raises
    ------
    MeasureError
        If there is no parameter, or a share is not from 0 to 1.

    Examples
    --------
    >>> table = pd.DataFrame({"parameter": ["speed"], "low_share": [0.7], "high_share": [0.9]})
    >>> len(tornado(table, 0.8).axes[0].patches)
    2
    """
    low, high = table["low_share"].to_numpy(float), table["high_share"].to_numpy(float)
    if not len(table) or not ((low >= 0) & (low <= high) & (high <= 1)).all():
        raise MeasureError("table has no parameter, or a share that is not from 0 to 1")
    places = np.arange(len(table))[::-1]

    def draw(axes: Axes) -> None:
        axes.barh(places, low - base_share, left=base_share, color=_colour(1))
        axes.barh(places, high - base_share, left=base_share, color=_colour(0))
        axes.axvline(base_share, color=_GREY)
        axes.set_yticks(places, [word_for("parameter", str(name)) for name in table["parameter"]])
        axes.set(title=text("figure.tornado"), xlabel=text("figure.share_served"))
        axes.xaxis.set_major_formatter(_percent())

    return drawn(draw, (7.0, 1.6 + 0.4 * len(table)))


@cache
def chinese_font() -> str | None:
    """Return the name of an installed font with Chinese characters; None if there is none."""
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in CHINESE_FONTS if name in installed), None)


def drawn(draw: Callable[[Axes], None], size: tuple[float, float] = (7.0, 4.5)) -> Figure:
    """Return a figure with one drawing, in fonts that hold what is written."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    font = chinese_font()
    language = current_language()
    if language == "zh" and font is None:
        warnings.warn(text("figure.no_chinese_font", "en"), stacklevel=3)
        language = "en"
    # The Latin font first; what it lacks is taken from the Chinese one.
    families = ["DejaVu Sans", *([font] if font else [])]
    with mpl.rc_context({"font.family": families}), use_language(language):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
            label.set_fontfamily(families)
    return figure


def _percent() -> Any:
    from matplotlib.ticker import PercentFormatter

    return PercentFormatter(1.0, decimals=0)


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]
