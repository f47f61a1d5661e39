"""Several counties as one undivided city, in which roads and reach go on across the borders."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.city import City
from geodata.errors import DataError
from geodata.language import LANGUAGES
from geodata.layers import LAYERS, ROAD_LAYERS, Layer
from geodata.roads import RoadNetwork

ROAD_FACTS = ("length_metres", "road_class", "oneway", "max_speed_kmh")
"""What must be the same of a road that several counties hold, beside ends and line."""


def join_cities(cities: Sequence[City], *, code: str, name: str, name_en: str) -> City:
    """Return one city of several that lie side by side.

    The rows stand in the order of the cities' codes, and in each city as they did, whatever the
    order of the arguments. A road node or road that several cities hold is in it once, so that
    roads go on across the borders.

    Parameters
    ----------
    cities
        Checked cities, each with another code.
    code, name, name_en
        What to call the whole.

    Raises
    ------
    DataError
        If two cities have one code, are in different coordinate systems, name two things by one
        key, or hold one road node or road that is not the same in both; the text names both.

    Examples
    --------
    >>> from geodata import open_city
    >>> joined = join_cities([open_city("taicang")], code="320500", name="苏州", name_en="Suzhou")
    >>> joined.boundary["name"].tolist(), len(joined.communities)
    (['苏州'], 160)
    """
    parts = sorted(cities, key=lambda city: city.code)
    _check_cities(parts)
    tables = [city.layers() for city in parts]
    layers: dict[str, pd.DataFrame] = {"boundary": _boundary(parts, code, name, name_en)}
    for layer in LAYERS.values():
        held = {
            city.code: own[layer.name]
            for city, own in zip(parts, tables, strict=True)
            if layer.name in own
        }
        if held and layer.name not in layers:
            layers[layer.name] = _joined(layer, held)
    return City.from_inspected(layers, _sources(parts), roads=_roads(parts))


def _check_cities(parts: Sequence[City]) -> None:
    if not parts:
        raise DataError("nothing_to_join")
    for one, other in pairwise(parts):
        if one.code == other.code:
            raise DataError("county_twice", one.code, one=one.name, other=other.name)
    first = parts[0]
    for city in parts:
        if city.boundary.crs != first.boundary.crs:
            raise DataError(
                "counties_in_two_systems",
                one=first.code,
                one_epsg=first.boundary.crs.to_epsg(),
                other=city.code,
                other_epsg=city.boundary.crs.to_epsg(),
            )


def _boundary(parts: Sequence[City], code: str, name: str, name_en: str) -> gpd.GeoDataFrame:
    every = pd.concat([city.boundary for city in parts], ignore_index=True)
    real = (every["source"] == "real").all()
    texts = {"code": code, "name": name, "name_en": name_en}
    texts["source"] = "real" if real else "modelled"
    return gpd.GeoDataFrame(
        {column: pd.array([text], every[column].dtype) for column, text in texts.items()},
        geometry=[shapely.union_all(np.asarray(every.geometry.array))],
        crs=every.crs,
    )


def _joined(layer: Layer, held: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a layer of several counties, by code, as one."""
    if layer.key is not None:
        keys = _Once({code: frame[layer.key].to_numpy(object) for code, frame in held.items()})
        keys.refuse(layer.name, keys.repeated()[0])
    return pd.concat(_alike(layer, held), ignore_index=True)


def _owners(held: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the county of each row, of counties with their rows."""
    return np.repeat(np.array(list(held), object), [len(rows) for rows in held.values()])


def _alike(layer: Layer, held: Mapping[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Yield the frames with every column of the schema that one of them has."""
    refuse_gaps(layer, held)
    for name, column in layer.schema.columns.items():
        if not any(name in frame for frame in held.values()):
            continue
        held = {
            code: frame
            if name in frame
            else frame.assign(**{name: pd.Series(np.nan, frame.index, column.dtype.type)})
            for code, frame in held.items()
        }
    yield from held.values()


def refuse_gaps(layer: Layer, held: Mapping[str, Container[str]]) -> None:
    """Refuse a column of some counties that may be left out as a whole, but not row by row.

    Parameters
    ----------
    layer
        The layer.
    held
        Its columns, by county.

    Raises
    ------
    DataError
        If there is one; the text names a county that has it and one that has not.
    """
    for name, column in layer.schema.columns.items():
        lacking = [code for code, columns in held.items() if name not in columns]
        having = [code for code, columns in held.items() if name in columns]
        if lacking and having and not column.nullable:
            values = {"column": name, "one": having[0], "other": lacking[0]}
            raise DataError("column_in_some_counties", layer.name, **values)


def _roads(parts: Sequence[City]) -> RoadNetwork | None:
    """Return the roads of the counties that have any; what several hold is there once."""
    held = {city.code: city.roads for city in parts if city.roads is not None}
    if len(held) < 2:
        return next(iter(held.values()), None)
    nets = list(held.values())

    def every(name: str) -> np.ndarray:
        return np.concatenate([getattr(net, name) for net in nets])

    nodes = _Once({code: net.node_ids for code, net in held.items()})
    lon, lat = every("lon"), every("lat")
    again, like = nodes.repeated()
    nodes.refuse(ROAD_LAYERS[0], again[(lon[again] != lon[like]) | (lat[again] != lat[like])])
    before = np.repeat(
        np.cumsum([0, *(len(net.node_ids) for net in nets[:-1])]),
        [len(net.edge_ids) for net in nets],
    )
    tails, heads = (nodes.number[every(name) + before] for name in ("tails", "heads"))
    edges = _Once({code: net.edge_ids for code, net in held.items()})
    lines = every("lines")
    again, like = edges.repeated()
    same = (tails[again] == tails[like]) & (heads[again] == heads[like])
    same &= shapely.equals_identical(lines[again], lines[like])
    facts = {name: every(name) for name in ROAD_FACTS}
    for values in facts.values():
        one, other = values[again], values[like]
        same &= (one == other) | (pd.isna(one) & pd.isna(other))
    edges.refuse(ROAD_LAYERS[1], again[~same])
    told = _alike(LAYERS[ROAD_LAYERS[1]], {code: net.attributes for code, net in held.items()})
    kept = edges.first
    return RoadNetwork(
        node_ids=nodes.ids,
        lon=lon[nodes.first],
        lat=lat[nodes.first],
        edge_ids=edges.ids,
        tails=tails[kept].astype(np.int32),
        heads=heads[kept].astype(np.int32),
        length_metres=facts["length_metres"][kept],
        road_class=facts["road_class"][kept],
        oneway=facts["oneway"][kept],
        max_speed_kmh=facts["max_speed_kmh"][kept],
        lines=lines[kept],
        attributes=pd.concat(told, ignore_index=True).iloc[kept].reset_index(drop=True),
        crs=nets[0].crs,
    )


class _Once:
    """Ids of several counties, one county after the other, and each id once.

    Parameters
    ----------
    held
        The ids by county.

    Attributes
    ----------
    ids
        Each id once, in the order of appearance.
    number
        Position in ``ids`` of each row's id.
    first
        The row where each id stands first.
    """

    def __init__(self, held: Mapping[str, np.ndarray]) -> None:
        self._owners = _owners(held)
        self.number, self.ids = pd.factorize(np.concatenate(list(held.values())))
        self.first = np.empty(len(self.ids), np.intp)
        self.first[self.number[::-1]] = np.arange(len(self.number))[::-1]

    def repeated(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows whose id stands in an earlier row too, and those earlier rows."""
        earlier = self.first[self.number]
        again = np.flatnonzero(earlier != np.arange(len(earlier)))
        return again, earlier[again]

    def refuse(self, layer: str, rows: np.ndarray) -> None:
        """Refuse rows that stand in two counties, as the same key of what is not the same."""
        if len(rows):
            number = self.number[rows[0]]
            raise DataError(
                "key_in_two_counties",
                layer,
                column=LAYERS[layer].key,
                value=self.ids[number],
                one=self._owners[self.first[number]],
                other=self._owners[rows[0]],
            )


def _sources(parts: Sequence[City]) -> dict[str, object]:
    """Return where each layer comes from, as far as the counties say it."""
    names = [name for name in LAYERS if any(name in city.sources for city in parts)]
    return {name: _source([city.sources.get(name) for city in parts]) for name in names}


def _source(said: Sequence[Any]) -> object:
    """Return the provenance of a layer: real is what is real in every county."""
    if all(one == said[0] for one in said):
        return said[0]
    stated = [one if isinstance(one, Mapping) else {"source": one} for one in said]
    reals = [one.get("real") or [] for one in stated]
    listed = [real for real in reals if isinstance(real, list)]
    real = (
        [column for column in listed[0] if all(column in other for other in listed)]
        if listed
        else True
    )
    texts = {
        language: "; ".join(dict.fromkeys(filter(None, (_text(one, language) for one in stated))))
        for language in LANGUAGES
    }
    return {"real": real, "source": texts}


def _text(stated: Mapping[str, Any], language: str) -> str:
    text = stated.get("source")
    if isinstance(text, Mapping):
        text = text.get(language) or text.get("en")
    return str(text or "")
