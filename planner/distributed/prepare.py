"""The first step of each county: check it, and keep what others need of it beside an index.

What is kept is GeoParquet in pieces along a space-filling curve, each with its box, so that a
neighbour reads of it what lies in its margin and no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.region.region import open_place, place_fingerprint
from planner.distributed.margin import box_of, pace
from planner.distributed.store import Store, key_of
from planner.errors import PlanError

if TYPE_CHECKING:
    from geodata.city import City

STAGE = "prepared"
_KEPT = ("towns", "communities", "settlements", "halls", "candidates", "road_edges")
_PIECE_ROWS = 4_096
_ROUNDING_CENTS = 1e-3


def prepare(place: str, county: str, modes: Sequence[str], folder: str) -> dict[str, Any]:
    """Check a county and keep what its own and its neighbours' work reads; return its figures.

    Parameters
    ----------
    place
        What the county is opened by: its folder, or its PostGIS address.
    county
        Its code.
    modes
        Modes of travel that the standard asks for.
    folder
        Of the results.

    Raises
    ------
    DataError
        If anything is wrong with the county.
    """
    key = key_of(content=place_fingerprint(place), modes=sorted(modes))

    def make(draft: Path) -> dict[str, Any]:
        city = open_place(place, county)
        if city.settlements["residents"].sum() == 0:
            raise PlanError("county_without_residents", county=county)
        layers = _layers(city)
        for name, layer in layers.items():
            _write(layer, draft / f"{name}.parquet")
        return _figures(city, layers, modes)

    return {"county": county, "key": key, **Store(Path(folder)).result(STAGE, county, key, make)}


def _layers(city: City) -> dict[str, gpd.GeoDataFrame]:
    layers: dict[str, gpd.GeoDataFrame] = {
        name: getattr(city, name) for name in _KEPT if name != "road_edges"
    }
    candidates = layers["candidates"]
    layers["candidates"] = candidates[candidates["available"].astype(bool)]
    if city.roads is not None:
        edges = city.roads.to_geodataframe()
        layers["road_edges"] = edges.iloc[np.argsort(edges.hilbert_distance(), kind="stable")]
    return layers


def _write(layer: gpd.GeoDataFrame, file: Path) -> None:
    layer.to_parquet(
        file,
        index=False,
        compression="zstd",
        write_covering_bbox=True,
        row_group_size=_PIECE_ROWS,
    )


def _figures(
    city: City, layers: dict[str, gpd.GeoDataFrame], modes: Sequence[str]
) -> dict[str, Any]:
    halls, sites = layers["halls"], layers["candidates"]
    cents = in_cents(sites["cost_yuan"])
    own = [layers[name] for name in ("settlements", "halls", "candidates")]
    return {
        "name": city.name,
        "name_en": city.name_en,
        "residents": int(layers["settlements"]["residents"].sum()),
        "communities": len(layers["communities"]),
        "settlements": len(layers["settlements"]),
        "open_halls": int(((halls["tier"] == "community") & (halls["status"] == "open")).sum()),
        "sites": len(sites),
        "cost_step_cents": int(np.gcd.reduce(cents)) if len(cents) else 0,
        "crs": city.boundary.crs.to_epsg(),
        "has_roads": city.roads is not None,
        "own_box": box_of(*own),
        "whole_box": box_of(*own, *([layers["road_edges"]] if city.roads is not None else [])),
        "pace": {mode: vars(pace(city.roads, mode)) for mode in sorted(modes)},
        "real": sorted(
            name
            for name, layer in layers.items()
            if len(layer) and not (layer["source"] == "modelled").any()
        ),
    }


def in_cents(cost_yuan: pd.Series) -> np.ndarray:
    """Return costs in hundredths of a yuan, parts of one rounded up: no budget is exceeded."""
    return np.ceil(cost_yuan.to_numpy(float) * 100 - _ROUNDING_CENTS).astype(np.int64)


def read_kept(place: Path, layer: str, box: tuple[float, ...] | None = None) -> gpd.GeoDataFrame:
    """Return a layer as ``prepare`` kept it, whole or what touches a box.

    Parameters
    ----------
    place
        The result's folder.
    layer
        Its name.
    box
        West, south, east, north, in degrees.
    """
    return gpd.read_parquet(place / f"{layer}.parquet", bbox=box)


def read_attributes(place: Path, layer: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return some columns of a whole layer, without its geometry."""
    return pd.read_parquet(place / f"{layer}.parquet", columns=list(columns))
