"""The map page of a plan: a folium map with our own layers, saved as one self-contained file."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from planner.maps.base_maps import base_map_data, tile_service
from planner.maps.comparison import other_plan
from planner.maps.offline import OfflineMap, known_language, scripts, words
from planner.maps.parts import PageData, page_data
from planner.maps.payload import payload
from planner.messages import text

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


class PlanMap(OfflineMap):
    """The map of a plan. Make one with ``plan_map``.

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

    default_js = scripts(*_SCRIPTS)

    def __init__(
        self,
        plan: Plan,
        lang: str = "zh",
        base_map: str | None = None,
        key: str = "",
        other: Plan | None = None,
    ) -> None:
        service = tile_service(base_map, key) if base_map else None
        name = plan.city.name if known_language(lang) == "zh" else plan.city.name_en
        title = text("map.title", lang, city=name)
        super().__init__(title, lang, service.hosts if service else ())
        self._plan, self._base_map, self._key = plan, base_map, key
        self._other = other

    @cached_property
    def data(self) -> PageData:
        """What the page shows."""
        said = words("map", "layer", "body", "criterion")
        tree = {"lang": self.lang, "words": said, **payload(self._plan)}
        if self._base_map:
            tree["base_map"] = base_map_data(self._base_map, self._key, self._plan.city)
        if self._other is not None:
            tree["other"] = other_plan(self._plan, self._other)
        return page_data(tree)


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
