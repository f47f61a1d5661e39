from .isochrones import isochrones as isochrones
from .routes import route as route
from .rows import minutes_between as minutes_between
from .search import k_nearest as k_nearest
from .search import travel_times as travel_times
from .times import TravelTimes as TravelTimes
