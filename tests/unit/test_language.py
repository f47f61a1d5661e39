"""Everything a planner sees is there in both languages, and says the same things."""

from __future__ import annotations

import re
import string
from importlib.resources import files

import pytest

from geodata.language import LANGUAGES, Catalogue

PACKAGES = ("geodata", "planner")


def leaves(table, path=""):
    if any(isinstance(value, str) for value in table.values()):
        yield path, table
        return
    for key, inner in table.items():
        yield from leaves(inner, f"{path}.{key}".lstrip("."))


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


ENTRIES = {
    f"{package}:{key}": entry
    for package in PACKAGES
    for key, entry in leaves(Catalogue(package).entries)
}


@pytest.mark.parametrize("key", ENTRIES)
def test_each_text_is_in_both_languages_with_the_same_values(key):
    entry = ENTRIES[key]
    texts = {name: text for name, text in entry.items() if name != "severity"}
    parts = {name[2:] for name in texts}
    assert set(texts) == {f"{language}{part}" for language in LANGUAGES for part in parts}
    assert all(texts.values())
    if key.startswith("planner:cli.headline"):
        return  # the languages count money in different units
    for part in parts:
        used = {language: placeholders(texts[f"{language}{part}"]) for language in LANGUAGES}
        assert used["en"] == used["zh"]


def static_scripts():
    folder = files("planner.maps") / "static"
    return {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.suffix == ".js"}


def test_every_word_that_the_page_names_is_in_the_catalogue():
    plan = {key for key, _ in leaves(Catalogue("planner").entry("map"))}
    layer = {key for key, _ in leaves(Catalogue("planner").entry("explore"))}
    layer |= {"map", "legend", "too_old"}
    for name, script in static_scripts().items():
        words = layer if name == "explore.js" else plan
        for key in re.findall(r'S\.word\("([\w.]+)"[,)]', script):
            assert key in words, f"{name}: {key}"
        for key in re.findall(r'\brow\("(\w+)"', script):
            assert f"row.{key}" in words, f"{name}: {key}"


def test_every_word_of_the_page_is_used():
    scripts = "".join(static_scripts().values())
    ours = {"missing_assets", "too_large"}
    for key, _ in leaves(Catalogue("planner").entry("map")):
        group, _, last = key.rpartition(".")
        whole = f'"{key}"' in scripts or (group == "row" and f'row("{last}"' in scripts)
        by_group = group != "" and (f'"{group}."' in scripts or f'coded("{group}")' in scripts)
        assert whole or by_group or key in ours, key
