"""What the guide to siting says of the models is what the code says, and its examples run."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import numpy as np
import pytest

from planner import siting
from planner.errors import SitingError

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "siting.md").read_text("utf-8")
EVERY = {
    "fixed", "forbidden", "site_costs", "rules", "time_limit_s", "gap", "seed", "progress",
}  # fmt: skip
"""What every model takes."""

SQUARE = np.array([[0.0, 300], [300, 0], [0, 0]])


def table():
    """Return the options of each model, as the guide's first table states them."""
    lines = [line for line in GUIDE.splitlines() if line.startswith("| ")]
    heads = [head.strip() for head in lines[0].split("|")[1:-1]]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]
    return {
        row[0].strip("`"): dict(zip(heads[1:], row[1:], strict=True))
        for row in rows
        if row[0].startswith("`") and len(row) == len(heads)
    }


def called(model, **more):
    """Call a model on a small case with what it needs."""
    takes = inspect.signature(getattr(siting, model)).parameters
    needed = {"p": 2, "radius": 350, "share": 0.5, "decay": siting.linear_decay(100, 400)}
    options = {name: value for name, value in needed.items() if name in takes}
    if model == "market_share":
        options["decay"] = "exponential"
    if model == "capacitated_p_median":
        options["capacity"] = 3
    if model == "facility_location":
        options["site_costs"] = 100
    given = siting.Points(SQUARE)
    return getattr(siting, model)(given, **(options | more))


def models():
    """Return the public functions that answer with a SitingResult and can be asked again."""
    found = [name for name in siting.__all__ if hasattr(getattr(siting, name), "__wrapped__")]
    return sorted(found)


def test_the_table_lists_every_model():
    assert sorted(table()) == models()


@pytest.mark.parametrize("model", models())
def test_the_table_says_which_options_a_model_takes(model):
    takes, said = set(inspect.signature(getattr(siting, model)).parameters), table()[model]
    assert takes >= EVERY
    for option in ("p", "budget", "weights", "capacity", "demand", "split", "radius"):
        assert (said[option] != "–") == (option in takes), option
    author, year = re.match(r"(\w+).* (\d+)$", said["source"]).groups()
    text = inspect.getdoc(getattr(siting, model))
    assert re.search(rf"{author}[^.]*\({year}\)", text)


@pytest.mark.parametrize("model", models())
def test_the_table_says_where_a_minimum_use_makes_sense(model):
    rules, said = siting.Rules(minimum_use=1), table()[model]["use"]
    if said == "–":
        with pytest.raises(SitingError, match="leave minimum_use out"):
            called(model, rules=rules)
        return
    more = {"capacity": 3} if said == "with capacity" else {}
    assert called(model, rules=rules, **more).status == "optimal"


@pytest.mark.slow
@pytest.mark.parametrize("model", models())
def test_every_model_takes_points_and_can_be_asked_further(model):
    result = called(model)
    assert result.status == "optimal"
    assert len(siting.alternatives(result, within=5.0, count=2)) <= 2
    said = siting.explain_infeasible(
        result.request.model, **result.request.arguments, forbidden=[0, 1, 2]
    )
    assert said.feasible in (True, False)


@pytest.mark.slow
def test_the_examples_run(capsys):
    code = "\n".join(re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL))
    exec(compile(code, "siting.md", "exec"), {})
    assert "more capacity" in capsys.readouterr().out
