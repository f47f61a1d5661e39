"""Texts in CSV, XLSX and DBF: written so that a spreadsheet shows them, read back as they were.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return is a formula to a
spreadsheet. Such a text gets an apostrophe before it. So does a text that a file would change:
an empty one (else missing), one with blanks at its ends or with control characters. After an
apostrophe a backslash begins an escape.
"""

from __future__ import annotations

import re

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "'", "\t", "\r", "\n")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\\]|_x[0-9A-Fa-f]{4}_")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})|\\\\")


def quoted(text: str) -> str:
    r"""Return a text as it is written.

    Examples
    --------
    >>> quoted("=1+1"), quoted("西镇"), quoted(""), quoted("a\nb")
    ("'=1+1", '西镇', "'", "'a\\u000ab")
    """
    plain = text and not text.startswith(_FORMULA) and text == text.strip()
    if plain and not _UNSAFE.search(text):
        return text
    inner = _UNSAFE.sub(_escape, text)
    kept = inner.rstrip()
    blanks = "".join(f"\\u{ord(blank):04x}" for blank in inner[len(kept) :])
    return "'" + kept + blanks


def _escape(match: re.Match[str]) -> str:
    found = match[0]
    if found == "\\":
        return "\\\\"
    return "\\u005f" + found[1:] if found.startswith("_") else f"\\u{ord(found):04x}"


def unquoted(cell: str) -> str:
    """Return the text that was written.

    Examples
    --------
    >>> unquoted(quoted("=1+1")), unquoted("西镇")
    ('=1+1', '西镇')
    """
    if not cell.startswith("'"):
        return cell
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else "\\", cell[1:])
