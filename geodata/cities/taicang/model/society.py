"""Social workers, social organisations and the projects that the government buys from them."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.cities.taicang.model import METRIC_EPSG, Step, lots, whole_shares

_POSTS = {
    "drug_control": 22,
    "community_correction": 20,
    "social_relief": 26,
    "youth": 22,
    "women": 18,
    "other": 10,
}
_RURAL_POSTS = 0.08
_CATEGORY_SHARES = {
    "公益慈善类": 0.09,
    "社会福利类": 0.11,
    "社会服务类": 0.22,
    "社区社会组织": 0.50,
    "行业性协会": 0.08,
}
_NAMES = {
    "公益慈善类": ("爱心协会", "慈善工作站", "志愿者协会"),
    "社会福利类": ("为老服务中心", "助残服务社", "康乐服务中心"),
    "社会服务类": ("社会工作服务社", "家庭服务中心", "青少年服务社", "法律服务中心"),
    "社区社会组织": ("文体团队", "邻里互助社", "义务巡逻队", "舞蹈队", "老年学习社"),
    "行业性协会": ("农业合作协会", "商会", "个体劳动者协会"),
}
_FIELDS = ("drug_control", "community_correction", "social_relief", "youth", "women")
_FUNDS = {"venture": (13, "venture_funds_yuan"), "suzhou": (4, "suzhou_funds_yuan")}
_PURCHASED_PROJECTS, _PURCHASED_YUAN = 24, 3_060_000
_PROPOSALS = 60
_PAYERS = ("purchase", "venture", "purchase;venture", "purchase;suzhou")
_REGISTERED_AS = {"annual_inspection": 0.62, "direct": 0.23, "simplified": 0.15}
_PROJECT_NAMES = {
    "drug_control": "阳光戒毒帮扶",
    "community_correction": "社区矫正同行",
    "social_relief": "困难家庭救助",
    "youth": "青少年成长",
    "women": "妇女维权关爱",
}


def post_workers(halls: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return posts by base hall and field: mostly at urban halls, few in the countryside."""
    rng = lots(Step.WORKERS)
    local = halls[halls["tier"] == "community"]
    kind = local["community_code"].map(communities.set_index("code")["kind"]).to_numpy()
    residents = local["community_code"].map(communities.set_index("code")["residents"])
    rural = kind != "urban"
    chance = np.where(rural, 0.0, residents)
    chance_rural = np.where(rural, residents, 0.0)
    rows = []
    for field, posts in _POSTS.items():
        in_country = round(_RURAL_POSTS * posts)
        at = np.concatenate(
            [
                rng.choice(len(local), posts - in_country, p=chance / chance.sum()),
                rng.choice(len(local), in_country, p=chance_rural / chance_rural.sum()),
            ]
        )
        for hall, count in zip(*np.unique(at, return_counts=True), strict=True):
            rows.append(
                {
                    "base_hall_id": local["hall_id"].iloc[hall],
                    "field": field,
                    "posts": int(count),
                    "fte": float(np.round(count * rng.choice([1.0, 1.0, 0.8, 0.5]), 1)),
                    "certified": int(rng.binomial(count, 0.62)),
                }
            )
    table = pd.DataFrame(rows)
    return table.sort_values(["base_hall_id", "field"], ignore_index=True)


def found_organisations(
    settlements: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, figures: dict[str, Any]
) -> gpd.GeoDataFrame:
    """Return the 942 social organisations, by category and class of registration."""
    rng = lots(Step.ORGANISATIONS)
    total = figures["report_2013"]["organisations"]
    counts = whole_shares(total, np.array(list(_CATEGORY_SHARES.values())))
    home = communities.set_index("code")
    rural = settlements["community_code"].map(home["kind"]) != "urban"
    chance = settlements["residents"].to_numpy() * np.where(rural, 0.55, 1.0)
    rows = []
    for category, count in zip(_CATEGORY_SHARES, counts, strict=True):
        for at in rng.choice(len(settlements), count, p=chance / chance.sum()):
            community = home.loc[settlements["community_code"].iloc[at]]
            filed = category == "社区社会组织" and rng.random() < 0.85
            fields = rng.choice(_FIELDS, int(rng.integers(1, 3)), replace=False)
            point = settlements.geometry.iloc[at]
            moved = shapely.Point(
                point.x + rng.uniform(-120, 120), point.y + rng.uniform(-120, 120)
            )
            rows.append(
                {
                    "name": community["name"] + str(rng.choice(_NAMES[category])),
                    "category": category,
                    "registration": "filed" if filed else "registered",
                    "town_code": community["town_code"],
                    "fields": ";".join(sorted(fields)),
                    "members": int(rng.integers(8, 60)),
                    "geometry": moved if community.geometry.contains(moved) else point,
                }
            )
    table = pd.DataFrame(rows)
    table.insert(0, "organisation_id", [f"O{number:03d}" for number in range(1, total + 1)])
    return gpd.GeoDataFrame(table, crs=METRIC_EPSG)


def buy_projects(
    organisations: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, figures: dict[str, Any]
) -> pd.DataFrame:
    """Return the projects of the venture round, those from Suzhou and those that are purchased."""
    rng = lots(Step.PROJECTS)
    report = figures["report_2013"]
    budgets = {name: (count, report[key]) for name, (count, key) in _FUNDS.items()}
    budgets["purchase"] = (_PURCHASED_PROJECTS, _PURCHASED_YUAN)
    registered = organisations[organisations["registration"] == "registered"]
    rows = []
    for funder, (count, yuan) in budgets.items():
        costs = whole_shares(yuan // 1_000, rng.lognormal(0.0, 0.4, count)) * 1_000.0
        for cost in costs:
            organisation = registered.iloc[int(rng.integers(len(registered)))]
            field = str(rng.choice(organisation["fields"].split(";")))
            near = communities[communities["town_code"] == organisation["town_code"]]
            serves = near["code"].sample(min(len(near), int(rng.integers(3, 9))), random_state=rng)
            rows.append(
                {
                    "name": _PROJECT_NAMES[field] + "项目",
                    "organisation_id": organisation["organisation_id"],
                    "field": field,
                    "community_codes": ";".join(sorted(serves)),
                    "cost_yuan": float(cost),
                    "funder": funder,
                    "volunteers": int(rng.integers(5, 40)),
                }
            )
    table = pd.DataFrame(rows)
    table.insert(0, "project_id", [f"P{number:03d}" for number in range(1, len(table) + 1)])
    return table


def classify_registration(organisations: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the organisations with the class of registration of those that are registered.

    Most are inspected annually; some were registered directly or by the simplified way; the rest
    is filed only.
    """
    rng = lots(Step.REGISTRATION)
    drawn = rng.choice(list(_REGISTERED_AS), len(organisations), p=list(_REGISTERED_AS.values()))
    filed = organisations["registration"] == "filed"
    return organisations.assign(registration=np.where(filed, "filed", drawn))


def propose_projects(
    bought: pd.DataFrame, organisations: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the projects that run and those that organisations propose for the next round.

    Parameters
    ----------
    bought
        ``buy_projects``.
    organisations
        Before ``classify_registration``.
    communities
        In metres, with codes, towns and kinds.
    """
    rng = lots(Step.PROPOSALS)
    running = bought.assign(status="running", professional_lead=rng.random(len(bought)) < 0.85)
    registered = organisations[organisations["registration"] == "registered"]
    rows = []
    for _ in range(_PROPOSALS):
        organisation = registered.iloc[int(rng.integers(len(registered)))]
        field = str(rng.choice(organisation["fields"].split(";")))
        near = communities[communities["town_code"] == organisation["town_code"]]
        chance = np.where(near["kind"] == "urban", 1.0, 1.5)
        serves = rng.choice(
            near["code"],
            min(len(near), int(rng.integers(3, 10))),
            replace=False,
            p=chance / chance.sum(),
        )
        rows.append(
            {
                "name": _PROJECT_NAMES[field] + "项目（申报）",
                "organisation_id": organisation["organisation_id"],
                "field": field,
                "community_codes": ";".join(sorted(serves)),
                "cost_yuan": float(round(90_000 * rng.lognormal(0.0, 0.45), -3)),
                "funder": str(rng.choice(_PAYERS)),
                "volunteers": int(rng.integers(5, 40)),
                "status": "proposed",
                "professional_lead": bool(rng.random() < 0.8),
            }
        )
    proposed = pd.DataFrame(rows)
    first = len(bought) + 1
    proposed.insert(0, "project_id", [f"P{first + number:03d}" for number in range(_PROPOSALS)])
    return pd.concat([running, proposed], ignore_index=True)
