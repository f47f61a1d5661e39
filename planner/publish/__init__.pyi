from .changes import changes as changes
from .site import publish as publish
