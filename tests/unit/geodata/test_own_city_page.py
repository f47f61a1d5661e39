"""What docs/your-own-city.md says to do works with files that look like real ones."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

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
