"""Pictures of a plan for paper: a map with scale bar, north arrow and legend, in matplotlib.

They are drawn in metres of the city's own zone, so that the scale bar holds everywhere on them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.crs import metric_crs
from geodata.language import current_language
from planner.errors import PlanError
from planner.figures import COLOURS, drawn
from planner.maps.isochrones import few_halls
from planner.messages import text

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pyproj import CRS

    from planner.decisions import Comparison
    from planner.plan import Plan

_SIZE_INCHES = (6.6, 5.0)
_LEGEND_SHARE = 0.42
_NAME_WIDTH = 18
_SHARES = (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)
_SHARE_COLOURS = ("#b2182b", "#ef8a62", "#fddbc7", "#d1e5f0", "#92c5de")
_CHANGES = (-math.inf, -499, -99, 0, 1, 100, 500, math.inf)
"""Residents served more (from, to below), in whole numbers."""
_CHANGE_COLOURS = (
    "#b35806", "#f1a340", "#fee0b6", "#f2f2ef", "#d8daeb", "#998ec3", "#542788",
)  # fmt: skip
"""Orange and purple of the same lightness: people with any colour vision tell them apart."""
_REACHED = {1.0: "#5ab4ac", 0.5: "#01665e"}
_NO_RESIDENTS = "#e9e9e6"
_HALL, _NEW, _UNSERVED, _OUTLINE = COLOURS[0], "#d1006c", "#7a0019", "#3d4654"
_ROAD_CLASSES = ("motorway", "trunk", "primary", "secondary")
_SCALE_STEPS = (1, 2, 5)


def figure(plan: Plan, kind: str = "coverage") -> Figure:
    """Return a picture of a plan, labelled in the language in use.

    Parameters
    ----------
    plan
        The plan.
    kind
        ``"coverage"``: share of residents served today, by community, with the open halls;
        ``"after"``: the same once the recommended halls are built, with their ranks;
        ``"unserved"``: where residents live who are not served today, sized by their number;
        ``"floor_area"``: which communities' halls are smaller than the standard, and by how much;
        ``"isochrones"``: from where a hall is reached in time once the recommended ones are built,
        and whose ground is new.

    Raises
    ------
    PlanError
        If there is no such picture.

    Examples
    --------
    >>> figure(plan, "after").savefig("after.png", dpi=200)
    """
    if kind not in PICTURES:
        raise PlanError("no_such_picture", kind=kind, known=", ".join(PICTURES))
    return _drawn(plan, text(f"picture.{kind}", city=_name(plan)), PICTURES[kind])


def comparison_figure(found: Comparison, plans: Sequence[Plan], other: str = "B") -> Figure:
    """Return a picture of who wins and who loses with another plan in place of the first.

    Parameters
    ----------
    found
        What ``planner.compare`` found.
    plans
        The plans that were compared, in the same order.
    other
        Name of the other plan, ``"B"`` or ``"C"``.

    Examples
    --------
    >>> found = planner.compare(few, more)
    >>> comparison_figure(found, [few, more]).savefig("compare.png", dpi=200)
    """
    first, second = plans[0], plans[found.names.index(other)]
    change = found.communities.set_index("community_code")[f"{other}-A"]

    def paint(axes: Axes, plan: Plan, crs: CRS) -> None:
        areas = plan.gaps.to_crs(crs)
        more = areas["community_code"].map(change).fillna(0)
        bounds = zip(_CHANGES[:-1], _CHANGES[1:], _CHANGE_COLOURS, strict=True)
        for low, high, colour in reversed(list(bounds)):
            _fill(axes, areas[(more >= low) & (more < high)], colour, _range(low, high))
        _roads(axes, plan, crs)
        both = set(first.recommendations["site_id"]) & set(second.recommendations["site_id"])
        for key, sites, marker, colour in (
            ("both", first.recommendations, "o", _NEW),
            ("A", first.recommendations, "^", _OUTLINE),
            (other, second.recommendations, "s", COLOURS[0]),
        ):
            shared = sites["site_id"].isin(both)
            some = sites[shared if key == "both" else ~shared].to_crs(crs)
            label = text("picture.sites_both" if key == "both" else "picture.sites_one", plan=key)
            axes.scatter(
                some.geometry.x, some.geometry.y, s=52, marker=marker, c=colour,
                edgecolors="white", linewidths=0.8, zorder=9, label=label,
            )  # fmt: skip
        _legend(axes, text("picture.change", plan=other))

    return _drawn(first, text("picture.compared", city=_name(first), plan=other), paint)


def _range(low: float, high: float) -> str:
    """Return what a class of whole numbers from ``low`` to below ``high`` is called."""
    if (low, high) == (0, 1):
        return text("picture.no_change")
    last = high - 1
    if math.isinf(high):
        return text("picture.or_more", number=low)
    if math.isinf(low):
        return text("picture.or_less", number=last)
    return text("picture.number_range", low=low, high=last)


def _drawn(plan: Plan, title: str, paint: Callable[[Axes, Plan, CRS], None]) -> Figure:
    crs = metric_crs(plan.city.boundary)

    def draw(axes: Axes) -> None:
        axes.set_title(title, fontsize=12)
        paint(axes, plan, crs)
        _towns(axes, plan, crs)
        _furnish(axes)

    return drawn(draw, size=_SIZE_INCHES)


def _coverage(axes: Axes, plan: Plan, crs: CRS) -> None:
    _shares(axes, plan.gaps.to_crs(crs), "share_served_before")
    _roads(axes, plan, crs)
    _halls(axes, plan, crs)
    _legend(axes, text("picture.share"))


def _after(axes: Axes, plan: Plan, crs: CRS) -> None:
    _shares(axes, plan.gaps.to_crs(crs), "share_served_after")
    _roads(axes, plan, crs)
    _halls(axes, plan, crs)
    _ranks(axes, plan, crs)
    _legend(axes, text("picture.share"))


def _ranks(axes: Axes, plan: Plan, crs: CRS) -> None:
    sites = plan.recommendations.to_crs(crs)
    if len(sites):
        label = text("picture.recommended")
        axes.scatter(
            sites.geometry.x, sites.geometry.y, s=130, c=_NEW, edgecolors="white", zorder=9,
            label=label,
        )  # fmt: skip
        for site in sites.itertuples():
            place = (site.geometry.x, site.geometry.y)
            axes.annotate(
                str(site.rank), place, color="white", fontsize=8, fontweight="bold", zorder=10,
                ha="center", va="center_baseline",
            )  # fmt: skip


def _unserved(axes: Axes, plan: Plan, crs: CRS) -> None:
    _roads(axes, plan, crs)
    places = plan.settlements.to_crs(crs)
    lacking = places[~places["served_before"] & (places["residents"] > 0)]
    axes.scatter(
        lacking.geometry.x, lacking.geometry.y, s=lacking["residents"] / 12, c=_UNSERVED,
        alpha=0.75, edgecolors="white", linewidths=0.5, zorder=4,
        label=text("picture.unserved_size"),
    )  # fmt: skip
    _halls(axes, plan, crs)
    _legend(axes, None)


def _floor_area(axes: Axes, plan: Plan, crs: CRS) -> None:
    areas = plan.gaps.to_crs(crs)
    gap, required = areas["floor_area_gap_m2"], areas["floor_area_required_m2"]
    missing = (gap / required).where(required > 0)
    for low, high, colour in zip(
        (-1.0, 0.0, 0.25, 0.5), (0.0, 0.25, 0.5, 1.0), ("#d1e5f0", *_SHARE_COLOURS[2::-1]),
        strict=True,
    ):  # fmt: skip
        part = areas[(missing > low) & (missing <= high)]
        key = "picture.area_met" if high == 0.0 else "picture.area_short"
        _fill(axes, part, colour, text(key, low=low, high=high))
    _fill(axes, areas[missing.isna()], _NO_RESIDENTS, text("picture.area_unknown"))
    _legend(axes, text("picture.area_title"))


def _isochrones(axes: Axes, plan: Plan, crs: CRS) -> None:
    ground = plan.isochrones(halls=few_halls(plan)).to_crs(crs)
    reached = ground[ground.geometry.notna()]
    for share, key in zip((1.0, 0.5), ("all", "half"), strict=True):
        within = reached[reached["share"] == share]
        # From afar the ground along a road is thinner than a line, so it has a line of its colour.
        colour = _REACHED[share]
        _fill(axes, within, colour, text(f"map.class.isochrone_{key}"), edge=colour)
    new = reached[(reached["rank"] > 0) & (reached["share"] == 1)]
    if len(new):
        new.boundary.plot(ax=axes, color=_NEW, linewidth=0.5, zorder=2)
    _halls(axes, plan, crs)
    _ranks(axes, plan, crs)
    _legend(axes, text("map.switch.isochrones"))


PICTURES: dict[str, Callable[[Axes, Plan, CRS], None]] = {
    "coverage": _coverage,
    "after": _after,
    "unserved": _unserved,
    "floor_area": _floor_area,
    "isochrones": _isochrones,
}
"""The pictures there are, by name."""


def _name(plan: Plan) -> str:
    return plan.city.name if current_language() == "zh" else plan.city.name_en


def _shares(axes: Axes, areas: gpd.GeoDataFrame, column: str) -> None:
    shares = areas[column]
    for low, high, colour in zip(_SHARES[:-1], _SHARES[1:], _SHARE_COLOURS, strict=True):
        top = shares <= high if high == 1.0 else shares < high
        _fill(axes, areas[(shares >= low) & top], colour, f"{low:.0%} – {high:.0%}")
    if shares.isna().any():
        _fill(axes, areas[shares.isna()], _NO_RESIDENTS, text("map.no_residents"))


def _fill(
    axes: Axes, areas: gpd.GeoDataFrame, colour: str, label: str, edge: str = "white"
) -> None:
    """Fill areas and put one line into the legend, also where no area is of this class."""
    if len(areas):
        areas.plot(ax=axes, color=colour, edgecolor=edge, linewidth=0.4, zorder=1)
    axes.fill([], [], color=colour, label=label)


def _roads(axes: Axes, plan: Plan, crs: CRS) -> None:
    roads = plan.city.roads
    if roads is None:
        return
    import geopandas as gpd
    import pandas as pd

    major = pd.Series(roads.road_class).str.removesuffix("_link").isin(_ROAD_CLASSES).to_numpy()
    if major.any():
        lines = gpd.GeoSeries(roads.lines[major], crs=plan.city.boundary.crs).to_crs(crs)
        lines.plot(ax=axes, color="#8b8071", linewidth=0.5, alpha=0.8, zorder=2)


def _halls(axes: Axes, plan: Plan, crs: CRS) -> None:
    halls = plan.halls.to_crs(crs)
    halls = halls[halls["tier"] == "community"]
    for form, marker, face in (("hall", "o", _HALL), ("station", "o", "white")):
        some = halls[halls["form"] == form]
        axes.scatter(
            some.geometry.x, some.geometry.y, s=14, marker=marker, c=face, edgecolors=_HALL,
            linewidths=1.1, zorder=5, label=text(f"picture.{form}"),
        )  # fmt: skip


def _towns(axes: Axes, plan: Plan, crs: CRS) -> None:
    import matplotlib.patheffects as effects

    towns = plan.city.towns.to_crs(crs)
    towns.boundary.plot(ax=axes, color=_OUTLINE, linewidth=0.9, zorder=3)
    names = towns[text("picture.town_name_column")].fillna(towns["name"])
    halo = [effects.withStroke(linewidth=2.4, foreground="white")]
    for name, place in zip(names, towns.representative_point(), strict=True):
        axes.annotate(
            fill(name, _NAME_WIDTH), (place.x, place.y), fontsize=7.5, ha="center", va="center",
            zorder=8, color="#1d2733", path_effects=halo,
        )  # fmt: skip


def _legend(axes: Axes, title: str | None) -> None:
    axes.legend(
        title=title, loc="upper right", frameon=False, fontsize=8, title_fontsize=8.5,
        alignment="left",
    )  # fmt: skip


def _furnish(axes: Axes) -> None:
    """Make room at the right for the legend; below it a scale bar and an arrow to the north."""
    axes.set_aspect("equal")
    axes.set_axis_off()
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    axes.set_xlim(west, east + _LEGEND_SHARE * (east - west))
    axes.set_ylim(south, north)
    left, height = east + 0.06 * (east - west), north - south
    bar = _round_length((east - west) / 4)
    style: dict[str, Any] = {"color": "#1d2733"}
    ends, bottom = [left, left + bar], south + 0.04 * height
    axes.plot(ends, [bottom, bottom], linewidth=3, solid_capstyle="butt", **style)
    label = text("picture.kilometres", km=bar / 1000)
    axes.text(left, bottom + 0.02 * height, label, fontsize=8, **style)
    axes.annotate(
        text("picture.north"), xy=(left + bar / 8, south + 0.30 * height),
        xytext=(left + bar / 8, south + 0.18 * height), ha="center", va="top", fontsize=9,
        arrowprops={"arrowstyle": "-|>", "linewidth": 1.6, "color": "#1d2733"},
    )  # fmt: skip


def _round_length(metres: float) -> float:
    """Return the longest of 1, 2 or 5 times a power of ten that is not above ``metres``."""
    power = 10.0 ** np.floor(np.log10(metres))
    return float(max(step * power for step in _SCALE_STEPS if step * power <= metres))
