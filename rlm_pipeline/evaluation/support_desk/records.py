"""One batch of tickets: the named columns' cells, and the truth about each row."""

import random
from dataclasses import dataclass

import numpy as np
import polars as pl

from rlm_pipeline.evaluation.support_desk import phrases
from rlm_pipeline.evaluation.support_desk.columns import RETYPED_AT, place
from rlm_pipeline.evaluation.support_desk.filler import Cells
from rlm_pipeline.evaluation.support_desk.plan import Codes, Plan, PlantedDimension
from rlm_pipeline.evaluation.support_desk.style import NULL_LIKE
from rlm_pipeline.evaluation.support_desk.texts import OFF_TOPIC, TextComposer

OFF_TOPIC_SHARE = 0.03
BLANK_SHARE = {"topic": 0.02, "resolution": 0.03, "feedback": 0.04}
"""Share of empty texts by dimension, whatever the dirt."""

NULL_LIKE_SHARE = 0.01
"""Share of null-like values in a planted structured column, at dirt 1."""

DATE_POOL = 2048
"""How many different moments the filler of one year shows."""

_DATE_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%m/%d/%Y", "%Y-%m-%d")
_REGION_CODES = {"North": "R10", "South": "R20", "East": "R30", "West": "R40", "Central": "R50", "Overseas": "R90"}
_IMPACT = ("low", "medium", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """One fiscal year of the desk, October to September; `index` is its place among `years`."""

    index: int
    years: int
    fiscal_year: int

    @property
    def place(self) -> float:
        """0 for the first year, 1 for the last."""
        return place(self.index, self.years)

    @property
    def date_format(self) -> str:
        """How dates are written in this year's file."""
        return _DATE_FORMATS[int(self.place * (len(_DATE_FORMATS) - 1))]

    def dates(self) -> list[str]:
        """The text of every day of the year, in order."""
        start = np.datetime64(f"{self.fiscal_year - 1}-10-01")
        days = np.arange(start, np.datetime64(f"{self.fiscal_year}-10-01"))
        return [day.strftime(self.date_format) for day in days.tolist()]


class TicketWriter:
    """Draws the tickets of one year; equal seeds give equal tickets."""

    def __init__(self, plan: Plan, year: Year, *, seed: int, dirt: float) -> None:
        self._plan = plan
        self._year = year
        self._dirt = dirt
        self._rng = np.random.default_rng([seed, year.fiscal_year])
        self._days = year.dates()
        chance = random.Random(f"{seed}/{year.fiscal_year}")
        forms = phrases.letter_forms()
        self._composers = {
            dimension.id: TextComposer(phrases.phrasebook(dimension.text, dimension.column), forms, chance, dirt=dirt)
            for dimension in plan.dimensions
            if dimension.text is not None
        }

    def date_pool(self) -> Cells:
        """Texts of moments of the year for the filler columns, shape (`DATE_POOL`,)."""
        minutes = range(0, DATE_POOL * 257, 257)
        return np.array([self._moment(minute) for minute in minutes], dtype=object)

    def batch(self, rows: int, first: int) -> tuple[dict[str, list[str]], pl.DataFrame]:
        """Draw `rows` tickets, numbered from `first`.

        Returns:
            The cells of the named columns, and the category of each ticket in every planted dimension, null where the
            cell says nothing.

        """
        drawn = self._plan.draw(rows, self._year.place, self._rng)
        cells = self._case_columns(rows, first)
        truth: dict[str, pl.Series] = {}
        for dimension in self._plan.dimensions:
            if dimension.text is None:
                cells[dimension.column], categories = self._values(dimension, drawn[dimension.id])
            else:
                cells[dimension.column], categories = self._texts(dimension, drawn[dimension.id])
            truth[dimension.id] = pl.Series(categories, dtype=pl.String)
        cells["region_code"] = [_REGION_CODES.get(region.strip(), "") for region in cells["region"]]
        return cells, pl.DataFrame({"ticket": cells["ticket_no"], **truth})

    def _values(self, dimension: PlantedDimension, codes: Codes) -> tuple[list[str], list[str | None]]:
        values = [dimension.categories[code] for code in codes.tolist()]
        written, truth = list(values), list[str | None](values)
        chance = self._rng.random(len(values))
        missing = NULL_LIKE_SHARE * self._dirt
        for row in np.flatnonzero(chance < 2 * missing).tolist():
            if chance[row] < missing:
                written[row], truth[row] = NULL_LIKE[row % len(NULL_LIKE)], None
            else:
                written[row] += " "
        return written, truth

    def _texts(self, dimension: PlantedDimension, codes: Codes) -> tuple[list[str], list[str | None]]:
        composer = self._composers[dimension.id]
        blank = BLANK_SHARE[dimension.id]
        written, truth = [], list[str | None]()
        for code, chance in zip(codes.tolist(), self._rng.random(len(codes)).tolist(), strict=True):
            if chance < blank:
                written.append("-" if chance < 0.1 * blank * self._dirt else "")
                truth.append(None)
                continue
            category = OFF_TOPIC if chance < blank + OFF_TOPIC_SHARE else dimension.categories[code]
            written.append(composer.compose(category))
            truth.append(category)
        return written, truth

    def _case_columns(self, rows: int, first: int) -> dict[str, list[str]]:
        rng, year = self._rng, self._year
        opened = rng.integers(0, len(self._days) * 1440, rows)
        minutes = np.maximum(rng.lognormal(5.0, 1.0, rows), 2).astype(np.int64)
        minutes[rng.random(rows) < 0.002] *= 60
        age, impact = rng.integers(0, 97, rows).tolist(), rng.integers(0, 3, rows).tolist()
        late = {column: year.place >= start for column, start in RETYPED_AT.items()}
        people = [self._person(number) for number in rng.integers(0, 1 << 30, rows).tolist()]
        return {
            "ticket_no": [f"T{year.fiscal_year}-{number:06d}" for number in range(first, first + rows)],
            "opened_at": [self._moment(minute) for minute in opened.tolist()],
            "closed_at": [self._moment(minute) for minute in (opened + minutes).tolist()],
            "requester_name": [f"{given} {family}" for given, family, _ in people],
            "requester_email": [f"{given}.{family}@example.com".lower() for given, family, _ in people],
            "requester_phone": [f"+44 20 7946 {digits:04d}" for _, _, digits in people],
            "minutes_to_resolve": [str(value) for value in minutes.tolist()],
            "reopen_count": [str(value) for value in np.minimum(rng.poisson(0.2, rows), 5).tolist()],
            "impact_level": [_IMPACT[value] if late["impact_level"] else str(value + 1) for value in impact],
            "asset_age": [f"AGE-{value // 12}Y" if late["asset_age"] else str(value) for value in age],
        }

    def _moment(self, minute: int) -> str:
        day, minute = divmod(min(minute, len(self._days) * 1440 - 1), 1440)
        return f"{self._days[day]} {minute // 60:02d}:{minute % 60:02d}"

    def _person(self, number: int) -> tuple[str, str, int]:
        people = phrases.letter_forms().slots["person"]
        given = people[number % len(people)].split(" ")[0]
        family = people[number // 64 % len(people)].split(" ")[1]
        return given, family, number % 10_000
