"""Pictures for paper: what they show is what the plan says."""

from __future__ import annotations

import pytest

from geodata.language import use_language
from planner.errors import PlanError
from planner.figures import chinese_font
from planner.maps import PICTURES, figure
from planner.maps.pictures import _round_length


@pytest.mark.parametrize(("metres", "bar"), [(999, 500), (1000, 1000), (4999, 2000), (7e4, 5e4)])
def test_a_scale_bar_is_a_round_length(metres, bar):
    assert _round_length(metres) == bar


@pytest.mark.slow
@pytest.mark.parametrize("kind", PICTURES)
def test_every_picture_has_scale_north_and_legend_in_chinese(taicang_plan, kind):
    assert chinese_font() is not None
    with use_language("zh"):
        axes = figure(taicang_plan, kind).axes[0]
    written = {words.get_text() for words in axes.texts}
    assert "北" in written
    assert any(words.endswith("公里") for words in written)
    assert "太仓市" in axes.get_title()
    assert axes.get_legend() is not None


@pytest.mark.slow
def test_the_scale_bar_is_as_long_as_it_says(taicang_plan):
    axes = figure(taicang_plan, "unserved").axes[0]
    said = next(words.get_text() for words in axes.texts if words.get_text().endswith("km"))
    bar = max(axes.lines, key=lambda line: line.get_linewidth()).get_xdata()
    assert bar[1] - bar[0] == pytest.approx(1000 * float(said.split()[0]))


@pytest.mark.slow
def test_the_ranks_on_the_picture_are_those_of_the_plan(taicang_plan):
    axes = figure(taicang_plan, "after").axes[0]
    written = [words.get_text() for words in axes.texts]
    ranks = [str(rank) for rank in taicang_plan.recommendations["rank"]]
    assert [words for words in written if words.isdigit()] == ranks


@pytest.mark.slow
def test_an_unknown_picture_is_refused_by_name(taicang_plan):
    with pytest.raises(PlanError, match="coverage"):
        figure(taicang_plan, "nothing")
