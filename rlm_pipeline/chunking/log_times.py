"""Seconds between the records of a log, from their timestamps as written, in any layout and as cheaply as can be.

Only the time from one record to the next is wanted, so that what a timestamp leaves out (a year, a zone, even the day)
and what it leaves open (the order of day and month) is settled by the record before: of two readings the one that puts
them closer together. The text around the time of day is read only when it changes.
"""

import datetime as dt
import re
from functools import lru_cache

_CLOCK = re.compile(r"(.*?)(?<!\d)(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,:](\d{1,9}))?)?(.*)", re.ASCII | re.DOTALL)
_DOTTED = re.compile(r"(.*\d[-_T ])(\d\d)\.(\d\d)(?:\.(\d\d)(?:[.,](\d{1,9}))?)?(.*)", re.ASCII | re.DOTALL)
_COMPACT = re.compile(r"(\d{8}|\d{6})[T _-]?(\d\d)(\d\d)(\d\d)(?!\d)(?:[.,](\d{1,9}))?(.*)", re.ASCII | re.DOTALL)
_NUMBER = re.compile(r"\s*(\d+)(?:[.,](\d{1,9}))?s?", re.ASCII)
_MONTHS = {
    name: month
    for month, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}

_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(?<!\d)(\d{4}|\d\d)(\d\d)(\d\d)(?!\d)", re.ASCII)
_DAY_FIRST_NAME = re.compile(r"(\d{1,2})[- /.]*([A-Za-z]{3})[a-z]*[- /.,]*(\d{4}|\d\d(?!:))?", re.ASCII)
_NAME_FIRST = re.compile(r"([A-Za-z]{3})[a-z]*[ .]+(\d{1,2})(?!\d)", re.ASCII)
_FULL_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})[-/.](\d{1,2})(?:[-/.](\d{4}|\d\d))?", re.ASCII)
_KLOG = re.compile(r"[IWEF](\d\d)(\d\d)\b", re.ASCII)
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)\s*$", re.ASCII)
_NO_YEAR = 2000
_DAY = 86_400.0
_YEAR = 366
_REMEMBERED = 4096
_POWERS = tuple(10.0**-digits for digits in range(10))


class LogClock:
    """Tells, record by record, how many seconds after the one before it came."""

    __slots__ = ("_around", "_last", "_seconds")

    def __init__(self) -> None:
        self._last = ""
        self._around: tuple[str, str] | None = None
        self._seconds = 0.0

    def passed(self, timestamp: str) -> float:
        """Seconds since the last record that had a time; 0 if this one has none, and where time goes backwards."""
        if not timestamp or timestamp == self._last:
            return 0.0
        read = _read(timestamp)
        if read is None:
            return 0.0
        before, seconds_before = self._around, self._seconds
        self._last, self._around, self._seconds = timestamp, (read[0], read[1]), read[2]
        if before is None:
            return 0.0
        passed = read[2] - seconds_before
        if before != self._around:
            days = _days(before, self._around)
            # A time of day without a day, or with one that cannot be read, is of the next day once it is earlier.
            passed += days * _DAY if days is not None else _DAY if passed < 0 else 0.0
        elif passed < 0 and not any(self._around):
            passed += _DAY if passed < -_DAY / 2 else 0.0
        return max(passed, 0.0)


def _read(timestamp: str) -> tuple[str, str, float] | None:
    """The text before the time of day, that behind it, and the seconds since midnight (or since the number's zero)."""
    found = _CLOCK.match(timestamp) or _COMPACT.fullmatch(timestamp) or _DOTTED.match(timestamp)
    if found is None:
        number = _NUMBER.fullmatch(timestamp)
        return ("number", "", _number(number)) if number else None
    before, hour, minute, second, fraction, behind = found.groups()
    seconds = int(hour) * 3600.0 + int(minute) * 60
    if second:
        seconds += int(second)
    if fraction:
        seconds += int(fraction) * _POWERS[len(fraction)]
    if behind and behind[-1:] in "mM" and behind.strip()[:1] in "pPaA":
        seconds += _half_day(int(hour), behind)
    return before, behind, seconds


def _half_day(hour: int, behind: str) -> float:
    afternoon = behind.strip()[0] in "pP"
    if hour == 12:
        return 0.0 if afternoon else -_DAY / 2
    return _DAY / 2 if afternoon else 0.0


def _number(number: re.Match[str]) -> float:
    """Seconds; 13, 16 and 19 digits are milli-, micro- and nanoseconds since 1970."""
    scale = {13: 1e-3, 16: 1e-6, 19: 1e-9}.get(len(number[1]), 1.0)
    return int(number[1]) * scale + (int(number[2]) * _POWERS[len(number[2])] if number[2] else 0.0)


@lru_cache(maxsize=_REMEMBERED)
def _days(before: tuple[str, str], after: tuple[str, str]) -> float | None:
    """Days from one text around a time of day to the next, the difference of their zones included; None if unread."""
    first, second = _readings(*before), _readings(*after)
    between = [late - early for early, late in zip(first, second, strict=True) if late and early]
    if not between:
        return None
    days = min(between, key=lambda count: (count < 0, abs(count)))
    yearless = not _FULL_YEAR.search(" ".join(after)) and days < -_YEAR / 2
    return days + (_YEAR if yearless else 0) - (_zone(after[1]) - _zone(before[1]))


def _zone(text: str) -> float:
    """How many days the clock is ahead of UTC."""
    found = _ZONE.search(text)
    if found is None:
        return 0.0
    ahead = (int(found[2]) * 3600 + int(found[3]) * 60) / _DAY
    return -ahead if found[1] == "-" else ahead


def _readings(before: str, behind: str) -> tuple[int, int]:
    """The day that a date is, as an ordinal, with the month first and with the day first; 0 for none."""
    year = _FULL_YEAR.search(behind) or _FULL_YEAR.search(before)
    plain = int(year[1]) if year else _NO_YEAR
    candidates = [(0, 0, 0)]
    if found := _YEAR_FIRST.search(before):
        numbers = [int(each) for each in found.groups() if each]
        candidates = [(_full(numbers[0]), numbers[1], numbers[2])]
    elif (found := _DAY_FIRST_NAME.search(before)) and found[2].lower() in _MONTHS:
        written = _full(int(found[3])) if found[3] else plain
        candidates = [(written, _MONTHS[found[2].lower()], int(found[1]))]
    elif found := next((each for each in _NAME_FIRST.finditer(before) if each[1].lower() in _MONTHS), None):
        candidates = [(plain, _MONTHS[found[1].lower()], int(found[2]))]
    elif found := _KLOG.search(before):
        candidates = [(plain, int(found[1]), int(found[2]))]
    elif found := _NUMBERS.search(before):
        first, second, written = int(found[1]), int(found[2]), _full(int(found[3])) if found[3] else plain
        candidates = [(written, first, second), (written, second, first)]
    return _ordinal(*candidates[0]), _ordinal(*candidates[-1])


def _full(year: int) -> int:
    return year if year > 99 else 2000 + year if year < 70 else 1900 + year


def _ordinal(year: int, month: int, day: int) -> int:
    try:
        return dt.date(year, month, day).toordinal()
    except ValueError:
        return 0
