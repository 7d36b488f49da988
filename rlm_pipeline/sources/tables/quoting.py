"""Cells under one way of quoting: the csv module set up for it, and whether a line keeps to it."""

import csv
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from rlm_pipeline.sources.recognition import PLAIN_QUOTING, Quoting

_ESCAPED = re.compile(r"\\.", re.DOTALL)


def reader_over(
    lines: Iterable[str], delimiter: str, quoting: Quoting = PLAIN_QUOTING, *, strict: bool = False
) -> Iterator[list[str]]:
    """A csv reader; lines of an escaping dialect must be `prepared`."""
    how: dict[str, Any] = {"delimiter": delimiter, "strict": strict, "skipinitialspace": quoting.spaced}
    if quoting.quote:
        how["quotechar"] = quoting.quote
    else:
        how |= {"quotechar": None, "quoting": csv.QUOTE_NONE}
    if quoting.escape:
        how["escapechar"] = quoting.escape
    return csv.reader(lines, **how)


def cells_of_line(line: str, delimiter: str, quoting: Quoting = PLAIN_QUOTING) -> list[str]:
    """The cells of one physical line, leniently.

    Raises:
        csv.Error: a cell is too large.

    """
    return next(reader_over([prepared(line, delimiter, quoting)], delimiter, quoting), [])


def prepared(line: str, delimiter: str, quoting: Quoting) -> str:
    r"""A line whose backslashes that escape nothing are doubled, because the csv module would drop them."""
    if not quoting.escape or quoting.escape not in line:
        return line
    return _escapes(delimiter, quoting.quote).sub(lambda match: match[0] if len(match[0]) > 1 else r"\\", line)


@lru_cache(maxsize=16)
def _escapes(delimiter: str, quote: str) -> re.Pattern[str]:
    return re.compile(rf"\\[\\\r\n{re.escape(delimiter + quote)}]|\\")


def is_well_quoted(text: str, delimiter: str, quoting: Quoting = PLAIN_QUOTING) -> bool:
    """Whether every quote in a record opens a cell, closes one, or is half of a doubled quote inside one."""
    if not quoting.quote or quoting.quote not in text:
        return True
    text = text.rstrip("\r\n")
    parts = (_ESCAPED.sub("", text) if quoting.escape else text).split(quoting.quote)
    outside = parts[::2]
    if quoting.spaced:
        outside = [outside[0].lstrip(" "), *outside[1:]]
        outside = [part.rstrip(" ") if delimiter in part else part for part in outside]
    return len(parts) == 1 or (len(parts) % 2 == 1 and _keep_apart(outside, delimiter))


def sound_width(text: str, delimiter: str) -> int:
    """The number of cells in a record with plain quotes; 0 when it is not well quoted."""
    parts = text.rstrip("\r\n").split('"')
    outside = parts[::2]
    if len(parts) % 2 == 0 or (len(parts) > 1 and not _keep_apart(outside, delimiter)):
        return 0
    return 1 + sum([part.count(delimiter) for part in outside])


def _keep_apart(outside: list[str], delimiter: str) -> bool:
    """Whether the stretches outside of quotes, from the record's start to its end, meet quotes only at delimiters."""
    first, last = outside[0], outside[-1]
    if (first and first[-1] != delimiter) or (last and last[0] != delimiter):
        return False
    return all(not part or (part[0] == delimiter and part[-1] == delimiter) for part in set(outside[1:-1]))
