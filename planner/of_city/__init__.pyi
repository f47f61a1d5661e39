from .accessibility import access_of_city as access_of_city
from .allocation import allocate as allocate
from .isochrones import isochrones_of_city as isochrones_of_city
