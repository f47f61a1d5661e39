from .contents import Letterhead as Letterhead
from .workbook import write_workbook as write_workbook
from .writing import write_report as write_report
