"""Base maps of tile services, under a plan's map only where they are asked for.

A page with one asks its host for pictures whenever it is open; a page without asks for nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from geodata.city import City

_KEY = re.compile(r"[0-9A-Za-z_-]{8,64}")
_SHIFTS = 6


@dataclass(frozen=True)
class TileService:
    """A service of map pictures.

    Attributes
    ----------
    urls
        Addresses of its layers from below; {s}, {z}, {x}, {y} and {key} are filled in.
    servers
        What {s} can be.
    attribution
        Who is to be named on the map.
    most_zoom
        The nearest level that it has.
    datum
        Datum of its pictures; the plan's is WGS 84 (CGCS2000 to within a metre).
    needs_key
        Whether it serves only those who have registered.
    """

    urls: tuple[str, ...]
    servers: tuple[str, ...]
    attribution: str
    most_zoom: int
    datum: str = "WGS 84"
    needs_key: bool = False

    @property
    def hosts(self) -> list[str]:
        """The origins that pictures come from."""
        places = {"/".join(url.split("/")[:3]) for url in self.urls}
        return sorted(place.replace("{s}", server) for place in places for server in self.servers)


def _tianditu(layer: str) -> str:
    return (
        f"https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        f"&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
        "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
    )


_AMAP = (
    "https://webrd0{s}.is.autonavi.com/appmaptile"
    "?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}"
)
BASE_MAPS = {
    "tianditu": TileService(
        urls=(_tianditu("vec"), _tianditu("cva")),
        servers=tuple("01234567"),
        attribution="天地图",
        most_zoom=18,
        needs_key=True,
    ),
    "osm": TileService(
        urls=("https://tile.openstreetmap.org/{z}/{x}/{y}.png",),
        servers=("",),
        attribution="© OpenStreetMap contributors",
        most_zoom=19,
    ),
    "amap": TileService(
        urls=(_AMAP,),
        servers=tuple("1234"),
        attribution="© 高德地图",
        most_zoom=18,
        datum="GCJ-02",
    ),
}
"""The services there are, by name."""


def tile_service(name: str, key: str) -> TileService:
    """Return a service by name.

    Raises
    ------
    ValueError
        If there is no such service, or the key it needs is missing or is none.
    """
    if name not in BASE_MAPS:
        raise ValueError(f"base_map is {name!r}; use one of {', '.join(BASE_MAPS)}")
    service = BASE_MAPS[name]
    if service.needs_key and not _KEY.fullmatch(key):
        raise ValueError(f"base_map {name!r} needs the key that its service gave you: key=...")
    return service


def base_map_data(name: str, key: str, city: City) -> dict[str, Any]:
    """Return what the page needs to draw a base map under a city.

    ``shift`` says how many degrees its datum moves places of the plan east and north, on a grid
    over the city's bounds, row by row from the south; None where it is the plan's own.
    """
    service = tile_service(name, key)
    shift = _shift(city) if service.datum == "GCJ-02" else None
    return {
        "urls": [url.replace("{key}", key) for url in service.urls],
        "servers": list(service.servers),
        "attribution": service.attribution,
        "most_zoom": service.most_zoom,
        "shift": shift,
    }


def _shift(city: City) -> dict[str, Any]:
    from geodata.crs import wgs84_to_gcj02

    west, south, east, north = map(float, city.towns.total_bounds)
    lon, lat = np.meshgrid(np.linspace(west, east, _SHIFTS), np.linspace(south, north, _SHIFTS))
    moved_lon, moved_lat = wgs84_to_gcj02(lon, lat)
    return {
        "bounds": [west, south, east, north],
        "side": _SHIFTS,
        "east": (moved_lon - lon).ravel().round(8).tolist(),
        "north": (moved_lat - lat).ravel().round(8).tolist(),
    }
