"""Bring your own city: files of any department, described by a mapping, become a City.

Contents
--------
guess_mapping
    Look at files and write a first mapping for somebody to confirm.
read_mapping
    The mapping, or what is wrong with it, key by key.
import_city
    The city that a confirmed mapping describes.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
