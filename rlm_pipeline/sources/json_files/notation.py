"""Names of places in JSON: paths such as `$.events[*].type` (RFC 9535), and the columns that nested fields become.

A column is named by its path from the record: `user.name`. Keys that would make that ambiguous stand in brackets:
`user['first.name']`.
"""

import re
from collections.abc import Collection
from enum import Enum
from typing import Final

from rlm_pipeline.model import RECORD_IDENTITY


class Step(Enum):
    """A step that is no key: into the elements of an array, or to any key of an object used as a map."""

    ITEMS = "[*]"
    ANY = ".*"


Steps = tuple[str | Step, ...]
"""The way from a record to a value in it."""

ROOT: Final = "$"

_PATH_KEY = re.compile(r"[A-Za-z_\u0080-\ud7ff\ue000-\U0010ffff][\w\u0080-\ud7ff\ue000-\U0010ffff]*")
_COLUMN_KEY = re.compile(r"[^\s.*\[\]'\"$\x00-\x20\x7f](?:[^.*\[\]'\"\x00-\x1f\x7f]*[^\s.*\[\]'\"\x00-\x20\x7f])?")
_ESCAPED = re.compile(r"['\\\x00-\x1f\x7f]")


def json_path(place: str, steps: Steps) -> str:
    """The path of a value that lies `steps` below the records at `place`."""
    return place + "".join(_step(step, _PATH_KEY) for step in steps)


def column_name(steps: Steps, reserved: Collection[str] = ()) -> str:
    """The column of a value that lies `steps` below its record; names in `reserved` are other columns'."""
    name = "".join(_step(step, _COLUMN_KEY) for step in steps).removeprefix(".")
    if len(steps) == 1 and (name in RECORD_IDENTITY or name in reserved):
        return _bracketed(name)
    return name


def _step(step: str | Step, plain: re.Pattern[str]) -> str:
    if isinstance(step, Step):
        return step.value
    return f".{step}" if plain.fullmatch(step) else _bracketed(step)


def _bracketed(key: str) -> str:
    return f"['{_ESCAPED.sub(_escape, key)}']"


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return f"\\{character}" if character in "'\\" else f"\\u{ord(character):04x}"
