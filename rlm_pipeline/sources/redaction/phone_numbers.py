"""Phone numbers as people write them: international, and in national forms that nothing else has; no bare integers."""

import re

from rlm_pipeline.sources.redaction.pattern import APART_BEFORE, APART_BEHIND, Pattern, Value, digits_of, place_behind

_COUNTRY_CODE = re.compile(
    r"1|7|20|21[123689]|2[2-69]\d|27|3[0123469]|3[578]\d|4[013-9]|42\d|5[1-8]|50\d|59\d|6[0-6]|6[789]\d|8[1246]|8[058]\d"
    r"|9[0-58]|9[679]\d"
)
_LEAST, _MOST = 8, 15
_SHORTEST_NAMED = 7
_DIGITS = {"1": 11, "7": 11, "31": 11, "33": 11, "34": 11, "41": 11, "48": 11, "61": 11, "91": 12}
"""How many a number has, with its country's code, where that is the same for all."""

_SIGNED_DECIMAL = re.compile(r"\+[0-9]+\.(?:[0-9]{1,7}|[0-9]{13,})")
_EXTENSION = re.compile(r"[^0-9)]*(?:x|ext)[^0-9]*[0-9]+$", re.IGNORECASE)

_EXT = r"(?:,? ?(?:x|ext\.?) ?[0-9]{1,6})?"
_BREAK = r"(?: ?\r?\n ?| |-|\.|/|- )?"
_AREA = rf"(?:\([2-9][0-9]{{2}}\){_BREAK}|[2-9][0-9]{{2}}[-./](?:\r?\n)?)"


def _number(text: str) -> str:
    digits = digits_of(_EXTENSION.sub("", text).replace("(0)", ""))
    if text.lstrip("(").startswith("00"):
        digits = digits.removeprefix("00")
    # One number, with and without the country code of North America.
    return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits


def _international(text: str) -> Value | None:
    digits = digits_of(_EXTENSION.sub("", text))
    prefix = len("00") if text.startswith("00") else 0
    code = _COUNTRY_CODE.match(digits, prefix)
    if code is None or _SIGNED_DECIMAL.fullmatch(text):
        return None
    whole = _DIGITS.get(code[0], _MOST) + prefix
    if len(digits) > whole and not _EXTENSION.search(text):
        # What follows a number that is complete is something else.
        end = place_behind(text, whole)
        return None if text[end : end + 1].isdigit() else Value(_number(text[:end]), end)
    least = _DIGITS.get(code[0], _LEAST) + prefix
    return Value(_number(text), len(text)) if len(digits) >= least else None


def _national(text: str) -> Value | None:
    number = _number(text)
    return Value(number, len(text)) if len(number) >= _LEAST else None


def _north_american(text: str) -> Value | None:
    number = _number(text)
    area, exchange = number[:3], number[3:6]
    return None if area[1] == "9" or area[1:] == "11" or exchange[1:] == "11" else Value(number, len(text))


def _named(text: str) -> Value | None:
    number = _number(text)
    return Value(number, len(text)) if _SHORTEST_NAMED <= len(number) <= _MOST and len(set(number)) > 2 else None


def _area(digits: str) -> str:
    return rf"(?:\({digits}\)|{digits})"


PHONES = (
    Pattern(
        kind="phone",
        body=r"\+ ?[1-9](?:[ ()./-]{0,2}(?:\r?\n)?[0-9]){7,14}" + _EXT,
        accept=_international,
        before=r"(?<![A-Za-z+])",
        after_digits=True,
        behind=r"(?![^\W_]|[.,][0-9])",
    ),
    Pattern(
        kind="phone",
        body=r"00 ?[1-9][0-9]{0,2}(?:[ ()./-]{1,2}[0-9]{1,9}){2,6}" + _EXT,
        accept=_international,
        before=APART_BEFORE,
        behind=r"(?![^\W_]|[.,][0-9])",
    ),
    Pattern(  # North America
        kind="phone",
        body=rf"(?:1[ .-])?{_AREA}[2-9][0-9]{{2}}[-. ][0-9]{{4}}{_EXT}",
        accept=_north_american,
    ),
    Pattern(  # the same, with nothing but spaces
        kind="phone",
        body=r"(?:1 )?[2-9][0-9]{2} [2-9][0-9]{2}[ -][0-9]{4}",
        accept=_north_american,
        before=APART_BEFORE,
        behind=APART_BEHIND,
    ),
    Pattern(  # United Kingdom: three, four or five digits of an area, a mobile phone, a free number
        kind="phone",
        body=rf"{_area('02[03489]')}[ -][0-9]{{4}}[ -][0-9]{{4}}|{_area('011[0-9]')}[ -][0-9]{{3}}[ -][0-9]{{4}}"
        rf"|{_area('01[0-9]1')}[ -][0-9]{{3}}[ -][0-9]{{4}}|{_area('0[17][0-9]{3}')}[ -][0-9]{{3}}[ -]?[0-9]{{3}}"
        r"|0(?:800|808|345|300)[ -][0-9]{3}[ -][0-9]{3,4}",
        accept=_national,
    ),
    Pattern(  # Germany, Austria, Switzerland
        kind="phone",
        body=r"0[1-9][0-9]{1,4} ?/ ?[0-9]{4,8}(?:-[0-9]{1,4})?|\(0[1-9][0-9]{1,4}\) ?[0-9]{4,8}(?:-[0-9]{1,4})?"
        r"|01[5-7][0-9][ -][0-9]{7,8}|0[1-9][0-9] [0-9]{3} [0-9]{2} [0-9]{2}",
        accept=_national,
    ),
    Pattern(  # France, Belgium: pairs
        kind="phone",
        body=r"0[1-9](?: [0-9]{2}){4}|0[1-9](?:\.[0-9]{2}){4}|0[1-9](?:-[0-9]{2}){4}",
        accept=_national,
        before=r"(?<![^\W_])(?<!\+)(?<![0-9][-. ])",
        behind=r"(?![^\W_]|[-. ][0-9]{2})",
    ),
    Pattern(  # Australia, Brazil
        kind="phone",
        body=rf"{_area('0[2-478]')} [0-9]{{4}} [0-9]{{4}}|04[0-9]{{2}} [0-9]{{3}} [0-9]{{3}}"
        r"|\([1-9][0-9]\) ?9?[0-9]{4}-[0-9]{4}",
        accept=_national,
    ),
    Pattern(
        kind="phone",
        body=r"\+?\(?[0-9](?:[ ()./-]{0,2}[0-9]){6,14}" + _EXT,
        accept=_named,
        keyword=r"(?:tele|cell|i)?phones?|tel|telefon|telephone|t\u00e9l\u00e9phone|tel\u00e9fono|telefono|telefone"
        r"|telefoon|fax|mobile|mobil|handy|celular",
    ),
)  # fmt: skip
