"""What is on the ground: a city's layers, checked, kept and opened.

Contents
--------
open_city, City
    Open a city (embedded, GeoPackage, folder of GeoParquet or PostGIS); save it.
open_region, Region
    Open a province or country of many cities (a folder or PostGIS), one at a time.
join_cities
    One undivided city of several that lie side by side.
RoadNetwork
    Roads, with minutes by mode of travel.
quality.check
    What is wrong with a city's data, and the remedy.
linking
    Tables tied to layers by code or name, across code changes; population spread to communities.
DataError
    Raised where data cannot be worked with.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
