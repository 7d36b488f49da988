r"""The shapes in which logs write the time of a record, and the level words beside it.

A shape is a regular expression over ASCII text. `STRONG` shapes hold a day and a time of day, so that one of them at
the start of a line begins a record wherever it stands; the others begin one only where most lines have them.
"""

import re
from collections.abc import Iterable, Mapping

_CLOCK = r"\d{1,2}:\d{2}:\d{2}(?:[.,:]\d{1,9})?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})\b)?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"

STRONG: Mapping[str, str] = {
    # ISO 8601, log4j, logback, Python logging, nginx error, Windows CBS, Blue Gene (2005-06-03-15.42.50.675872)
    "iso": rf"\d{{4}}([-/.])\d{{2}}\1\d{{2}}[T _-]\d{{2}}[:.]\d{{2}}(?:[:.]\d{{2}}(?:[.,:]\d{{1,9}})?)?{_ZONE}",
    "compact": rf"(?:19|20)\d{{6}}[T _-]?(?:{_CLOCK}|\d{{6}}(?:[.,]\d{{1,9}})?){_ZONE}(?!\d)",
    "hdfs": r"\d{6} \d{6}(?:[.,]\d{1,9})?(?![\w.])",
    "apache": rf"{_DAY} {_MONTH} [ \d]\d {_CLOCK}(?: [A-Z]{{2,5}})? \d{{4}}",
    "access": rf"\d{{1,2}}/{_MONTH}/\d{{4}}:\d{{2}}:\d{{2}}:\d{{2}}{_ZONE}",
    "named": rf"\d{{1,2}}[- /]{_MONTH}[- /]\d{{2,4}}[ T:]{_CLOCK}(?: [AP]M)?{_ZONE}",
    "month": rf"{_MONTH} [ \d]?\d, \d{{4}},? {_CLOCK}(?: [AP]M)?{_ZONE}",
    "syslog": rf"{_MONTH} [ \d]?\d (?:\d{{4}} )?{_CLOCK}{_ZONE}",
    "slashed": rf"\d{{1,2}}/\d{{1,2}}/\d{{2,4}},? {_CLOCK}(?: [AP]M)?",
    "dashed": rf"\d{{2}}-\d{{2}}(?:-\d{{2,4}})? {_CLOCK}",
    "dotted": rf"\d{{1,2}}\.\d{{2}}(?:\.\d{{2,4}})? {_CLOCK}",
    "klog": rf"[IWEF]\d{{4}} {_CLOCK}",
}
"""A day and a time of day; by name."""

WEAK: Mapping[str, str] = {
    "epoch": r"1\d{9}(?:\.\d{1,9}|\d{3}|\d{6}|\d{9})?(?![\w.-])",
    "clock": rf"{_CLOCK}(?![\w:])",
    "uptime": r" *\d{1,9}\.\d{3,6}s?(?=\]|: )",
}
"""Seconds or milliseconds since 1970, a time of day, seconds since the start (Java GC, dmesg)."""

SHAPES: Mapping[str, str] = {name: pattern.replace(r"\1", r"[-/.]") for name, pattern in {**STRONG, **WEAK}.items()}

DATE = r"\d{4}[-/.]\d{2}[-/.]\d{2}(?!\d)"

OPENING = r"""[\[(<"']{0,2}"""
CLOSING = r"""[\])>"']{0,2}"""
PRIORITY = r"\ufeff?(?:<(?P<priority>\d{1,3})>(?:\d{1,2} )?)?"

_WORDS = (
    "TRACE|DEBUG|FINEST|FINER|FINE|CONFIG|INFO|INFORMATION|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|FAILURE|CRITICAL|CRIT|"
    "ALERT|EMERG|EMERGENCY|FATAL|PANIC|VERBOSE"
)
LEVEL = rf"(?:{_WORDS})(?![\w-])"
ANY_CASE_LEVEL = rf"(?:{_WORDS}|{_WORDS.title()}|{_WORDS.lower()})(?![\w-])"
LEVEL_LETTER = r"[VDIWEFTA](?=[ \t/|])"

SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
"""Syslog's names (RFC 5424, table 2) of the remainder of a priority by 8."""


def find_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Matches any of the shapes of these names, each as a group of its name."""
    return re.compile("|".join(f"(?P<{name}>{SHAPES[name]})" for name in names), re.ASCII)
