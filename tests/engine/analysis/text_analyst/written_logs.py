"""Logs with bursts in known places."""

import datetime as dt
from collections.abc import Callable, Iterator

START = dt.datetime(2024, 3, 1)


def service_log(
    *,
    hours: int = 24,
    burst_at: float | None = 10.0,
    errors: int = 60,
    write: Callable[[dt.datetime], str] | None = None,
) -> str:
    """A line every 20 seconds, an error every hour, and `errors` in the minute that begins `burst_at` hours in."""
    write = write or (lambda time: f"{time:%Y-%m-%d %H:%M:%S}")
    lines = sorted(_lines(hours, burst_at, errors), key=lambda line: line[0])
    return "".join(f"{write(time)} {level} app: {message}\n" for time, level, message in lines)


def _lines(hours: int, burst_at: float | None, errors: int) -> Iterator[tuple[dt.datetime, str, str]]:
    for tick in range(hours * 180):
        time = START + dt.timedelta(seconds=20 * tick)
        yield time, "INFO", f"request {tick} served in {tick % 97} ms"
        if tick % 180 == 90:
            yield time, "ERROR", f"disk {tick} is full"
    if burst_at is not None:
        for number in range(errors):
            time = START + dt.timedelta(hours=burst_at, seconds=number * 60 / errors)
            yield time, "ERROR", f"connection to db{number} refused"
