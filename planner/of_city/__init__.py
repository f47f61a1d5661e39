"""The measures, allocations and isochrones, for the residents and halls of a city.

access_of_city
    Any measure of accessibility of the settlements to the halls.
allocate
    Who is served where.
isochrones_of_city
    The ground from which halls and sites are reached in time.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
