"""Columns about persons are found by what is in them; places stay."""

from __future__ import annotations

import pandas as pd
import pytest

from geodata import DataError
from geodata.personal import personal_columns, without_persons
from tests.own_city import id_card


def kinds(places=False, **columns):
    table = pd.DataFrame(columns)
    return {found.column: found.kind for found in personal_columns(table, places=places)}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([id_card("320585", "19800101", 1), "", ""], "id_card"),
        (["320585800101001", "", ""], "id_card"),
        (["身份证 " + id_card("320585", "19800101", 1).lower(), "", ""], "id_card"),
        (["", "请致电１３８００１３８０００", ""], "phone"),
        (["+86 138-0013-8000", "", ""], "phone"),
        ([13800138000, 13912345678, 15012345678], "phone"),
        (["0512-53520001", "0512-53520002", "(0512)53520003"], "phone"),
        (["", "a.b@example.org", ""], "email"),
        (["6222 0212 3456 7890 128"] * 3, "bank_card"),
    ],
)
def test_numbers_of_persons_are_found_under_any_header(values, kind):
    assert kinds(备用=values) == {"备用": kind}


@pytest.mark.parametrize(
    "values",
    [
        ["320585198001010011", "", ""],  # the check digit is wrong
        ["320585198013010010", "", ""],  # no such month
        [320585100001, 320585100002, 320585100003],  # codes of communities
        [52_000, 13_800, 138_001],
        [1.38e10 + 0.5, 2.0, 3.0],
        ["91320585MA1XXXXX0X", "", ""],  # credit code of an organisation
        ["2024-05-01", "2023-01-01", "2022-01-01"],
    ],
)
def test_other_numbers_stay(values):
    assert kinds(备用=values) == {}


def test_names_need_a_header_or_company():
    people = ["王小明", "李华", "张三丰"]
    assert kinds(姓名=people) == {"姓名": "person_name"}
    assert kinds(备用=people) == {}
    told = kinds(备用=people, 手机=["13800138000", "13900139000", None])
    assert told == {"备用": "person_name", "手机": "phone"}


def test_names_of_places_stay_whatever_stands_beside_them():
    table = {"社区": ["王庄", "李家巷", "张泾"], "联系人": ["王小明", "李华", "张三丰"]}
    assert kinds(**table, 手机=["13800138000"] * 3) == {"联系人": "person_name", "手机": "phone"}
    assert kinds(名称=["永乐村", "东风村", "南区社区"], 手机=["13800138000"] * 3) == {
        "手机": "phone"
    }


def test_a_hall_keeps_its_telephone_and_address():
    hall = {"电话": ["0512-53520001"], "地址": ["城厢镇南园路12号"]}
    assert kinds(places=True, **hall) == {}
    assert kinds(**hall) == {"电话": "phone", "地址": "home_address"}


def test_dates_of_birth_need_their_header():
    assert kinds(出生年月=["1980-01", "1990.5", "1970年3月"]) == {"出生年月": "birth_date"}


def test_numbers_of_persons_served_are_no_names():
    assert kinds(服务对象=[12, 30, 8]) == {}


def test_a_table_of_persons_is_refused_or_counted():
    table = pd.DataFrame(
        {
            "姓名": ["王小明", "李华", "张三丰"],
            "社区": ["南区", "东区", "东区"],
            "领域": ["青少年"] * 3,
        }
    )
    with pytest.raises(DataError, match=r"workers: each row is about a person \(姓名\)"):
        without_persons(table, "workers")
    counted, findings = without_persons(table, "workers", counts_by=["社区", "领域"])
    assert counted.values.tolist() == [["东区", "青少年", 2], ["南区", "青少年", 1]]
    assert [f.code for f in findings] == ["personal_person_name"]
    with pytest.raises(DataError, match="cannot be counted by it"):
        without_persons(table, "workers", counts_by=["姓名"])


def test_contacts_of_places_are_left_out_and_the_rest_stays():
    table = pd.DataFrame({"名称": ["永乐村"], "联系人": ["王小明"], "手机": ["13800138000"]})
    kept, findings = without_persons(table, "halls", places=True)
    assert kept.columns.tolist() == ["名称"]
    assert [f.values["count"] for f in findings] == [1, 1]


def test_no_finding_tells_a_value():
    number = id_card("320585", "19800101", 1)
    table = pd.DataFrame({"姓名": ["王小明"], "证件": [number], number: [1], "13800138000": ["x"]})
    _, findings = without_persons(table.assign(手机="13800138000"), "t", counts_by=[])
    said = " ".join(f.sentence() for f in findings)
    assert "王小明" not in said
    assert number not in said
    assert "138001" not in said


@pytest.mark.slow
def test_the_embedded_city_tells_about_nobody(taicang):
    for frame in taicang.tables().values():
        assert personal_columns(frame) == []
