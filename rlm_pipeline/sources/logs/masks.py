r"""What varies in a log message whatever the system: addresses, times, sizes, paths, identifiers, quoted text, values.

Each mask is a pattern whose match is replaced by `VARIABLE`. They are general shapes, none is of one system's log. All
are linear in the message: where a pattern repeats, what it repeats cannot begin inside its own match.
"""

import re

VARIABLE = "<*>"
"""What stands for a varying piece in a template."""

_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_UNIT = (
    r"(?:bytes?|[KMGTkmgt]i?[Bb]|B|secs?|seconds?|ms|msecs?|us|ns|minutes?|mins?|hours?|days?|s|m|h|%|[MGK]?Hz)(?!\w)"
)
_VALUE = r"""[^\s,;()\[\]{}"']+"""


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


_MASKS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    # The first item is a text without which the pattern cannot match, which is cheaper to look for.
    ("://", _compiled(r"""(?<![\w+.-])[A-Za-z][\w+.-]*://[^\s"'<>,;)\]]+"""), VARIABLE),
    (
        ":",
        _compiled(rf"\b{_DAY} {_MONTH} +\d{{1,2}} \d\d:\d\d:\d\d(?: [A-Z]{{3,4}})? \d{{4}}\b"),
        VARIABLE,
    ),
    (
        ":",
        _compiled(rf"(?<![\w/])\d{{1,2}}[/ -]{_MONTH}[/ -]\d{{4}}[: ]\d\d:\d\d:\d\d(?: [+-]\d{{4}})?(?!\w)"),
        VARIABLE,
    ),
    ('"', _compiled(r'"[^"]*"'), VARIABLE),
    ("'", _compiled(r"(?<!\w)'[^']*'(?!\w)"), VARIABLE),
    # A name after the noun that says whose it is: for user root from, on host db7.
    ("", re.compile(r"\b(user|account|host) (?!\w+[;:,.])[\w.@$-]+", re.ASCII | re.IGNORECASE), rf"\1 {VARIABLE}"),
    (".", _compiled(r"(?<![\w.-])(?:[\w-]+\.)+[A-Za-z][\w-]*:\d+\b"), VARIABLE),
    (
        ".",
        _compiled(r"(?<![\w.-])(?:[\w-]+\.)+(?:com|net|org|edu|gov|info|local|[\w-]+\.[a-z]{2})(?![\w.-])"),
        VARIABLE,
    ),
    ("/", _compiled(r"""(?<![\w<>*/])(?:/[^\s/:,;()\[\]{}"'=<>]+)+/?(?!\d*:\d)"""), VARIABLE),
    ("=", _compiled(rf"(?<![\w.-])([\w.-]+=){_VALUE}"), rf"\1{VARIABLE}"),
)
_MASKS_OF_DIGITS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("-", _compiled(r"\b\d{4}-\d{2}-\d{2}(?:[T -]\d{2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?Z?)?\b"), VARIABLE),
    ("", _compiled(rf"(?<![\w.])<?\d+(?:\.\d+)? ?{_UNIT}(?: \(\d[^()]*\))?"), VARIABLE),
    (":", _compiled(r"(?<![\w.:])\d+:\d\d(?::\d\d)?(?:[.,]\d+)?(?![\w:.])"), VARIABLE),
    (".", _compiled(r"/?(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d+)?(?![\w.]\d)"), VARIABLE),
    ("0", _compiled(r"\b0[xX][0-9a-fA-F]+\b"), VARIABLE),
    ("", _compiled(r"(?<![A-Za-z0-9])-?(?=[a-fA-F]*\d)[0-9a-fA-F]{8,}(?![A-Za-z0-9])"), VARIABLE),
    ("", _compiled(r"(?<![A-Za-z0-9])[-+]?\d+(?:[.,:-]\d+)*(?![A-Za-z0-9])"), VARIABLE),
)
_DIGIT = re.compile(r"\d", re.ASCII)


def masked(message: str) -> str:
    """`message` with what varies replaced, one space between words, and lists of varying items cut to one item."""
    for needed, pattern, instead in _MASKS:
        if needed in message:
            message = pattern.sub(instead, message)
    if _DIGIT.search(message):
        for needed, pattern, instead in _MASKS_OF_DIGITS:
            if needed in message:
                message = pattern.sub(instead, message)
    words = message.split()
    if message.count(VARIABLE) > 1:
        words = [word for place, word in enumerate(words) if place == 0 or not _repeats(words[place - 1], word)]
    return " ".join(words)


def _repeats(before: str, word: str) -> bool:
    return VARIABLE in word and before.rstrip(",") == word.rstrip(",")
