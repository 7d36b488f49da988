"""What a log's line begins with, and the kinds of header that begin a record in any log."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from rlm_pipeline.sources.logs import timestamps as ts

STAMP = "|".join([*ts.SHAPES.values(), ts.DATE])
"""The time of a record in any shape."""

DECORATED = rf"(?:[\[(<][ \t]*)?(?P<level>{ts.ANY_CASE_LEVEL})(?:[ \t]*[\])>])?"
"""A level, as it stands beside the time."""

_NAME = r"""[^\s"]{1,128}"""


class Header(NamedTuple):
    """What one line's header says, each as written; `end` is where the message starts."""

    end: int
    timestamp: str
    level: str | None
    component: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One kind of header: its pattern, its name for the manifest, and the share of the sampled lines it begins."""

    name: str
    pattern: re.Pattern[str]
    share: float

    def header(self, line: str) -> Header | None:
        """The header of `line`; None where it begins otherwise."""
        match = self.pattern.match(line)
        if match is None:
            return None
        has = self.pattern.groupindex
        timestamp = match["timestamp"] if "timestamp" in has else ""
        level = match["level"] if "level" in has else None
        if level is None and "priority" in has and match["priority"]:
            level = ts.SEVERITIES[int(match["priority"]) % 8]
        if level is None and self.name == "klog":
            level = timestamp[:1]
        return Header(match.end(), timestamp, level, match["component"] if "component" in has else None)


STAMPED = Layout(
    name="any time",
    pattern=re.compile(
        rf"{ts.PRIORITY}{ts.OPENING}(?P<timestamp>{'|'.join(ts.SHAPES[name] for name in ts.STRONG)}){ts.CLOSING}"
        rf"(?:[ \t]+{DECORATED})?[ \t]*",
        re.ASCII,
    ),
    share=0.0,
)
"""A line that starts with a day and a time begins a record even where the sampled lines begin otherwise."""


def _keyed(keys: str, group: str, value: str) -> str:
    """Finds the first of these keys of a line, wherever it stands, and captures its value."""
    return rf"""(?=(?:[^\r\n]*?[ \t])??(?:{keys})="?(?P<{group}>{value}))"""


PAIRS = Layout(
    name="keys with values",
    pattern=re.compile(
        r"(?=[\w.@/-]{1,64}=[^\r\n]*?[ \t][\w.@/-]{1,64}=)"
        + _keyed("time|ts|t|timestamp|datetime|date", "timestamp", STAMP)
        + rf"(?:{_keyed('level|lvl|severity|loglevel', 'level', '[A-Za-z]{1,40}')})?"
        + rf"(?:{_keyed('component|logger|module|caller|service|app', 'component', _NAME)})?",
        re.ASCII,
    ),
    share=1.0,
)
"""Lines as logfmt writes them, `ts=... level=info msg="..."`, in any order; all of a line is its message."""


SURE = (STAMPED, PAIRS)
"""Layouts whose header begins a record wherever it stands."""
