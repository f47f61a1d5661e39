from .cities import Imported as Imported
from .cities import import_city as import_city
from .cities import import_layer as import_layer
from .guess import guess_mapping as guess_mapping
from .mapping import read_mapping as read_mapping
from .models import Mapping as Mapping
