"""What the README says to do works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


@pytest.mark.slow
def test_the_lines_of_python_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = "\n".join(re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL))
    exec(compile(code, "README.md", "exec"), {})
    assert "residents are not served today" in capsys.readouterr().out
    assert (tmp_path / "map.html").exists()


def test_every_link_leads_somewhere():
    root = Path(__file__).parents[2]
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (root / target).exists(), target
