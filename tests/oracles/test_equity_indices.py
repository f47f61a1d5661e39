"""Equity indices against what the tests of the R package accessibility publish (MIT)."""

from __future__ import annotations

import pytest

from planner import equity

# Five cells; nobody lives in the first, whose income is unknown.
ACCESS = [26774, 22239, 36567, 42372, 55571]
PEOPLE = [0, 852, 394, 1969, 2189]
INCOME = [float("nan"), 4757.8, 1627.8, 543.1, 3822.0]
# The package ranks by the incomes of its whole city: there the 40 % quantile lies between the
# incomes of the fourth and the third cell, and the 90 % quantile between the third's and the
# fifth's.
CITY = (1000.0, 3000.0)
DIGITS = 5.1e-5


def close(published):
    return pytest.approx(published, abs=DIGITS)


def without_the_last(values):
    return values[:4]


def test_gini():
    assert equity.gini(ACCESS, PEOPLE) == close(0.1386)
    assert equity.gini(without_the_last(ACCESS), without_the_last(PEOPLE)) == close(0.1148)


def test_palma_ratio():
    assert equity.palma_ratio(ACCESS, PEOPLE, INCOME, thresholds=CITY) == close(1.0911)
    four = [without_the_last(values) for values in (ACCESS, PEOPLE, INCOME)]
    assert equity.palma_ratio(*four, thresholds=CITY) == close(0.5249)


def test_concentration_index():
    assert equity.concentration_index(ACCESS, PEOPLE, INCOME) == close(-0.0248)
    assert equity.concentration_index(ACCESS, PEOPLE, INCOME, kind="corrected") == close(-0.1314)


def test_theil_between_and_within_income_deciles():
    # Its test with the four inhabited cells; their deciles are those of the whole city.
    found = equity.theil(ACCESS[1:], PEOPLE[1:], groups=[10, 6, 1, 10])
    assert found.total == close(0.0378)
    assert (found.between, found.within) == (close(0.0021), close(0.0357))
    assert found.by_group["between"].tolist() == [close(-0.0142), close(-0.0113), close(0.0276)]
    assert found.by_group["within"].tolist() == [0, 0, close(0.0357)]


@pytest.mark.parametrize(("order", "published"), [(0, 1.0), (1, 0.5588), (2, 0.3256)])
def test_foster_greer_thorbecke(order, published):
    assert equity.fgt(ACCESS, PEOPLE, 100_000, order) == close(published)


def test_theil_of_five_cells_with_the_fifth_worked_out_from_its_published_parts():
    # The package's other Theil test has a fifth cell whose access and people it does not print;
    # two numbers meet all seven that it does.
    found = equity.theil([*ACCESS[1:], 13984], [*PEOPLE[1:], 1011], groups=[10, 6, 1, 10, 3])
    published = {1: 0.0243, 3: -0.0579, 6: -0.0042, 10: 0.0894}
    for decile, part in published.items():
        assert found.by_group["between"][decile] == pytest.approx(part, abs=1e-4)
    assert (found.total, found.between, found.within) == (
        close(0.0852),
        close(0.0515),
        close(0.0337),
    )
