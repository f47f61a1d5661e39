from .accessibility import access_of_city as access_of_city
from .allocation import allocate as allocate
