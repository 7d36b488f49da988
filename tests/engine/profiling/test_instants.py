from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from rlm_pipeline.profiling import dates

DAYS = [date(2015, 1, 1) + timedelta(days=11 * step) for step in range(40)]
SECONDS = [str(int(datetime(day.year, day.month, day.day, 13, tzinfo=UTC).timestamp())) for day in DAYS]
SERIALS = [str((day - date(1899, 12, 30)).days) for day in DAYS]


def read(name: str, values: list[str]) -> list[date | None]:
    frame = pl.DataFrame({"column": 0, "value": values, "count": 1})
    return dates.parse(frame, [name])["date"].to_list()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("n", SECONDS),
        ("created_at", SECONDS[:2]),
        ("n", [f"{second}123" for second in SECONDS]),
        ("timestamp", [f"{second}.25" for second in SECONDS]),
        ("Start Date", SERIALS),
        ("Start Date", [f"{serial}.5" for serial in SERIALS]),
    ],
)
def test_numbers_that_stand_for_instants_are_dates(name, values):
    assert read(name, values) == DAYS[: len(values)]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("n", SECONDS[:2]),
        ("case", [str(1_500_000_000 + number) for number in range(100)]),
        ("phone", [*SECONDS, "9725550123"]),
        ("postcode", SERIALS),
        ("created_at", [*SECONDS, "7"]),
        ("date", ["19999", "60001"]),
    ],
)
def test_numbers_that_may_be_anything_else_are_not(name, values):
    assert set(read(name, values)) == {None}
