"""The report for the joint meeting: what a plan found, as Word, PDF and spreadsheet.

They read a ``Plan`` and compute nothing.

Contents
--------
write_report
    The report in both editable and printable form.
write_workbook
    All tables of a plan in one spreadsheet.
Letterhead
    What the office fills in: headline, document number, issuer, date.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
