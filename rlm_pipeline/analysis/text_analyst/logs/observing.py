"""What the logs of a partition show: errors and their bursts, templates, levels and components over time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from rlm_pipeline.analysis.text_analyst import own_records
from rlm_pipeline.analysis.text_analyst.logs import failures, streams, subjects
from rlm_pipeline.analysis.text_analyst.logs.census import SEVERITY, Census
from rlm_pipeline.analysis.text_analyst.logs.clock import STREAM, TIME, LogClock
from rlm_pipeline.analysis.text_analyst.logs.subjects import Subject
from rlm_pipeline.analysis.text_analyst.logs.surges import Surge
from rlm_pipeline.analysis.text_analyst.own_records import PLACE, Part
from rlm_pipeline.analysis.text_analyst.shares import HITS, Topic, as_hits
from rlm_pipeline.analysis.text_analyst.tally import Tally

_COLUMNS = ("timestamp", "level", "component", "template")


@dataclass(slots=True)
class LogAnalysis:
    """What was settled for all logs of a partition; `hits` is asked for its windows in order, each once."""

    subjects: Sequence[Subject]
    followed: pl.DataFrame
    clock: LogClock
    _numbers: dict[str, dict[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        self._numbers = {}
        for number, each in enumerate(self.subjects):
            if each.about not in ("burst", "flood"):
                self._numbers.setdefault(each.about, {})[each.stream] = number

    @property
    def topics(self) -> list[Topic]:
        """The topics, in the order their numbers in hits count."""
        return [each.topic for each in self.subjects]

    def hits(self, records: pl.DataFrame) -> pl.DataFrame:
        """The hits among the records of a window, as `HITS`, in the order of records."""
        timed = failures.with_severity(self.clock.timed(records), SEVERITY)
        present = set(records.columns)
        found = []
        if "level" in present:
            found.append(self._of(subjects.LEVELS, timed.drop_nulls("level"), "level", "level"))
        if "component" in present:
            named = timed.drop_nulls("component").with_columns(_name=component_name(pl.col("component")))
            found.append(self._of(subjects.COMPONENTS, named, "_name", "component"))
        template = "template" if "template" in present else SEVERITY
        if "template" in present:
            templated = timed.drop_nulls("template")
            found.append(self._of(subjects.TEMPLATES, templated, "template", "message"))
            found += self._followed(templated)
        errors = timed.filter(pl.col(SEVERITY) == failures.ERROR).with_columns(pl.col(template).fill_null(""))
        found.append(self._of(subjects.ERRORS, errors, template, "message"))
        for number, subject in enumerate(self.subjects):
            if subject.surges:
                pool = (
                    timed.filter(pl.col("template") == subject.surges[0].template)
                    if subject.about == "flood"
                    else errors
                )
                found.append(_within(number, subject, pool, template))
        return pl.concat(found).sort(PLACE, maintain_order=True)

    def _of(self, about: str, records: pl.DataFrame, value: str, column: str) -> pl.DataFrame:
        numbers = self._numbers.get(about)
        if not numbers or records.is_empty():
            return pl.DataFrame(schema=HITS)
        return as_hits(records, _numbered(numbers), value=pl.col(value), column=column).drop_nulls("topic")

    def _followed(self, records: pl.DataFrame) -> Iterator[pl.DataFrame]:
        for about in (subjects.LATE, subjects.STOPPED, subjects.REGULAR):
            wanted = self.followed.filter(pl.col("about") == about).select(STREAM, "template")
            if wanted.height:
                own = records.join(wanted, on=[STREAM, "template"], how="semi")
                yield self._of(about, own, "template", "message")


def survey(read: Part) -> LogAnalysis:
    """Settle what to look for in a part's logs, from all their records."""
    found = streams.found(read)
    census, components, clock = Census(streams=found), Tally(keys=(STREAM, "component")), LogClock(found)
    for stride in own_records.strides(read, [name for name in _COLUMNS if read.has(name)]):
        timed = clock.timed(stride)
        census.add(failures.with_severity(timed, SEVERITY))
        if "component" in stride.columns:
            named = timed.drop_nulls("component").select(STREAM, component_name(pl.col("component")))
            components.add(named.group_by(STREAM, "component").agg(pl.len().cast(pl.Int64).alias("records")))
    settled = subjects.settled(census, components.leading(subjects.LISTED, per=STREAM))
    return LogAnalysis(subjects=settled, followed=subjects.templates_of(census), clock=LogClock(found))


def component_name(component: pl.Expr) -> pl.Expr:
    """A component without what varies: process and thread numbers, addresses."""
    return (
        component.str.replace_all(r"\d+\.\d+\.\d+\.\d+(?::\d+)?", "*")
        .str.replace(r"\[\d+\]$", "")
        .str.replace_all(r"\d{5,}", "*")
        .alias("component")
    )


def _numbered(numbers: dict[int, int]) -> pl.Expr:
    return pl.col(STREAM).replace_strict(numbers, default=None, return_dtype=pl.Int64)


def _within(number: int, subject: Subject, pool: pl.DataFrame, value: str) -> pl.DataFrame:
    """Records of the pool in the intervals of a subject."""
    time = pl.col(TIME)
    inside = pl.any_horizontal((time >= surge.start) & (time < surge.end) for surge in subject.surges)
    own = pool.filter((pl.col(STREAM) == subject.stream) & inside)
    if own.is_empty():
        return pl.DataFrame(schema=HITS)
    return as_hits(own, number, value=pl.col(value), column="message", peak=_at_peak(subject.surges))


def _at_peak(surges: Sequence[Surge]) -> pl.Expr:
    time = pl.col(TIME)
    return pl.any_horizontal(
        (time >= surge.peak_start) & (time < surge.peak_start + surge.peak_width) for surge in surges
    )
