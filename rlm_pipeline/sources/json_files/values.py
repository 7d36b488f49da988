"""One JSON value: parsed from its text with numbers kept as written, and written back as a cell.

In a parsed value an integer is an int, any other number `msgspec.Raw`, which holds its text; so is an integer whose
text an int would not give back (-0, thousands of digits). msgspec parses three times as fast as the json module, which
takes over what msgspec refuses: NaN, control characters in strings, halves of surrogate pairs.
"""

import json
import re
from json.decoder import JSONDecodeError
from typing import Any, Final

from msgspec import MsgspecError, Raw
from msgspec.json import Decoder, Encoder

DEEPEST: Final = 150
"""Levels of arrays and objects that a record may have; far below where a parser runs out of stack."""

_fast = Decoder(float_hook=Raw).decode
_encode = Encoder().encode
_WHOLE = re.compile(rb"-?\d+")
_MINUS_ZERO = re.compile(r"-0(?![\d.eE])")
_INT_DIGITS = 18
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_LONE = re.compile("[\ud800-\udfff]")
_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*+")|//[^\r\n]*|/\*.*?(?:\*/|\Z)|#[^\r\n]*', re.DOTALL)
_TRAILING = re.compile(r'("(?:[^"\\]|\\.)*+")|,(?=\s*[}\]])', re.DOTALL)


def _whole_number(text: str) -> int | Raw:
    return int(text) if len(text) <= _INT_DIGITS and text != "-0" else Raw(text)


def decoder(*, exact: bool) -> json.JSONDecoder:
    """The json module's, lenient about control characters; `exact` keeps integers that an int would not give back."""
    return json.JSONDecoder(
        parse_float=Raw, parse_constant=Raw, parse_int=_whole_number if exact else None, strict=False
    )


_EXACT = decoder(exact=True)


class BrokenValueError(ValueError):
    """A text that is no JSON value that can be kept; says why."""


def parse(text: str) -> Any:
    """The value that `text` is.

    Raises:
        BrokenValueError: it is none, or nests deeper than DEEPEST.

    """
    try:
        if has_minus_zero(text):
            return checked_depth(_EXACT.decode(text), text)
        return checked_depth(_fast(text), text)
    except RecursionError as error:
        raise BrokenValueError(too_deep()) from error
    except (MsgspecError, UnicodeError, JSONDecodeError):
        return _parse_exactly(text)


def parse_leniently(text: str) -> Any:
    """As `parse`, for a text with comments or with commas before closing brackets."""
    return _parse_exactly(_TRAILING.sub(_keep_string, _COMMENT.sub(_keep_string, text)))


def checked_depth(value: Any, text: str) -> Any:
    """`value`, parsed from `text`, if it nests no deeper than DEEPEST.

    Raises:
        BrokenValueError: it nests deeper.

    """
    if text.count("[") + text.count("{") <= DEEPEST:
        return value
    layer = [value]
    for _ in range(DEEPEST):
        layer = [
            child
            for parent in layer
            for child in (parent.values() if type(parent) is dict else parent)
            if type(child) is dict or type(child) is list
        ]
        if not layer:
            return value
    raise BrokenValueError(too_deep())


def _parse_exactly(text: str) -> Any:
    try:
        value = _EXACT.decode(text.strip())
    except RecursionError as error:
        raise BrokenValueError(too_deep()) from error
    except JSONDecodeError as error:
        raise BrokenValueError(not_json(error, 0)) from error
    return checked_depth(value, text)


def _keep_string(match: re.Match[str]) -> str:
    return match[1] or ""


def has_minus_zero(text: str) -> bool:
    """Whether the text may hold the integer -0, which an int would not give back."""
    return "-0" in text and _MINUS_ZERO.search(text) is not None


def not_json(error: JSONDecodeError, start: int) -> str:
    """Why a value that starts at `start` of the text that was parsed is not JSON."""
    return f"not JSON: {error.msg.partition(' starting at')[0]} at character {error.pos - start + 1:,} of it"


def too_deep() -> str:
    """Why a value that nests deeper than DEEPEST is set aside."""
    return f"nested more than {DEEPEST} levels deep"


def has_halves(text: str) -> bool:
    r"""Whether a JSON text may write half of a surrogate pair, as in "\ud83d"."""
    return "\\ud" in text or "\\uD" in text


def mended(value: Any) -> tuple[Any, int]:
    """`value` with halves of surrogate pairs, which are no characters, as their escapes; and how many texts had one."""
    found = 0

    def mend(item: Any) -> Any:
        nonlocal found
        if type(item) is str:
            if not _LONE.search(item):
                return item
            found += 1
            return item.encode("utf-8", "backslashreplace").decode()
        if type(item) is dict:
            return {mend(key): mend(child) for key, child in item.items()}
        return [mend(child) for child in item] if type(item) is list else item

    return mend(value), found


def quotes_in(text: str) -> int:
    """The quotes in a JSON text that open or close a string."""
    if "\\" not in text:
        return text.count('"')
    if "\\\\" not in text:
        return text.count('"') - text.count('\\"')
    return _ESCAPE.sub("", text).count('"')


def keys_twice(text: str) -> int:
    """How many keys of objects in a JSON text are there again in the same object; 0 where it is not quite JSON."""
    found = 0

    def count(pairs: list[tuple[str, Any]]) -> None:
        nonlocal found
        found += len(pairs) - len({key for key, _ in pairs})

    try:
        json.JSONDecoder(object_pairs_hook=count, parse_int=len, strict=False).decode(text.strip())
    except JSONDecodeError:
        return 0
    return found


def is_whole(number: Raw) -> bool:
    """Whether a number kept as text is an integer."""
    return _WHOLE.fullmatch(bytes(number)) is not None


def cell(value: Any) -> str | None:
    """A value as a cell: a string unescaped, a number as written, null as None, what is nested as compact JSON."""
    if type(value) is str:
        return value
    if value is None:
        return None
    if type(value) is int:
        return str(value)
    if type(value) is bool:
        return "true" if value else "false"
    return bytes(value).decode() if type(value) is Raw else compact(value)


def compact(value: Any) -> str:
    """A value as JSON without white space, numbers as written, characters unescaped."""
    return _encode(value).decode()
