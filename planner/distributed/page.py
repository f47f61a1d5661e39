"""The map of a region: its counties by the share of residents served, and the new sites."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from planner.maps import LayerMap, explore
from planner.messages import text

_SHARES = ("share_after", "share_before")
_TOLD = ("residents", "new_sites", "status", "reason")


def region_map(
    counties: gpd.GeoDataFrame, recommendations: gpd.GeoDataFrame, lang: str
) -> LayerMap:
    """Return the map of a region's plan, offline.

    Parameters
    ----------
    counties, recommendations
        As ``RegionPlan`` has them.
    lang
        Language of the page.
    """
    columns: dict[str, pd.Series] = {"name": counties["name"]}
    columns |= {share: (100 * counties[share]).round(1) for share in _SHARES}
    columns |= {name: counties[name] for name in _TOLD}
    columns["status"] = counties["status"].map(lambda word: text(f"region_map.{word}", lang))
    named = {text(f"region_map.{name}", lang): column for name, column in columns.items()}
    layer = gpd.GeoDataFrame(named, geometry=counties.geometry)
    marks = None
    if len(recommendations):
        marks = recommendations.set_index(
            recommendations["rank"].astype("str") + " " + recommendations["name"]
        )[["geometry"]]
    return explore(
        layer,
        text("region_map.share_after", lang),
        tooltip=list(named),
        sites=marks,
        lang=lang,
    )
