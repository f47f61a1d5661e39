"""Projects of a city: what is proposed, what is needed, as a standard counts them.

Need is counted in clients (persons whom a field serves) that no worker of their community's hall
can take on; what a project meets, in the clients that its money and volunteers can serve.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.disclosure import suppressed
from geodata.layers import FIELDS, SENSITIVE_CLIENTS, SEPARATOR
from planner.errors import PlanError
from planner.projects.choice import ProjectChoice, choose_projects

if TYPE_CHECKING:
    from geodata.city import City
    from planner.standard import Standard
    from planner.standard_tables import Projects

CLIENT_FIELDS = tuple(field for field in FIELDS if field != "other")


def unmet_clients(city: City, standard: Standard) -> pd.Series:
    """Return the clients whom no worker of their community's hall can take on.

    max(clients − FTE based at the community's open halls × clients per FTE, 0).

    Returns
    -------
    Series
        By community_code and field; clients, in fractions. Communities whose clients are not known
        are left out.

    Raises
    ------
    PlanError
        If the standard has no ``[projects]``.
    """
    rules = rules_of(standard)
    communities = city.communities.set_index("code")
    clients = pd.DataFrame(
        {field: communities[f"clients_{field}"].astype(float) for field in CLIENT_FIELDS}
    )
    need = clients.rename_axis("community_code").rename_axis(columns="field").stack()
    workers = city.workers
    if len(workers):
        halls = city.halls
        home = halls[halls["status"] == "open"].set_index("hall_id")["community_code"]
        posts = workers.assign(community_code=workers["base_hall_id"].map(home))
        fte = posts.groupby(["community_code", "field"])["fte"].sum()
        taken = fte.reindex(need.index, fill_value=0.0) * rules.clients_per_worker_fte
        need = (need - taken).clip(lower=0.0)
    return need.dropna().rename("clients")


def candidates_of(city: City, standard: Standard) -> pd.DataFrame:
    """Return the projects of a city that may be bought, with their capacity in clients.

    Those without a professional lead are left out where the standard asks for one and the layer
    says who has one.
    """
    rules = rules_of(standard)
    projects = city.projects.set_index("project_id")
    if rules.professional_lead and "professional_lead" in projects:
        projects = projects[projects["professional_lead"].fillna(False).astype(bool)]
    everywhere = SEPARATOR.join(city.communities["code"])
    volunteers = projects["volunteers"].astype(float).fillna(0.0)
    return pd.DataFrame(projects).assign(
        community_codes=projects["community_codes"].fillna(everywhere),
        capacity=projects["cost_yuan"] / rules.yuan_per_client
        + rules.clients_per_volunteer * volunteers,
    )


def projects_of_city(
    city: City,
    standard: Standard,
    *,
    budgets: Mapping[str, float] | None = None,
    need: pd.Series | None = None,
    **options: Any,
) -> ProjectChoice:
    """Return the projects to buy in a city: those that meet the most unmet need.

    Parameters
    ----------
    city
        With projects, communities and workers.
    standard
        Its ``[projects]`` says how clients are counted, the quotas and the budgets.
    budgets
        Yuan by funder, in place of the standard's.
    need
        Unmet clients by community_code and field, in place of ``unmet_clients``.
    **options
        Further arguments of ``choose_projects``, in place of the standard's quotas.

    Raises
    ------
    PlanError
        If the city has no projects, or the standard no ``[projects]``, or no budget is known.
    InfeasibleError
        If the quotas cannot be kept.

    Examples
    --------
    >>> import geodata
    >>> from planner import Standard
    >>> city, standard = geodata.open_city("taicang"), Standard.load("taicang-2013")
    >>> found = projects_of_city(city, standard, budgets={"purchase": 500_000}, per_town=0)
    >>> bool(found.spent["purchase"] <= 500_000)
    True
    """
    return choose_projects(**arguments_of(city, standard, budgets=budgets, need=need) | options)


def arguments_of(
    city: City,
    standard: Standard,
    *,
    budgets: Mapping[str, float] | None = None,
    need: pd.Series | None = None,
) -> dict[str, Any]:
    """Return the arguments of ``choose_projects`` for a city; see ``projects_of_city``."""
    rules = rules_of(standard)
    if len(city.projects) == 0:
        raise PlanError("no_projects")
    given = dict(rules.budgets_yuan if budgets is None else budgets)
    known = known_funders(city)
    if not given:
        raise PlanError("no_budgets", known=", ".join(known))
    for funder, yuan in given.items():
        if budgets is not None and funder not in known:
            raise PlanError("unknown_funder", funder=funder, known=", ".join(known))
        if not (np.isfinite(yuan) and yuan >= 0):
            raise PlanError("bad_budget", value=yuan)
    return {
        "candidates": candidates_of(city, standard),
        "need": unmet_clients(city, standard) if need is None else need,
        "budgets": given,
        "towns": city.communities.set_index("code")["town_code"],
        "per_organisation": rules.per_organisation,
        "per_town": rules.per_town,
    }


def running(city: City, standard: Standard, *, need: pd.Series | None = None) -> ProjectChoice:
    """Return what the projects that run now meet of the need at the best."""
    arguments = arguments_of(city, standard, budgets=dict.fromkeys(known_funders(city), 0.0))
    projects = city.projects.set_index("project_id")
    status = projects.get("status", pd.Series("proposed", index=projects.index))
    candidates = arguments["candidates"]
    candidates = candidates[candidates.index.isin(status.index[status == "running"])]
    enough = float(candidates["cost_yuan"].sum())
    return choose_projects(
        candidates,
        arguments["need"] if need is None else need,
        dict.fromkeys(known_funders(city), enough),
        fixed=tuple(candidates.index),
    )


def published(choice: ProjectChoice, city: City) -> pd.DataFrame:
    """Return the projects bought as they may be shown: small counts of sensitive clients hidden.

    Returns
    -------
    DataFrame
        A row per project: project_id, name, organisation_id, organisation_name, town_code,
        town_name, field, paid_by, cost_yuan, communities (count served), clients_met (whole
        numbers; ``<5`` or ``withheld`` in sensitive fields).
    """
    table = choice.projects.rename_axis("project_id").reset_index()
    organisations = city.organisations.set_index("organisation_id")
    owner = table["organisation_id"]
    town = owner.map(organisations["town_code"])
    names = city.towns.set_index("code")["name"]
    counts = choice.met.groupby("project_id").size()
    shown = table.assign(
        organisation_name=owner.map(organisations["name"]),
        town_code=town,
        town_name=town.map(names),
        communities=table["project_id"].map(counts).fillna(0).astype(int),
        clients_met=_published_counts(table["met"], table["field"]),
    )
    columns = [
        "project_id", "name", "organisation_id", "organisation_name", "town_code", "town_name",
        "field", "paid_by", "cost_yuan", "communities", "clients_met",
    ]  # fmt: skip
    return shown[columns]


def by_field(choice: ProjectChoice, need: pd.Series) -> pd.DataFrame:
    """Return unmet clients, those met by the choice and their share, by field, as published."""
    fields = need.index.get_level_values(1)
    unmet = need.groupby(fields).sum()
    met = choice.met.groupby(level="field").sum().reindex(unmet.index, fill_value=0.0)
    table = pd.DataFrame({"clients_unmet": unmet, "clients_met": met})
    names = pd.Series(unmet.index, unmet.index)
    shown = pd.DataFrame({name: _published_counts(table[name], names) for name in table})
    hidden = shown.map(lambda count: isinstance(count, str)).any(axis=1)
    share = (met / unmet).where((unmet > 0) & ~hidden)  # a share would tell a hidden count
    return shown.assign(share=share).rename_axis("field").reset_index()


def rules_of(standard: Standard) -> Projects:
    """Return the standard's ``[projects]``.

    Raises
    ------
    PlanError
        If it has none.
    """
    if standard.projects is None:
        raise PlanError("standard_lacks", name=standard.id, table="projects")
    return standard.projects


def known_funders(city: City) -> list[str]:
    """Return the funders that the projects of a city name."""
    named = city.projects["funder"].dropna().str.split(SEPARATOR)
    return sorted({funder for funders in named for funder in funders})


def _published_counts(values: pd.Series, fields: pd.Series) -> pd.Series:
    shown = values.round().astype("Int64").astype(object)
    sensitive = ("clients_" + fields).isin(SENSITIVE_CLIENTS)
    if sensitive.any():
        hidden = suppressed(
            pd.DataFrame({"clients": values[sensitive].to_numpy()}), fields[sensitive].to_list()
        )["clients"]
        shown[sensitive] = hidden.to_numpy()
    return shown
