from .choice import ProjectChoice as ProjectChoice
from .choice import choose_projects as choose_projects
from .curve import budget_curve as budget_curve
from .of_city import projects_of_city as projects_of_city
from .of_city import published as published
from .of_city import unmet_clients as unmet_clients
