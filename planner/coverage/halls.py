"""What halls lack against the standard: functions, floor area, form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.layers import SEPARATOR

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard


def halls_against_standard(city: City, standard: Standard) -> gpd.GeoDataFrame:
    """Return the open halls with what each lacks against the standard.

    Returns
    -------
    GeoDataFrame
        The layer's columns and: functions_missing (ids joined by ``;``), functions_extra
        (count, the x of "N+x"), complete (at least N of the required functions),
        floor_area_required_m2, floor_area_gap_m2 (both for the community tier; missing where the
        area is not known), form_gap (a station where the standard asks for a hall).
    """
    halls = city.halls
    halls = halls[halls["status"] == "open"].reset_index(drop=True)
    communities = city.communities.set_index("code")
    rows = []
    for hall in halls.itertuples(index=False):
        home = communities.loc[hall.community_code] if hall.tier == "community" else None
        kind: Any = None if home is None else home["kind"]
        functions = standard.functions_of(hall.tier, kind)
        offered = set(hall.functions.split(SEPARATOR)) if isinstance(hall.functions, str) else set()
        missing = [function for function in functions.required if function not in offered]
        present = len(functions.required) - len(missing)
        rows.append(
            {
                "functions_missing": SEPARATOR.join(missing),
                "functions_extra": len(offered) - present,
                "complete": present >= functions.minimum,
                "floor_area_required_m2": (
                    None if home is None else standard.floor_area_m2(kind, home["households"])
                ),
                "form_gap": (
                    home is not None and hall.form == "station" and standard.form_of(kind) == "hall"
                ),
            }
        )
    lacking = pd.DataFrame(rows, index=halls.index).astype({"floor_area_required_m2": float})
    shortfall = lacking["floor_area_required_m2"] - halls["floor_area_m2"]
    return halls.join(lacking.assign(floor_area_gap_m2=shortfall.clip(lower=0)))


def floor_area_required(
    city: City, standard: Standard, community_codes: Iterable[str]
) -> np.ndarray:
    """Return the floor area (m²) that the standard asks of a hall in each of some communities.

    Parameters
    ----------
    city, standard
        Whose households and whose rule.
    community_codes
        Codes of communities; 0 m² is returned where the standard states no area.
    """
    home = city.communities.set_index("code").loc[list(community_codes)]
    pairs = zip(home["kind"], home["households"], strict=True)
    return np.array([standard.floor_area_m2(kind, float(count)) or 0.0 for kind, count in pairs])
