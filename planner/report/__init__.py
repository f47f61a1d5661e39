"""The report for the joint meeting: what a plan found, as Word, PDF and spreadsheet.

It reads a ``Plan`` and computes nothing.

Contents
--------
make_report
    What the report says, with its pictures.
make_comparison
    What differs between plans, said in the same way.
write_report
    The same as an editable Word document or as a PDF.
can_print
    Whether the fonts for a PDF are there.
write_workbook
    All tables of a plan in one spreadsheet.
write_comparison_workbook
    All tables of a comparison in one spreadsheet.
Letterhead
    What the office fills in: headline, document number, issuer, date.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
