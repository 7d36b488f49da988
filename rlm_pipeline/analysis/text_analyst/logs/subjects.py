"""What is looked for in every batch of a partition's logs, settled by the census."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.analysis.observation import number_of, percent, shown
from rlm_pipeline.analysis.text_analyst.logs import clock, failures, lives, surges
from rlm_pipeline.analysis.text_analyst.logs.census import SEVERITY, Census
from rlm_pipeline.analysis.text_analyst.logs.clock import STREAM
from rlm_pipeline.analysis.text_analyst.logs.streams import Stream
from rlm_pipeline.analysis.text_analyst.logs.surges import Surge
from rlm_pipeline.analysis.text_analyst.shares import Share, Topic

LISTED = 20
"""Templates, components and others told apart in one distribution."""

LISTED_IN_BURST = 8

ERRORS, LEVELS, TEMPLATES, COMPONENTS = "errors", "levels", "templates", "components"
LATE, STOPPED, REGULAR, FURTHER = "late", "stopped", "regular", "further"
"""What the topics of a stream are about; a surge is its own subject."""

_NAMED = 80  # characters of a template in a scope or a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A topic of one stream: `about` says which hits are its own; `surges` are the intervals, where it has any."""

    topic: Topic
    stream: int
    about: str
    surges: tuple[Surge, ...] = ()


def settled(census: Census, components: pl.DataFrame) -> tuple[Subject, ...]:
    """All subjects of a partition, stream by stream.

    Args:
        census: of the whole partition.
        components: `STREAM`, component, records: the most frequent components.

    """
    late, stopped = lives.late_and_stopped(census)
    rhythms = lives.regular(census)
    found: list[Subject] = []
    for number, stream in enumerate(census.streams):
        found += _of_errors(census, number, stream)
        found += _of_records(census, number, stream, components)
        found += _of_lives(number, stream, late, stopped)
        found += _of_rhythms(number, stream, rhythms)
        found += _of_floods(census, number, stream)
    return tuple(found)


def _of_errors(census: Census, number: int, stream: Stream) -> Iterator[Subject]:
    every = surges.of_errors(census, number)
    told = surges.told(every, surges.MOST_BURSTS)
    further = tuple(surge for surge in every if surge not in told)
    templates = census.templates.filter((pl.col(STREAM) == number) & (pl.col(SEVERITY) == failures.ERROR))
    common = _leading(templates, LISTED)
    crowded = sum(surge.events for surge in every)

    def all_errors(share: Share) -> str:
        bursts = (
            f"over the whole log {number_of(crowded, 'error')} lie in {number_of(len(every), 'burst')}"
            if every
            else "they come in no bursts"
        )
        failed = f"{number_of(share.records, 'record')} here say that something failed"
        return f"{stream.name}: {failed}, {_most(share)}; {bursts}"

    topic = Topic(kind="error", scope=f"errors · {stream.name}", say=all_errors, listed=common, rest=_OTHER_TEMPLATES)
    yield Subject(topic=topic, stream=number, about=ERRORS)
    for surge in told:
        yield _burst(census, number, stream, surge)
    if further:

        def smaller(share: Share) -> str:
            return (
                f"{stream.name}: {number_of(share.records, 'error')} here of {number_of(len(further), 'smaller burst')}"
                f" of the whole log, beside the {len(told)} that are told one by one"
            )

        scope = f"smaller error bursts · {stream.name}"
        topic = Topic(kind="error", scope=scope, say=smaller, listed=common, rest=_OTHER_TEMPLATES, severity="notice")
        yield Subject(topic=topic, stream=number, about=FURTHER, surges=further)


_OTHER_TEMPLATES = "(other templates)"


def _burst(census: Census, number: int, stream: Stream, surge: Surge) -> Subject:
    within = census.phases.filter(
        (pl.col(STREAM) == number)
        & (((pl.col("moment") + 1) * census.phase_widths[number]) > surge.start)
        & ((pl.col("moment") * census.phase_widths[number]) < surge.end)
    )
    said = census.templates.filter((pl.col(STREAM) == number) & (pl.col(SEVERITY) == failures.ERROR)).drop("records")
    templates = said.join(within.group_by("id").agg(pl.col("records").sum()), on="id")
    share = percent(surge.events, surge.records)
    others = f"{100 * surge.outside:.1f} % outside of it"
    told = (
        f"error burst from {_time(surge.start, stream)} to {_end(surge, stream)}: {number_of(surge.events, 'error')}"
        f" where {_expected(surge.expected)} usual; at most {surge.peak:,} in {_span(surge.peak_width, stream)}"
        f" from {_time(surge.peak_start, stream)} on, usually {_expected(surge.usual, verb=False)};"
        f" {share} of the records in that time are errors, {others}"
    )
    return Subject(
        topic=Topic(
            kind="error",
            scope=f"error burst {_time(surge.start, stream)} to {_end(surge, stream)} · {stream.name}",
            say=lambda each: f"{stream.name}: {told}; here {number_of(each.records, 'error')} of it, {_most(each)}",
            listed=_leading(templates, LISTED_IN_BURST),
            rest=_OTHER_TEMPLATES,
            severity="warning" if surge.concentrated else "notice",
            confidence=_sure(surge.q),
            by_ends=True,
        ),
        stream=number,
        about="burst",
        surges=(surge,),
    )


def _of_floods(census: Census, number: int, stream: Stream) -> Iterator[Subject]:
    for surge in surges.told(surges.of_templates(census, number), surges.MOST_FLOODS):
        name = shown(surge.template, _NAMED)
        told = (
            f"{name} floods the log from {_time(surge.start, stream)} to {_end(surge, stream)}:"
            f" {number_of(surge.events, 'record')}, {percent(surge.events, surge.records)} of all in that time and"
            f" {100 * surge.outside:.1f} % of those of other times; at most {surge.peak:,} in"
            f" {_span(surge.peak_width, stream)}"
        )
        yield Subject(
            topic=Topic(
                kind="pattern",
                scope=f"flood {_time(surge.start, stream)} to {_end(surge, stream)} of {name} · {stream.name}",
                say=lambda each, told=told: f"{stream.name}: {told}; {number_of(each.records, 'record')} of it here",  # type: ignore[misc]
                severity="notice",
                confidence=_sure(surge.q),
                by_ends=True,
            ),
            stream=number,
            about="flood",
            surges=(surge,),
        )


def _of_records(census: Census, number: int, stream: Stream, components: pl.DataFrame) -> Iterator[Subject]:
    templates = census.templates.filter(pl.col(STREAM) == number)
    parts = components.filter(pl.col(STREAM) == number) if components.width else components
    named = frozenset(parts.head(LISTED).get_column("component")) if parts.width else frozenset[str]()
    for about, listed, rest in (
        (LEVELS, None, ""),
        (TEMPLATES, _leading(templates, LISTED), _OTHER_TEMPLATES),
        (COMPONENTS, named, "(other components)"),
    ):
        yield Subject(
            topic=Topic(
                kind="pattern",
                scope=f"{about} · {stream.name}",
                say=lambda each, about=about: (
                    f"{stream.name}: {about} of {number_of(each.records, 'record')}: {_most(each)}"
                ),  # type: ignore[misc]
                listed=listed,
                rest=rest,
            ),
            stream=number,
            about=about,
        )


def _of_lives(
    number: int, stream: Stream, late: Sequence[lives.Life], stopped: Sequence[lives.Life]
) -> Iterator[Subject]:
    for about, every in ((LATE, late), (STOPPED, stopped)):
        own = sorted((life for life in every if life.stream == number), key=lambda life: (-life.records, life.template))
        if own:
            topic = _topic_of_lives(stream, own, "appear late" if about == LATE else "stop")
            yield Subject(topic=topic, stream=number, about=about)


def _topic_of_lives(stream: Stream, own: Sequence[lives.Life], verb: str) -> Topic:
    first = own[0]
    end, where = ("last", "before") if verb == "stop" else ("first", "behind")
    when = f"{end} at {_time(first.time, stream)}, {where}"
    example = f"{shown(first.template, _NAMED)} {when} {percent(round(1000 * first.share), 1000)} of the records"

    def say(share: Share) -> str:
        return (
            f"{stream.name}: of the whole log {number_of(len(own), 'template')} {verb}, such as {example};"
            f" here {number_of(share.records, 'record')}: {_most(share)}"
        )

    return Topic(
        kind="pattern",
        scope=f"templates that {verb} · {stream.name}",
        say=say,
        listed=frozenset(life.template for life in own[:LISTED]),
        rest=_OTHER_TEMPLATES,
        severity="notice",
        confidence=_sure(max(life.q for life in own)),
    )


def _of_rhythms(number: int, stream: Stream, rhythms: Sequence[lives.Rhythm]) -> Iterator[Subject]:
    own = sorted((each for each in rhythms if each.stream == number), key=lambda each: (-each.records, each.template))
    if own:
        first = own[0]
        example = f"{shown(first.template, _NAMED)} about every {_span(first.interval, stream)}"
        yield Subject(
            topic=Topic(
                kind="pattern",
                scope=f"templates at regular intervals · {stream.name}",
                say=lambda each: (
                    f"{stream.name}: {number_of(len(own), 'template')} at regular intervals in the whole log, such as"
                    f" {example}; here {number_of(each.records, 'record')}: {_most(each)}"
                ),
                listed=frozenset(each.template for each in own[:LISTED]),
                rest=_OTHER_TEMPLATES,
                confidence=round(min(each.share for each in own), 3),
            ),
            stream=number,
            about=REGULAR,
        )


def templates_of(census: Census) -> pl.DataFrame:
    """`STREAM`, `about`, template: those that appear late, stop, or are regular."""
    late, stopped = lives.late_and_stopped(census)
    rows = [
        (each.stream, about, each.template)
        for about, every in ((LATE, late), (STOPPED, stopped), (REGULAR, lives.regular(census)))
        for each in every
    ]
    return pl.DataFrame(rows, schema={STREAM: pl.Int64, "about": pl.String, "template": pl.String}, orient="row")


def _leading(templates: pl.DataFrame, most: int) -> frozenset[str]:
    ranked = templates.sort("records", "template", descending=[True, False])
    return frozenset(ranked.head(most).get_column("template"))


def _most(share: Share) -> str:
    return share.most(lambda value: shown(value, _NAMED))


def _sure(q: float) -> float:
    return round(1 - min(q, 1.0), 4)


def _expected(events: float, *, verb: bool = True) -> str:
    number = f"{events:,.0f}" if events >= 9.5 else f"{events:.1f}" if events >= 0.05 else "fewer than 0.1"
    return f"{number} {'is' if number in ('1', '1.0') else 'are'}" if verb else number


def _time(time: float, stream: Stream) -> str:
    return clock.shown(time, stream)


def _end(surge: Surge, stream: Stream) -> str:
    """The last moment of a burst: times are told to the second, and records by their number."""
    return clock.shown(max(surge.end - 1, surge.start), stream)


def _span(length: float, stream: Stream) -> str:
    """A length of time for people, or a number of records."""
    if stream.clock == "position":
        return number_of(round(length), "record")
    for unit, seconds in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if length >= 0.95 * seconds:
            count = length / seconds
            return f"{count:.1f} {unit}s" if abs(count - round(count)) >= 0.05 else number_of(round(count), unit)
    return number_of(round(length), "second")
