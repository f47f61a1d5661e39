"""What docs/your-own-city.md says to do works with files that look like real ones."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
import shapely

import geodata
from tests.bad_inputs.test_bad_cities import run
from tests.own_city import write_own_city

PAGE = (Path(__file__).parents[3] / "docs" / "your-own-city.md").read_text("utf-8")


def confirm_as_a_person_would(path):
    """Say yes to the first candidate of each name, as one that was mistyped has it."""
    answers = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert len(answers)
    first = ~answers.duplicated(["name", "code", "within"])
    answers["confirmed"] = first.map({True: "是", False: ""})
    answers.to_csv(path, index=False, encoding="gb18030")


@pytest.mark.slow
def test_the_page_works_from_nothing(taicang, tmp_path, monkeypatch, capsys):
    write_own_city(taicang, tmp_path)
    monkeypatch.chdir(tmp_path)
    here: dict = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL):
        exec(compile(code, "your-own-city.md", "exec"), here)
        if "write_candidates" in code:
            confirm_as_a_person_would("candidates.csv")
    said = capsys.readouterr().out

    truth = taicang.halls.set_index("name")["community_code"]
    linked = here["community_codes"]
    names = here["in_communities"]["名称"]
    assert linked.tolist() == truth[names].tolist()
    assert here["people"].table["residents"].sum() > 0.99 * here["grid"]["residents"].sum()
    posts = here["posts"]["persons"].sum()
    assert posts == taicang.workers["posts"].sum()
    assert "ID-card" in said
    for person in here["staff"]["姓名"].unique():
        assert person not in said
    assert not {"姓名", "身份证号", "手机", "家庭住址"} & set(here["posts"].columns)


def assert_same_city(made, city):
    """Assert that a city is another in all that the files of the office say."""
    assert (made.code, made.name) == (city.code, city.name)
    for layer, columns in {
        "towns": ("code", "name", "kind", "residents"),
        "communities": (
            *("code", "town_code", "name", "kind", "residents", "households"),
            *("age_0_14", "age_60_plus", "harmonious", "feature"),
        ),
        "settlements": ("settlement_id", "community_code", "name", "residents", "households"),
        "halls": ("name", "tier", "town_code", "community_code", "floor_area_m2", "windows"),
    }.items():
        ours, theirs = getattr(made, layer), getattr(city, layer)
        pd.testing.assert_frame_equal(
            pd.DataFrame(ours[list(columns)]), pd.DataFrame(theirs[list(columns)])
        )
        metres = [frame.to_crs(4549).geometry.array for frame in (ours, theirs)]
        assert shapely.hausdorff_distance(*metres).max() < 0.1, layer
    assert len(made.roads.edge_ids) == len(city.roads.edge_ids)
    pd.testing.assert_frame_equal(posts_by_hall_and_field(made), posts_by_hall_and_field(city))


def posts_by_hall_and_field(city):
    halls = city.halls.set_index("hall_id")["name"]
    workers = city.workers.assign(hall=city.workers["base_hall_id"].map(halls).astype(str))
    return workers.groupby(["hall", "field"])[["posts", "fte", "certified"]].sum()


@pytest.mark.slow
def test_one_mapping_makes_the_city_of_all_files(taicang, tmp_path, monkeypatch, capsys):
    own, out = tmp_path / "own", tmp_path / "my-city.gpkg"
    write_own_city(taicang, own)
    mapping = own / "mapping.toml"
    mapping.write_text(re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)[0], "utf-8")

    ended, _, said = run(monkeypatch, capsys, "import", mapping, "--out", out)
    assert ended == 2
    assert "3 rows are not tied to communities for certain" in said
    assert "candidates.csv" in said
    assert not out.exists()
    confirm_as_a_person_would(own / "candidates.csv")

    ended, said, _ = run(monkeypatch, capsys, "import", mapping, "--out", out, "--json")
    assert ended == 0
    assert "confirmed 3" in said
    made = geodata.open_city(out)
    total = taicang.communities["residents"].sum()
    assert made.communities["residents_before"].sum() == total
    assert 0.99 * total < made.communities["residents_of_grid"].sum() <= total
    assert_same_city(made, taicang)
    persons = pd.read_excel(own / "社工名单.xlsx", header=1)
    for column in ("姓名", "身份证号", "手机", "家庭住址"):
        assert f"{column} holds {len(persons)} values" in said
        assert not any(str(value) in said for value in persons[column])


ANSWERS = {
    "confirmed = false": "confirmed = true",
    '"? real, modelled"': '"modelled"',
    '"? 工作单位", "? 服务领域"': '"工作单位", "服务领域"',
    '"? hall, station"': '"hall"',
    '"? H"': '"H"',
    '"? open, planned, closed"': '"open"',
    '"? 320585"': '"320585"',
    'name = "?"': 'name = "太仓市"',
}


@pytest.mark.slow
def test_what_is_guessed_of_the_files_needs_few_answers(taicang, tmp_path, monkeypatch, capsys):
    files = write_own_city(taicang, tmp_path)
    path, out = tmp_path / "first.toml", tmp_path / "city.gpkg"
    assert run(monkeypatch, capsys, "import", "--guess", *files.values(), "--out", path)[0] == 0
    text = path.read_text("utf-8")
    assert "150 of 153 different words in 社区 are names in communities" in text
    assert "About persons, and never imported: 姓名, 身份证号, 手机, 家庭住址" in text
    datums = iter(["WGS 84", "GCJ-02"])  # of the settlements, of the halls
    text = re.sub(r'"\? WGS 84, .*?"', lambda _: f'"{next(datums)}"', text)
    for question, answer in ANSWERS.items():
        assert question in text
        text = text.replace(question, answer)
    path.write_text(text, "utf-8")
    assert run(monkeypatch, capsys, "import", path, "--out", out)[0] == 2
    confirm_as_a_person_would(tmp_path / "candidates-halls-community_code.csv")
    assert run(monkeypatch, capsys, "import", path, "--out", out)[0] == 0
    made = geodata.open_city(out)
    assert made.towns["residents"].tolist() == taicang.towns["residents"].tolist()
    pd.testing.assert_frame_equal(posts_by_hall_and_field(made), posts_by_hall_and_field(taicang))


@pytest.mark.slow
def test_the_files_are_the_same_each_time(taicang, tmp_path):
    for folder in ("a", "b"):
        write_own_city(taicang, tmp_path / folder)
    for name in ("服务厅.csv", "居民点.csv", "代码变更.csv", "往年人口.csv", "道路.osm.pbf"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    one, other = (
        pd.read_excel(tmp_path / folder / "社工名单.xlsx", header=1) for folder in ("a", "b")
    )
    pd.testing.assert_frame_equal(one, other)


def test_every_link_of_the_page_leads_somewhere():
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        assert (Path(__file__).parents[3] / "docs" / target).exists(), target
