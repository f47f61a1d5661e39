"""Columns about persons are found, reported and left out; tables of persons are counted or refused.

The planner works with counts. What tells who somebody is must not enter a city: names of persons,
ID-card numbers, telephone numbers, bank cards, e-mail and home addresses, dates of birth. Findings
say how many values a column holds, never a value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import pandas as pd

from geodata.errors import DataError
from geodata.findings import Finding

KINDS = (
    "id_card",
    "bank_card",
    "phone",
    "email",
    "person_name",
    "birth_date",
    "home_address",
)
"""What a column can tell about persons, the surest first."""
PERSON_ROWS = ("id_card", "birth_date", "person_name")
"""Kinds that make a table one of persons, if they are not about whom to contact."""
_MOSTLY = 0.8
_FEW = 3
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_ID_18 = re.compile(r"(?<!\d)([1-8]\d{16}[\dX])(?!\d)")
_ID_15 = re.compile(r"(?<!\d)([1-8]\d{14})(?!\d)")
_MOBILE = re.compile(r"(?<![\d.])(?:\+?86|0086)?(1[3-9]\d{9})(?![\d.])")
_LANDLINE = re.compile(r"^(?:\+?86)?(?:\(?0\d{2,3}\)?-?)[2-9]\d{6,7}(?:(?:-|转)\d{1,6})?$")
_LOCAL_LINE = re.compile(r"^[2-9]\d{6,7}$")
_CARD = re.compile(r"^[1-9]\d{15,18}$")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DATE = re.compile(r"^(?:19|20)\d{2}[-/.年]?(?:0?[1-9]|1[0-2])[-/.月]?(?:[0-3]?\d日?)?(?: 0.*)?$")
_ADDRESS = re.compile(r"\d+[-—]?\d*\s*(?:号|室|幢|栋|单元|弄|座)|(?:单元|组)\d+")
_HAN_NAME = re.compile(r"^[\u4e00-\u9fff]{2,4}(?:·[\u4e00-\u9fff]{1,6})?$")

_HINTS = {
    "id_card": re.compile(r"[1-8]\d{14}"),
    "bank_card": re.compile(r"\d{16}"),
    "phone": re.compile(r"1[3-9]\d{9}"),
    "email": re.compile("@"),
}
"""What some value of a column has to hold for it to be of a kind."""
_HEADERS = {
    "id_card": ("身份证", "证件号", "公民身份", "idcard", "id_card", "identitycard"),
    "bank_card": ("银行卡", "银行账号", "卡号", "bankcard", "bank_card"),
    "phone": ("电话", "手机", "联系方式", "phone", "mobile", "telephone"),
    "email": ("邮箱", "电子邮件", "email", "e_mail"),
    "person_name": (
        "姓名",
        "户主",
        "联系人",
        "负责人",
        "法定代表人",
        "法人代表",
        "监护人",
        "书记",
        "主任",
        "服务对象",
        "person",
        "contact",
        "surname",
        "fullname",
        "full_name",
    ),
    "birth_date": ("出生", "生日", "birth", "dob"),
    "home_address": ("住址", "家庭地址", "地址", "门牌", "address"),
}
_CONTACT = ("联系人", "负责人", "法定代表人", "法人代表", "书记", "主任", "contact")
"""Headers of persons who stand for a place: dropped, but they do not make it a table of persons."""
_PLACES = (
    "社区",
    "村",
    "镇",
    "街道",
    "小区",
    "居民点",
    "单位",
    "机构",
    "组织",
    "设施",
    "中心",
    "地名",
    "项目",
    "路",
    "town",
    "community",
    "village",
    "settlement",
    "organisation",
    "organization",
    "hall",
    "road",
)
_PLACE_ENDINGS = tuple(
    "村镇乡区市县组队里园苑庄桥路街巷弄站所院厅室社会局办校店厂场馆港湾坊埭浜泾宅圩墩塘"
)
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍"
    "涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
)


@dataclass(frozen=True)
class PersonalColumn:
    """A column that tells about persons.

    Attributes
    ----------
    column
        Its name.
    kind
        One of ``KINDS``.
    values
        How many of its values look so.
    contact
        Whether the persons stand for a place or organisation (联系人), one per row.
    """

    column: str
    kind: str
    values: int
    contact: bool = False


def personal_columns(frame: pd.DataFrame, *, places: bool = False) -> list[PersonalColumn]:
    """Return the columns that tell about persons.

    Parameters
    ----------
    frame
        A table as it was read.
    places
        Whether its rows are places or organisations: a landline telephone and an address are then
        theirs, and stay. So do names of places in any table.

    Returns
    -------
    list of PersonalColumn
        In the order of the columns; one kind each, the surest.

    Notes
    -----
    ID cards of 18 digits by their check digit (GB 11643-1999, ISO 7064 mod 11-2) and date, of 15
    by their date; bank cards by the Luhn check (ISO/IEC 7812-1). A single such value is enough; so
    is a mobile number in a column of text, or an e-mail address. Names, dates of birth and home
    addresses need a header that says so, or, for names, four values in five that begin with one of
    the commonest surnames in a table that tells about persons otherwise too.

    Examples
    --------
    >>> table = pd.DataFrame({"名称": ["永乐村"], "联系人": ["王小明"], "电话": ["13800138000"]})
    >>> [(found.column, found.kind) for found in personal_columns(table, places=True)]
    [('联系人', 'person_name'), ('电话', 'phone')]
    """
    found: list[PersonalColumn] = []
    unnamed: list[tuple[str, int]] = []
    for at, column in enumerate(frame.columns):
        values = _values(frame.iloc[:, at])
        if not len(values):
            continue
        kind, count = _kind(str(column), values, frame.iloc[:, at], places)
        if kind is not None:
            contact = kind == "person_name" and _says(str(column), _CONTACT)
            found.append(PersonalColumn(str(column), kind, count, contact))
        elif not _says(str(column), _PLACES) and not places:
            looking = int(values.map(_like_a_name).sum())
            if looking >= _MOSTLY * len(values):
                unnamed.append((str(column), looking))
    if found:
        found += [PersonalColumn(column, "person_name", count) for column, count in unnamed]
    order = {str(column): at for at, column in enumerate(frame.columns)}
    return sorted(found, key=lambda column: order[column.column])


def without_persons(
    frame: pd.DataFrame,
    label: str,
    *,
    places: bool = False,
    counts_by: Sequence[str] | None = None,
    count_column: str = "persons",
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return a table that tells about nobody, and what was left out.

    Parameters
    ----------
    frame
        A table as it was read.
    label
        Its name in findings.
    places
        Whether its rows are places or organisations; see ``personal_columns``.
    counts_by
        Columns to count a table of persons by, such as ``["社区", "领域"]``; the rows that have no
        value there are counted under a missing one.
    count_column
        What to call the column of counts.

    Returns
    -------
    frame
        Without the columns about persons; counted, if ``counts_by`` is given.
    findings
        A warning per column left out: its kind, and how many values it has.

    Raises
    ------
    DataError
        If each row is about one person and ``counts_by`` is not given, or one of its columns is
        not in the table or tells about persons itself.
    """
    found = personal_columns(frame, places=places)
    findings = [
        Finding(
            f"personal_{c.kind}",
            label,
            values={"column": _harmless_header(c.column, frame), "count": c.values},
        )
        for c in found
    ]
    told = {c.column for c in found}
    if counts_by is None:
        telling = [
            _harmless_header(c.column, frame)
            for c in found
            if c.kind in PERSON_ROWS and not c.contact
        ]
        if telling:
            raise DataError("rows_are_persons", label, columns=", ".join(telling))
        kept = [at for at, column in enumerate(frame.columns) if str(column) not in told]
        return frame.iloc[:, kept], findings
    for column in counts_by:
        if column not in frame.columns:
            raise DataError("missing_column", label, column=column)
        if str(column) in told:
            raise DataError("counted_by_persons", label, column=column)
    if not len(counts_by):
        return pd.DataFrame({count_column: [len(frame)]}), findings
    plain = pd.DataFrame(frame[list(counts_by)])
    counted = plain.groupby(list(counts_by), dropna=False, sort=True).size()
    return counted.rename(count_column).reset_index(), findings


def _harmless_header(column: str, frame: pd.DataFrame) -> str:
    """Return a column's name; its number where the file has no header and a person stands there."""
    text = _plain(column)
    person = _has_id_card(text) or _has_mobile(text) or _EMAIL.search(text) or _like_a_name(text)
    known = any(_says(column, words) for words in _HEADERS.values())
    if not person or (known and not re.search(r"\d{11}|@", text)):
        return column
    return f"#{[str(name) for name in frame.columns].index(column) + 1}"


def _values(column: pd.Series) -> pd.Series:
    """Return the values that are there as half-width text, whole numbers without a fraction."""
    if column.dtype.name == "geometry":
        return pd.Series([], dtype=object)
    texts = pd.Series([_plain(value) for value in column.dropna()], dtype=object)
    return texts[texts != ""]  # objects: a column of Arrow's is slow to go through


def _plain(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        value = int(value)
    # Half of a surrogate pair is no text; what stands around it can be read all the same.
    whole = str(value).encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFKC", whole).strip().strip("'’").upper()


def _kind(
    header: str, values: pd.Series, column: pd.Series, places: bool
) -> tuple[str | None, int]:
    """Return what a column tells about persons, and in how many values."""
    numeric = pd.api.types.is_numeric_dtype(column)
    compact = values.str.replace(r"[\s\-]", "", regex=True)
    said = {kind: _says(header, words) for kind, words in _HEADERS.items()}
    whole = {id(texts): "\n".join(texts) for texts in (values, compact)}
    tests: tuple[tuple[str, pd.Series, Callable[[str], bool], int], ...] = (
        ("id_card", values, _has_id_card, 1),
        ("id_card", compact, _has_id_card, 1),
        ("bank_card", compact, _is_bank_card, 1 if said["bank_card"] else _most(values)),
        ("phone", compact, _has_mobile, 1 if said["phone"] or not numeric else _most(values)),
        ("email", values, lambda text: _EMAIL.search(text) is not None, 1),
    )
    for kind, texts, looks, least in tests:
        if not _HINTS[kind].search(whole[id(texts)]):
            continue  # nowhere in the column: no need to look at each of many values
        count = int(texts.map(looks).sum())
        if count >= least:
            return kind, count
    if not places:
        count = int(compact.map(_is_landline).sum())
        local = int(compact.map(lambda text: _LOCAL_LINE.match(text) is not None).sum())
        if count >= (1 if said["phone"] else _most(values)) or (said["phone"] and local):
            return "phone", count + local
    return _by_header(said, header, values, places)


def _by_header(
    said: dict[str, bool], header: str, values: pd.Series, places: bool
) -> tuple[str | None, int]:
    if said["id_card"]:
        return "id_card", len(values)
    if said["person_name"] and not _about_counts(values):
        named = int(values.map(lambda text: _HAN_NAME.match(text) is not None).sum())
        of_place = int(values.map(lambda text: text.endswith(_PLACE_ENDINGS)).sum())
        if _says(header, _HEADERS["person_name"][:1]) or of_place < _MOSTLY * len(values):
            return "person_name", max(named, len(values) - of_place)
    if said["birth_date"]:
        count = int(values.map(lambda text: _DATE.match(text) is not None).sum())
        if count:
            return "birth_date", count
    at_home = "住址" in header or "家庭" in header
    if not places and (at_home or said["home_address"]):
        detailed = int(values.map(lambda text: _ADDRESS.search(text) is not None).sum())
        if detailed:
            return "home_address", detailed
    if at_home:
        return "home_address", len(values)
    return None, 0


def _about_counts(values: pd.Series) -> bool:
    """Return whether a column with a header such as 服务对象 holds numbers of persons."""
    return bool(pd.to_numeric(values, errors="coerce").notna().all())


def _most(values: pd.Series) -> int:
    return max(_FEW, int(-(-_MOSTLY * len(values) // 1)))


def _says(header: str, words: Sequence[str]) -> bool:
    plain = re.sub(r"[\s_]", "", unicodedata.normalize("NFKC", header).casefold())
    return any(word.replace("_", "") in plain for word in words)


def _has_id_card(text: str) -> bool:
    return any(_is_id_18(match[1]) for match in _ID_18.finditer(text)) or any(
        _is_day(f"19{match[1][6:12]}") for match in _ID_15.finditer(text)
    )


def _is_id_18(number: str) -> bool:
    check = sum(int(d) * weight for d, weight in zip(number, _ID_WEIGHTS, strict=False)) % 11
    return number[17] == _ID_CHECKS[check] and _is_day(number[6:14])


@cache
def _is_day(digits: str) -> bool:
    try:
        return 1900 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= 2100
    except ValueError:
        return False


def _is_bank_card(text: str) -> bool:
    if not _CARD.match(text):
        return False
    digits = [int(d) for d in reversed(text)]
    doubled = (d * 2 - 9 if d > 4 else d * 2 for d in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _has_mobile(text: str) -> bool:
    return _MOBILE.search(text) is not None


def _is_landline(text: str) -> bool:
    return _LANDLINE.match(text) is not None


def _like_a_name(text: str) -> bool:
    return (
        _HAN_NAME.match(text) is not None
        and text[0] in _SURNAMES
        and not text.endswith(_PLACE_ENDINGS)
    )
