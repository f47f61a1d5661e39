"""Roads: as arrays, with minutes by mode, and where points enter them."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
