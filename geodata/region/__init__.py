"""Many cities side by side: a province or a country of counties, opened one at a time.

``region`` is what a region is and how it is opened; ``stored`` reads and writes its two files;
``near`` says which counties lie close to one; ``joining`` makes one city of several counties;
``indexing`` makes the list of the counties in a folder, on ``ledger``, which knows every key.
"""

from geodata.region.indexing import index_region
from geodata.region.joining import join_cities
from geodata.region.region import Region, is_region, open_region

__all__ = ["Region", "index_region", "is_region", "join_cities", "open_region"]
