from .catalogue import INDICATORS as INDICATORS
from .catalogue import Indicator as Indicator
from .table import indicator_table as indicator_table
from .view import View as View
