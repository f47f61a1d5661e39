"""Names and codes as departments write them."""

from __future__ import annotations

import pytest

from geodata.linking import tidy_code, tidy_name


@pytest.mark.parametrize(
    "name",
    [
        "永乐村",
        "永乐村委会",
        "永乐村村委会",
        "永樂村民委員會",
        " 永 乐　村",
        "永乐村（）",
        "永\u200b乐村",
    ],
)
def test_one_place_has_one_form(name):
    assert tidy_name(name) == ("永乐", "村")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("第3社区", "第三社区居委会"),
        ("十二村", "１２村"),
        ("二〇一社区", "201社區"),
        ("一百零五村", "105村"),
        ("城厢街道办事处", "城厢街道"),
        ("沙溪镇人民政府", "沙溪镇"),
    ],
)
def test_numerals_and_offices_do_not_tell_places_apart(one, other):
    assert tidy_name(one) == tidy_name(other)


def test_units_alone_are_no_numbers():
    assert tidy_name("千灯镇").stem == "千灯"
    assert tidy_name("百合社区").stem == "百合"


def test_what_is_only_a_suffix_stays():
    assert tidy_name("社区") == ("社区", "")
    assert tidy_name("村委会") == ("村委会", "")


def test_a_village_and_a_community_of_one_name_do_not_agree():
    assert not tidy_name("永乐村").agrees(tidy_name("永乐社区"))
    assert tidy_name("永乐").agrees(tidy_name("永乐社区"))


@pytest.mark.parametrize(
    "code",
    [
        "320585100001",
        " 320585100001",
        "３２０５８５１００００１",
        320585100001,
        320585100001.0,
        "320585100001.0",
        "'320585100001",
        "320585100001\u00a0",
    ],
)
def test_a_code_is_read_as_it_was_meant(code):
    assert tidy_code(code) == "320585100001"


def test_a_code_that_lost_its_digits_is_not_made_up():
    assert tidy_code("3.20585E+11") == "3.20585E+11"
