"""Figures: what is drawn, in both languages, with and without a Chinese font."""

from __future__ import annotations

import doctest
import io
import warnings

import numpy as np
import pandas as pd
import pytest

from geodata.language import use_language
from planner import figures
from planner.accessibility import Gaussian, Step
from planner.equity import gini
from planner.errors import MeasureError

ACCESS = pd.Series([1.0, 2.0, 6.0], ["a", "b", "c"])
PEOPLE = pd.Series([100, 200, 100], ["a", "b", "c"])
LOAD = pd.Series([900.0, 400.0, 50.0], ["浮桥", "沙溪", "双凤"])
CAPACITY = pd.Series([800.0, 500.0, np.inf], ["浮桥", "沙溪", "双凤"])
TORNADO = pd.DataFrame(
    {"parameter": ["minutes", "speed"], "low_share": [0.6, 0.7], "high_share": [0.9, 0.8]}
)
SHARES = pd.DataFrame({"urban": [0.2, 0.9], "rural": [0.1, 0.4]}, index=[5, 30])

EACH = {
    "coverage": lambda: figures.coverage_curve(SHARES, standard_minutes=15),
    "lorenz": lambda: figures.lorenz(ACCESS, PEOPLE),
    "loads": lambda: figures.load_bars(LOAD, CAPACITY),
    "tornado": lambda: figures.tornado(TORNADO, 0.75),
    "decay": lambda: figures.decay_curves({"step": Step(15), "bell": Gaussian(10)}),
}


def words(figure):
    from matplotlib.text import Text

    return " ".join(text.get_text() for text in figure.findobj(Text))


def has_chinese(text):
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


@pytest.mark.parametrize("name", EACH)
def test_each_figure_is_drawn_in_both_languages_without_a_missing_character(name):
    languages = ("en", "zh") if figures.chinese_font() else ("en",)
    for language in languages:
        with use_language(language), warnings.catch_warnings():
            if figures.chinese_font():
                warnings.simplefilter("error")
            figure = EACH[name]()
            figure.savefig(io.BytesIO(), format="png", dpi=40)
            title = figure.axes[0].get_title()
        assert has_chinese(title) == (language == "zh")


def test_curves_show_what_they_were_given():
    axes = figures.coverage_curve(SHARES).axes[0]
    assert [line.get_ydata().tolist() for line in axes.lines] == [[0.2, 0.9], [0.1, 0.4]]
    axes = figures.lorenz(ACCESS, PEOPLE).axes[0]
    assert axes.lines[1].get_ydata().tolist() == pytest.approx([0, 1 / 11, 5 / 11, 1])
    assert f"{gini(ACCESS, PEOPLE):.3f}" in words(axes.figure)
    weights = figures.decay_curves({"step": Step(15)}).axes[0].lines[0]
    assert set(weights.get_ydata()) == {0, 1}


def test_tornado_bars_meet_at_the_base_with_the_widest_on_top():
    axes = figures.tornado(TORNADO, 0.75).axes[0]
    ends = [sorted((bar.get_x(), bar.get_x() + bar.get_width())) for bar in axes.patches]
    assert ends == [pytest.approx(e) for e in ((0.6, 0.75), (0.7, 0.75), (0.75, 0.9), (0.75, 0.8))]
    assert axes.patches[0].get_y() > axes.patches[1].get_y()
    with pytest.raises(MeasureError, match="no parameter"):
        figures.tornado(TORNADO.head(0), 0.75)


def test_load_bars_split_at_capacity_and_put_the_fullest_first():
    figure = figures.load_bars(LOAD, CAPACITY, most=2)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["浮桥", "沙溪"]
    inside, beyond = ([bar.get_width() for bar in part] for part in axes.containers)
    assert inside == [800, 400]
    assert beyond == [100, 0]
    assert "2 fullest of 3" in axes.get_title()


def test_without_a_chinese_font_labels_are_english_and_a_warning_says_so(monkeypatch):
    monkeypatch.setattr(figures, "chinese_font", lambda: None)
    with use_language("zh"), pytest.warns(UserWarning, match="no Chinese font is installed"):
        figure = figures.lorenz(ACCESS, PEOPLE)
    assert not has_chinese(words(figure))


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda: figures.coverage_curve(SHARES * 100), "shares holds other numbers"),
        (lambda: figures.load_bars(LOAD, CAPACITY.drop("沙溪")), "capacity has nothing for 沙溪"),
        (lambda: figures.load_bars(-LOAD, CAPACITY), "load of 浮桥"),
        (lambda: figures.decay_curves({}), "there are 0 impedances"),
    ],
)
def test_bad_input_is_named(call, problem):
    with pytest.raises(MeasureError, match=problem):
        call()


def test_the_examples_in_the_documentation_run():
    ran = doctest.testmod(figures)
    assert ran.attempted
    assert not ran.failed
