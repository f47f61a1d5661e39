"""A website of a plan for the intranet, and its one-page bulletin (信息联通).

Contents
--------
publish
    A folder of pages, tables and downloads that opens from disk and from any web server.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
