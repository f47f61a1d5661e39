from .contents import Letterhead as Letterhead
from .parts import Report as Report
from .workbook import write_comparison_workbook as write_comparison_workbook
from .workbook import write_workbook as write_workbook
from .writing import can_print as can_print
from .writing import make_comparison as make_comparison
from .writing import make_report as make_report
from .writing import write_report as write_report
