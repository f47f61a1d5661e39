from .search import travel_times as travel_times
from .times import TravelTimes as TravelTimes
