"""Every kind of bad import ends in one clear message, exit code 2, and writes nothing."""

from __future__ import annotations

import shutil

import pytest

from geodata.errors import DataError
from geodata.importing import import_city
from tests.bad_inputs.import_corpus import CORPUS
from tests.bad_inputs.test_bad_cities import run
from tests.unit.geodata.importing.office_files import write_office


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    """Good files of all departments, to be copied and spoilt."""
    folder = tmp_path_factory.mktemp("office")
    write_office(folder)
    return folder


@pytest.fixture
def folder(office, tmp_path):
    """A copy of them."""
    return shutil.copytree(office, tmp_path / "files")


def some_fast(step):
    return [
        name if number % step == 0 else pytest.param(name, marks=pytest.mark.slow)
        for number, name in enumerate(CORPUS)
    ]


def test_the_corpus_has_at_least_ninety_kinds():
    assert len(CORPUS) >= 90


@pytest.mark.parametrize("name", some_fast(20))
def test_a_bad_import_is_refused_with_place_row_and_remedy(name, folder):
    case = CORPUS[name]
    case.spoil(folder)
    before = {path: path.lstat().st_mtime_ns for path in folder.iterdir()}
    with pytest.raises(DataError) as raised:
        import_city(folder / "mapping.toml")
    first = raised.value.findings[0]
    place = case.where if case.row is None else f"{case.where}, row {case.row}"
    english, chinese = first.sentence("en"), first.sentence("zh")
    assert english.startswith(f"{place}"), english
    assert case.says in english
    assert first.remedy("en")
    assert first.remedy("zh")
    assert first.message("zh") not in english
    assert all(c.isprintable() for c in str(raised.value).replace("\n", "")), english
    assert chinese.startswith(case.where)
    assert {path: path.lstat().st_mtime_ns for path in folder.iterdir()} == before


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CORPUS)[::15])
def test_the_command_ends_with_2_and_writes_nothing(name, folder, tmp_path, monkeypatch, capsys):
    CORPUS[name].spoil(folder)
    out = tmp_path / "out"
    out.mkdir()
    (out / "city.gpkg").write_text("an earlier city")
    arguments = ("import", folder / "mapping.toml", "--out", out / "city.gpkg")
    code, said, err = run(monkeypatch, capsys, *arguments)
    assert code == 2, err
    assert said == ""
    assert "Traceback" not in err
    assert "error: " in err
    assert [path.name for path in out.iterdir()] == ["city.gpkg"]
    assert (out / "city.gpkg").read_text() == "an earlier city"
