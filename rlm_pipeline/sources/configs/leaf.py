"""What a configuration is read into: one record for each leaf value, by the path of its keys.

A path is `servers[0].host`; a key that is no plain word stands in brackets, as a JSON string: `["my key"].host`. Values
are text as written, without quotes where the format gives them. Comments above a value since the one before it, and
behind it, are its `comment`; comments behind the last value are a record of their own, without a key, and so are the
first of very many above one.
"""

import json
import re
from collections.abc import Iterable, Sequence

from rlm_pipeline.sources.reading import Entry

COLUMNS = ("key", "value", "type", "comment")

DEEPEST = 200
"""Collections inside one another that are followed."""

_WORD = re.compile(r"[\w-]+")
_COMMENT_MARK = re.compile(r"\s*[#;!]+ ?")
_COMMENTS_GATHERED = 1 << 16  # characters
_COMMENTS_KEPT = 1 << 22
_LONGEST_KEY = 1100  # a key of YAML without a question mark has up to 1024


def key_path(keys: Sequence[str | int]) -> str:
    """The path of keys and 0-based places in arrays."""
    path = ""
    for key in keys:
        if isinstance(key, int):
            path += f"[{key}]"
        elif len(key) <= _LONGEST_KEY and _WORD.fullmatch(key):
            path += f".{key}" if path else key
        else:
            shown = key if len(key) <= _LONGEST_KEY else f"{key[:_LONGEST_KEY]}…"
            path += f"[{json.dumps(shown, ensure_ascii=False)}]"
    return path


def leaf(line: int, key: str, value: str, kind: str, comments: Iterable[str] = ()) -> Entry:
    """The record of one value; `kind` is string, integer, number, boolean, null, date, array, object, ..."""
    text = "\n".join(bare for comment in comments if (bare := _COMMENT_MARK.sub("", comment, count=1).strip()))
    return Entry(line, (key, value, kind, text[:_COMMENTS_KEPT]))


def left_comments(line: int, comments: Sequence[str]) -> list[Entry]:
    """The record of the comments behind the last value, if there are any."""
    entry = leaf(line, "", "", "comment", comments)
    return [entry] if entry.cells and entry.cells[3] else []


class Comments:
    """The comments since the last value. They become a record once they are too many for one of that value."""

    __slots__ = ("_line", "_size", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._line = self._size = 0

    def add(self, line: int, text: str) -> list[Entry]:
        """Take in one more, of this line; the record of all so far if there is one."""
        self._line = self._line if self.texts else line
        self.texts.append(text)
        self._size += len(text)
        if self._size < _COMMENTS_GATHERED:
            return []
        line = self._line
        return left_comments(line, self.take())

    def take(self) -> list[str]:
        """Those that belong to the next value; there are none after it."""
        texts, self.texts, self._size = self.texts, [], 0
        return texts


def set_aside(line: int, raw: str, reason: str) -> Entry:
    """A line that is no part of any value that could be read."""
    return Entry(line, None, reason, raw.rstrip("\r\n"))
