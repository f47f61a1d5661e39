"""Tables tied to layers, never silently."""

from __future__ import annotations

import pandas as pd
import pytest

from geodata import DataError
from geodata.linking import link, read_confirmed, write_candidates

LAYER = pd.DataFrame(
    {
        "code": ["320585100001", "320585100200", "320585101001", "320585101200", "320585101201"],
        "name": ["南区社区", "永乐村", "南区社区", "东风村", "新华社区"],
        "town_code": ["320585100", "320585100", "320585101", "320585101", "320585101"],
    }
)
TOWNS = pd.DataFrame({"code": ["320585100", "320585101"], "name": ["城厢镇", "沙溪镇"]})


def names(*called, **columns):
    return pd.DataFrame({"单位": called, **columns})


def test_a_code_links_however_it_was_typed():
    found = link(pd.DataFrame({"c": ["３２０５８５１００００１", 320585100200.0]}), LAYER, code="c")
    assert found.rows["how"].tolist() == ["code", "code"]
    assert found.keys().tolist() == ["320585100001", "320585100200"]


def test_a_town_is_found_by_the_twelve_digits_of_the_statistics_bureau():
    found = link(pd.DataFrame({"c": ["320585101000"]}), TOWNS, code="c")
    assert found.keys().tolist() == ["320585101"]


def test_names_say_how_they_were_linked():
    found = link(
        names("永乐村", "永樂村委會", "永乐村村民委员会", "永东村", "海运堤"),
        LAYER,
        name="单位",
        many=True,
    )
    assert found.rows["how"].tolist() == ["exact", "normalised", "normalised", "candidates", "none"]
    assert found.counts() == {"exact": 1, "normalised": 2, "candidates": 1, "none": 1}
    assert not found.complete


def test_the_same_name_in_two_towns_is_ambiguous_until_the_town_is_known():
    table = names("南区居委会", 镇=["沙溪"])
    assert link(table, LAYER, name="单位").rows["how"].tolist() == ["ambiguous"]
    known = link(table, LAYER, name="单位", town="镇", towns=TOWNS)
    assert known.keys().tolist() == ["320585101001"]


def test_the_town_may_stand_before_the_name():
    found = link(names("沙溪镇南区居委会"), LAYER, name="单位", towns=TOWNS)
    assert found.keys().tolist() == ["320585101001"]


def test_an_unknown_town_never_links_by_name():
    found = link(names("永乐村", 镇=["双凤镇"]), LAYER, name="单位", town="镇", towns=TOWNS)
    assert found.rows["how"].tolist() == ["candidates"]
    assert [f.code for f in found.findings] == ["link_town_unknown", "link_candidates"]


def test_a_name_of_another_town_is_a_candidate_only():
    found = link(names("永乐村", 镇=["320585101"]), LAYER, name="单位", town="镇", towns=TOWNS)
    assert found.rows["how"].tolist() == ["candidates"]
    assert found.candidates.iloc[0][["key", "score"]].tolist() == ["320585100200", 90.0]


def test_a_village_is_not_taken_for_the_community_of_its_name():
    found = link(names("新华村"), LAYER, name="单位")
    assert found.rows["how"].tolist() == ["candidates"]
    assert found.candidates.iloc[0][["candidate", "score"]].tolist() == ["新华社区", 95.0]


def test_an_unknown_code_is_not_replaced_by_a_fitting_name():
    found = link(names("永乐村", 码=["320585199999"]), LAYER, name="单位", code="码")
    assert found.rows["how"].tolist() == ["candidates"]
    with pytest.raises(DataError, match="the code 320585199999 is not in the layer"):
        found.keys()


def test_a_code_whose_name_says_otherwise_is_told():
    found = link(names("东风村", 码=["320585100200"]), LAYER, name="单位", code="码")
    assert [f.code for f in found.findings] == ["link_names_differ"]
    assert found.keys().tolist() == ["320585100200"]


def test_two_rows_for_one_community_are_told_unless_many_may_be():
    table = names("永乐村", "永乐村委会")
    with pytest.raises(
        DataError, match=r"row 2 .*: it is linked with 320585100200, and so is row 1"
    ):
        link(table, LAYER, name="单位").keys()
    assert link(table, LAYER, name="单位", many=True).complete


def test_what_is_confirmed_is_linked_the_next_time(tmp_path):
    table = names("永东村", "东凤村", "=永乐村二")
    first = link(table, LAYER, name="单位")
    path = tmp_path / "candidates.csv"
    write_candidates(first, path)
    assert "'=永乐村二" in path.read_text("utf-8-sig")
    answers = pd.read_csv(path, dtype=str)
    answers["confirmed"] = [
        "是" if c == "东风村" and n == "东凤村" else ""
        for c, n in zip(answers["candidate"], answers["name"], strict=True)
    ]
    answers.loc[answers["name"] == "永东村", "confirmed"] = "no"
    answers.to_csv(path, index=False, encoding="gb18030")

    second = link(table, LAYER, name="单位", confirmed=read_confirmed(path))

    assert second.rows["how"].tolist() == ["left_out", "confirmed", "candidates"]
    assert second.rows["key"].tolist()[1] == "320585101200"


def test_two_confirmed_candidates_of_one_name_are_refused(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("name,code,within,key,confirmed\nA,,,1,yes\nA,,,2,x\n")
    with pytest.raises(DataError, match="two candidates of one name"):
        read_confirmed(path)


def test_rows_keep_the_index_of_the_table():
    table = names("永乐村", "东风村").set_index(pd.Index([7, 3]))
    assert link(table, LAYER, name="单位").keys().to_dict() == {
        7: "320585100200",
        3: "320585101200",
    }


def test_the_embedded_city_is_found_by_names_as_departments_write_them(taicang):
    communities = taicang.communities
    written = communities["name"].str.replace("村$", "村民委员会", regex=True)
    written = written.str.replace("社区$", "居委会", regex=True)
    towns = communities["town_code"].map(taicang.towns.set_index("code")["name"])
    table = pd.DataFrame({"name": written, "town": towns})
    found = link(table, communities, name="name", town="town", towns=taicang.towns)
    assert found.keys().tolist() == communities["code"].tolist()
