"""Social workers, organisations and projects of a county, as many a resident as the figures say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.region import figures
from benchmarks.region.design import Design

_CATEGORIES = {
    "公益慈善类": (0.09, "志愿者协会"),
    "社会福利类": (0.11, "为老服务中心"),
    "社会服务类": (0.22, "社会工作服务社"),
    "社区社会组织": (0.50, "邻里互助社"),
    "行业性协会": (0.08, "农业合作协会"),
}


def post_workers(
    design: Design, number: int, communities: pd.DataFrame, halls: pd.DataFrame
) -> pd.DataFrame:
    """Return posts by base hall and field: mostly at urban halls, few in the countryside."""
    rng = design.lots(8, number)
    local = halls[halls["tier"] == "community"]
    home = communities.set_index("code").loc[local["community_code"]]
    urban, residents = home["urban"].to_numpy(), home["residents"].to_numpy(float)
    chance = np.where(urban, residents, 0.0)
    rural = np.where(urban, 0.0, residents)
    country = figures.RURAL_POSTS if urban.any() and (~urban).any() else float(not urban.any())
    chance = (1 - country) * chance / max(chance.sum(), 1) + country * rural / max(rural.sum(), 1)
    total = design.register["residents"].iloc[number] / 1e5
    tables = []
    for field, rate in figures.POSTS_PER_100000.items():
        posts = rng.multinomial(max(1, round(rate * total)), chance / chance.sum())
        at = np.flatnonzero(posts)
        tables.append(
            pd.DataFrame(
                {
                    "base_hall_id": local["hall_id"].to_numpy()[at],
                    "field": field,
                    "posts": posts[at],
                    "fte": np.round(posts[at] * rng.choice([1.0, 1.0, 0.8, 0.5], len(at)), 1),
                    "certified": rng.binomial(posts[at], 0.62),
                }
            )
        )
    return pd.concat(tables).sort_values(["base_hall_id", "field"], ignore_index=True)


def found_organisations(
    design: Design, number: int, communities: pd.DataFrame, settlements: pd.DataFrame
) -> pd.DataFrame:
    """Return the social organisations, by category and class of registration; x, y in metres."""
    rng, county = design.lots(9, number), design.register.iloc[number]
    count = max(2, round(county["residents"] / 1e4 * figures.ORGANISATIONS_PER_10000))
    chance = settlements["residents"].to_numpy(float) + 1e-9
    at = settlements.iloc[rng.choice(len(settlements), count, p=chance / chance.sum())]
    home = communities.iloc[at["home"]]
    shares = [share for share, _ in _CATEGORIES.values()]
    category = rng.choice(list(_CATEGORIES), count, p=shares)
    registration = rng.choice(
        ["annual_inspection", "direct", "simplified"], count, p=[0.62, 0.23, 0.15]
    )
    filed = (category == "社区社会组织") & (rng.random(count) < 0.85)
    fields = list(figures.CLIENTS_PER_1000)
    first, step = rng.integers(0, 5, count), rng.integers(0, 3, count)
    return pd.DataFrame(
        {
            "organisation_id": [f"{county['code']}-O{k:04d}" for k in range(1, count + 1)],
            "name": [
                name + _CATEGORIES[kind][1]
                for name, kind in zip(home["name"], category, strict=True)
            ],
            "category": category,
            "registration": np.where(filed, "filed", registration),
            "town_code": home["town_code"].to_numpy(),
            "fields": [
                ";".join(sorted({fields[a], fields[(a + b) % 5]}))
                for a, b in zip(first, step, strict=True)
            ],
            "members": rng.integers(8, 60, count),
            "x": at["x"].to_numpy(),
            "y": at["y"].to_numpy(),
        }
    )


def buy_projects(
    design: Design, number: int, communities: pd.DataFrame, organisations: pd.DataFrame
) -> pd.DataFrame:
    """Return the projects that the government buys, each for communities of its town."""
    rng, county = design.lots(10, number), design.register.iloc[number]
    count = max(1, round(county["residents"] / 1e5 * figures.PROJECTS_PER_100000))
    by = organisations.iloc[rng.integers(0, len(organisations), count)]
    near = communities.groupby("town_code")["code"].agg(list)
    return pd.DataFrame(
        {
            "project_id": [f"{county['code']}-P{k:03d}" for k in range(1, count + 1)],
            "name": by["name"].to_numpy() + "服务项目",
            "organisation_id": by["organisation_id"].to_numpy(),
            "field": [fields.split(";")[0] for fields in by["fields"]],
            "community_codes": [
                ";".join(sorted(rng.permutation(near[town])[:n]))
                for town, n in zip(by["town_code"], rng.integers(3, 9, count), strict=True)
            ],
            "cost_yuan": np.rint(90 * rng.lognormal(0.0, 0.45, count)) * 1_000.0,
            "funder": "purchase",
            "volunteers": rng.integers(5, 40, count),
            "status": "running",
            "professional_lead": rng.random(count) < 0.85,
        }
    )
