"""The planning figures that a synthetic region is made to meet, each with its public source.

They are rounded and of about 2023; the county, not the nation, is what the model draws, so the
figures stand per community, per 10,000 residents or as shares.
"""

from __future__ import annotations

NATION = {
    "counties": 2_844,  # Ministry of Civil Affairs, Statistical Bulletin 2022: county level
    "towns": 41_000,  # the same: townships, towns and subdistricts; 38,600 to 41,000 by year
    "communities": 620_000,  # the same: villages' and residents' committees
    "urban_communities": 119_000,  # the same: residents' committees
    "rural_communities": 501_000,  # the same: villages' committees
    "rural_settlements": 3_170_000,  # Third National Agricultural Census (2016): natural villages
    "residents": 1_409_670_000,  # National Bureau of Statistics, Communiqué 2023
    "urban_residents": 932_670_000,  # the same
    "area_km2": 9_600_000,
    "organisations": 880_000,  # Ministry of Civil Affairs, Statistical Bulletin 2023
}
HIGHWAYS_KM = {  # Ministry of Transport, Statistical Bulletin 2023: 5.44 million km
    "motorway": 184_000,  # expressways
    "trunk": 143_000,  # class 1
    "primary": 436_000,  # class 2
    "secondary": 470_000,  # class 3
    "tertiary": 1_547_000,  # class 4 and below, without the village roads
    "unclassified": 2_660_000,  # village roads; rural roads of all three ranks: 4.6 million km
}
"""Highway length by the class of OpenStreetMap that stands for the class of the bulletin."""

KM2_PER_COMMUNITY = {"province": 9.0, "country": 15.5}
"""A province is one in the middle or east; the nation's area by its communities is 15.5."""
URBAN_RESIDENTS, RURAL_RESIDENTS = 7_800, 960
"""Per community: urban and rural residents of 2023 by residents' and villages' committees."""
URBAN_SHARE = NATION["urban_communities"] / NATION["communities"]
COMMUNITIES_PER_TOWN = NATION["communities"] / NATION["towns"]
CANDIDATES_PER_COMMUNITY = 0.3
ORGANISATIONS_PER_10000 = 1e4 * NATION["organisations"] / NATION["residents"]

PERSONS_PER_HOUSEHOLD = 2.62  # Seventh National Census (2020)
CHILDREN_SHARE = {True: 0.170, False: 0.193}  # the same: 0-14, urban and rural
ELDERLY_SHARE = {True: 0.158, False: 0.238}  # the same: 60 and over, urban and rural

# What no bulletin gives is as in the embedded city of Taicang.
CLIENTS_PER_1000 = {
    "drug_control": 0.7, "community_correction": 0.6, "social_relief": 6.0, "youth": 2.2,
    "women": 1.8,
}  # fmt: skip
RURAL_CLIENTS = 0.8
POSTS_PER_100000 = {
    "drug_control": 2.65, "community_correction": 2.4, "social_relief": 3.1, "youth": 2.65,
    "women": 2.2, "other": 1.2,
}  # fmt: skip
RURAL_POSTS = 0.08
COMMUNITY_WORKERS_PER_10000 = 15.5
PROJECTS_PER_100000 = 5.0
URBAN_HALL_M2, RURAL_HALL_M2 = 926.0, 1_338.0
RESIDENTS_PER_WINDOW, VISITS_PER_WINDOW = 2_300, 25.0
