"""Staffing tables as they may be shown: need by clients does not tell small counts of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from geodata.disclosure import publishable, suppressed
from planner.errors import PlanError
from planner.staffing.need import AMOUNTS, By, needs, sensitive_fields

if TYPE_CHECKING:
    from geodata.city import City
    from planner.staffing.of_city import CityOutreach
    from planner.staffing.recruiting import CityRecruitment
    from planner.standard import Standard


def published(
    table: pd.DataFrame, city: City, standard: Standard, by: By, field: str | None = None
) -> pd.DataFrame:
    """Return sums of ``needs`` by group, sensitive fields left out where they would tell too much.

    By community, fields whose need follows from the number of sensitive clients are left out. By
    town or kind they are left out of those groups whose number of clients is small, or would let
    a small one be worked out (``geodata.disclosure.suppressed``); elsewhere they are those of
    ``geodata.disclosure.publishable``, for the shortage of a town beside its need would tell the
    clients of the communities that have a worker.

    Parameters
    ----------
    table
        ``needs``, with or without a column outreach_fte.
    city, standard
        Whose it is.
    by
        The groups.
    field
        Only this field.

    Returns
    -------
    DataFrame
        group; posts; amounts in FTE; met (share of the need that is met, outreach included);
        withheld: whether sensitive fields are left out.

    Raises
    ------
    PlanError
        If a sensitive field alone is asked for by community, or the standard has no such field.
    """
    if field is not None and field not in standard.workers:
        raise PlanError("unknown_field", value=field, known=", ".join(standard.workers))
    sensitive = [name for name in sensitive_fields(standard) if field in (None, name)]
    if by == "community" and field in sensitive:
        raise PlanError("sensitive_community", field=field)
    rows = table if field is None else table[table["field"] == field]
    if by != "community":
        rows = _as_published(rows, city, standard, sensitive)
    key = {"town": "town_code", "community": "community_code"}.get(by, by)
    group = pd.Series(city.code, rows.index) if by == "city" else rows[key]
    left_out = pd.Series(False, rows.index)
    for name in sensitive:
        hidden = _hidden(city, name, by)
        left_out |= (rows["field"] == name) & (True if hidden is None else group.isin(hidden))
    amounts = [*AMOUNTS, *(["outreach_fte"] if "outreach_fte" in rows else [])]
    shown = rows[~left_out].groupby(group[~left_out].rename("group"))[["posts", *amounts]].sum()
    shown = shown.reindex(sorted(group.dropna().unique()))
    met = shown["need_fte"] - shown["shortage_fte"] + shown.get("outreach_fte", 0.0)
    shown["met"] = (met / shown["need_fte"]).where(shown["need_fte"] > 0).clip(upper=1)
    shown["withheld"] = left_out.groupby(group).any().reindex(shown.index)
    return shown.rename_axis("group").reset_index()


def _as_published(
    rows: pd.DataFrame, city: City, standard: Standard, sensitive: list[str]
) -> pd.DataFrame:
    """Return rows of ``needs``, those of sensitive fields from counts as they are published."""
    if not sensitive:
        return rows
    keys = ["community_code", "field"]
    told = needs(publishable(city), standard).dropna(subset="community_code").set_index(keys)
    at = pd.MultiIndex.from_frame(rows[keys])
    replaced = rows["field"].isin(sensitive) & rows["community_code"].notna()
    amounts = told[list(AMOUNTS)].reindex(at).set_axis(rows.index)
    return rows.assign(**{name: rows[name].where(~replaced, amounts[name]) for name in AMOUNTS})


def published_outreach(
    answer: CityOutreach, standard: Standard, by: Literal["town", "field"] = "town"
) -> pd.DataFrame:
    """Return what outreach meets, by field and town or by field, as it may be shown.

    ``CityOutreach.fte`` and its plans are for those who do the work: need, hours and shares of a
    community tell its sensitive clients. Here amounts of a sensitive field are left out where the
    clients, those met or those left over are few, and of a second town where the field's sum would
    tell the first (``geodata.disclosure.suppressed``).

    Returns
    -------
    DataFrame
        field; town_code where by town; need_fte, outreach_fte, share (of the need met, outreach
        included), withheld (whether the amounts are left out).
    """
    frame = answer.fte.reset_index()
    frame = frame.assign(met_fte=frame["share"].fillna(0.0) * frame["need_fte"])
    keys = ["field", "town_code"] if by == "town" else ["field"]
    table = frame.groupby(keys)[["need_fte", "outreach_fte", "met_fte"]].sum().reset_index()
    before = table["met_fte"] - table["outreach_fte"]
    hidden = _few_clients(table, standard, before)
    table["share"] = (table["met_fte"] / table["need_fte"]).where(table["need_fte"] > 0)
    table["withheld"] = hidden
    table.loc[hidden, ["need_fte", "outreach_fte", "share"]] = np.nan
    return table[[*keys, "need_fte", "outreach_fte", "share", "withheld"]]


def published_recruitment(new: CityRecruitment, standard: Standard) -> pd.DataFrame:
    """Return the fields of a recruitment as they may be shown, with a column withheld.

    Amounts and shares of a sensitive field are missing where the clients in the city, those met or
    those left over are few.
    """
    table = new.fields.assign(met_after=new.fields["share_after"] * new.fields["need_fte"])
    table["met_fte_before"] = table["share_before"] * table["need_fte"]
    met = table.drop(columns="met_fte").rename(columns={"met_after": "met_fte"})
    hidden = _few_clients(met, standard, table["met_fte_before"])
    shown = new.fields.assign(withheld=hidden)
    shown.loc[hidden, ["need_fte", "share_before", "share_after", "met_fte", "gap"]] = np.nan
    return shown


def _few_clients(table: pd.DataFrame, standard: Standard, before: pd.Series) -> np.ndarray:
    """Return the rows that would tell few sensitive clients: needed, met before, met after."""
    hidden = np.zeros(len(table), bool)
    for field in sensitive_fields(standard):
        mine = (table["field"] == field).to_numpy()
        if not mine.any():
            continue
        rate = standard.workers[field].clients_per_fte  # type: ignore[index]
        amounts = [table["need_fte"], before, table["met_fte"]]
        counts = pd.concat(amounts, axis=1)[mine].fillna(0.0) * rate
        counts.columns = pd.Index(["need", "before", "after"])
        shown = suppressed(counts.reset_index(drop=True))
        hidden[mine] = shown.map(lambda value: isinstance(value, str)).any(axis=1)
    return hidden


def _hidden(city: City, field: str, by: By) -> list[object] | None:
    """Return the groups in which a sensitive field's clients are not published; None for all."""
    if by == "community":
        return None
    clients = city.communities[f"clients_{field}"].astype(float).fillna(0.0)
    groups = {"town": city.communities["town_code"], "kind": city.communities["kind"]}
    fallback = pd.Series(field if by == "field" else city.code, clients.index)
    counts = clients.groupby(groups.get(by, fallback)).sum().rename("clients")
    shown = suppressed(counts.reset_index(drop=True).to_frame())["clients"]
    told = [isinstance(value, str) for value in shown]
    return [name for name, hide in zip(counts.index, told, strict=True) if hide]
