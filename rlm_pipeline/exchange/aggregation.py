"""Answers of outside readers brought together: checked against the chunks, counted, grouped, told apart once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import polars as pl

from rlm_pipeline.exchange import chunk_tables
from rlm_pipeline.exchange.answers import RELEVANCES, Answer, Relevance, SetAside
from rlm_pipeline.retrieval import chunk_files
from rlm_pipeline.store import DatasetStore

GroupBy = Literal["relevance", "chunk", "none"]
SortBy = Literal["relevance", "chunk", "findings"]

ALL = "all"
"""The key of the only group where nothing is grouped."""

_IDS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An answer, with its quotes looked for in its chunk.

    `order` is the chunk's place in the dataset; None, and no place, where the dataset has no such chunk. `verified` has
    one entry a finding: whether all its quotes stand in the chunk, None where it quotes nothing.
    """

    answer: Answer
    order: int | None
    place: str
    verified: tuple[bool | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """A text that one or more readers gave, in its first wording; `count` times, about these chunks.

    `relevance` is the highest of the answers it is in; `verified` how many times its quotes were found.
    """

    text: str
    count: int
    relevance: Relevance
    chunk_ids: tuple[str, ...]
    verified: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many of the chunks asked about have an answer; `missing` are those without, in the order asked."""

    asked: int
    answered: int
    missing: tuple[str, ...]


def check(store: DatasetStore, answers: Sequence[Answer]) -> tuple[Checked, ...]:
    """Look up the chunk of every answer, and every quote in it; a quote is verbatim, white space apart.

    Raises:
        NotMaterialised: the dataset has no chunks yet.

    """
    places = _places(store, {answer.chunk_id for answer in answers})
    quoting = sorted({answer.chunk_id for answer in answers if any(each.evidence for each in answer.findings)})
    verified: dict[int, tuple[bool | None, ...]] = {}
    for first in range(0, len(quoting), _IDS_AT_ONCE):
        rows = chunk_tables.texts(store, quoting[first : first + _IDS_AT_ONCE])
        shown = {
            chunk_id: (_spaced(row["overlap"] + row["text"]), _spaced(row["context"])) for chunk_id, row in rows.items()
        }
        verified |= {
            answer.index: _verified(answer, shown[answer.chunk_id]) for answer in answers if answer.chunk_id in shown
        }
    return tuple(
        Checked(
            answer=answer,
            order=places.get(answer.chunk_id, (None, ""))[0],
            place=places.get(answer.chunk_id, (None, ""))[1],
            verified=verified.get(answer.index) or _verified(answer, ()),
        )
        for answer in answers
    )


def relevant(checked: Iterable[Checked], least: Relevance) -> tuple[Checked, ...]:
    """Those at least as relevant as `least`."""
    return tuple(each for each in checked if RELEVANCES.index(each.answer.relevance) <= RELEVANCES.index(least))


def arranged(checked: Iterable[Checked], by: SortBy) -> tuple[Checked, ...]:
    """Sorted: the most relevant first, in the order of the chunks, or most findings first; ties as the chunks are."""

    def key(each: Checked) -> int:
        if by == "chunk":
            return 0
        return RELEVANCES.index(each.answer.relevance) if by == "relevance" else -len(each.answer.findings)

    return tuple(sorted(checked, key=lambda each: (key(each), *_dataset_order(each))))


def grouped(checked: Iterable[Checked], by: GroupBy) -> dict[str, list[Checked]]:
    """In groups by relevance, highest first, or by chunk, as the dataset has them; within them in the order given."""
    listed = list(checked)
    if by == "none":
        return {ALL: listed}
    groups: dict[str, list[Checked]] = {each: [] for each in RELEVANCES} if by == "relevance" else {}
    for each in listed if by == "relevance" else sorted(listed, key=_dataset_order):
        groups.setdefault(each.answer.relevance if by == "relevance" else each.answer.chunk_id, [])
    for each in listed:
        groups[each.answer.relevance if by == "relevance" else each.answer.chunk_id].append(each)
    return {name: members for name, members in groups.items() if members}


def distinct_findings(checked: Iterable[Checked]) -> tuple[Distinct, ...]:
    """Every finding once: those that differ only in case and white space are one; most often given first."""
    return _distinct(
        (finding.text, each.answer, verified is True)
        for each in checked
        for finding, verified in zip(each.answer.findings, each.verified, strict=True)
    )


def distinct_follow_ups(checked: Iterable[Checked]) -> tuple[Distinct, ...]:
    """Every follow-up once, most often given first."""
    return _distinct(
        (text.strip(), each.answer, False) for each in checked for text in each.answer.follow_up if text.strip()
    )


def coverage(asked: Sequence[str], answers: Iterable[Answer]) -> Coverage:
    """Which of the chunks asked about have an answer."""
    answered = {answer.chunk_id for answer in answers}
    missing = tuple(each for each in dict.fromkeys(asked) if each not in answered)
    return Coverage(asked=len(dict.fromkeys(asked)), answered=len(dict.fromkeys(asked)) - len(missing), missing=missing)


def known_chunks(store: DatasetStore, partitions: Sequence[str] = ()) -> tuple[str, ...]:
    """The ids of all chunks of the dataset, or of some partitions, in their order.

    Raises:
        NotMaterialised: the dataset has no chunks yet.
        QueryError: there is no such partition.

    """
    return tuple(chunk_tables.scan(store, partitions).select(pl.col("chunk_id")).collect()["chunk_id"])


def result(
    arranged_answers: Sequence[Checked],
    aside: Sequence[SetAside],
    covered: Coverage,
    *,
    least: Relevance,
    group_by: GroupBy,
) -> dict[str, Any]:
    """All of it as JSON: `summary`, `groups`, `findings`, `follow_ups`, `unknown_chunks`, `coverage`, `set_aside`.

    The summary counts every answer that could be read; all else is of those at least as relevant as `least`.
    """
    kept = relevant(arranged_answers, least)
    findings = distinct_findings(kept)
    return {
        "summary": {
            **_counts(arranged_answers),
            "by_relevance": {
                name: _counts(each for each in arranged_answers if each.answer.relevance == name) for name in RELEVANCES
            },
            "kept": _counts(kept),
            "unique_findings": len(findings),
            "set_aside": len(aside),
        },
        "groups": [
            {"group": name, "answers": [_as_json(each) for each in members]}
            for name, members in grouped(kept, group_by).items()
        ],
        "findings": [asdict(each) for each in findings],
        "follow_ups": [asdict(each) for each in distinct_follow_ups(kept)],
        "unknown_chunks": sorted({each.answer.chunk_id for each in arranged_answers if each.order is None}),
        "coverage": asdict(covered),
        "set_aside": [asdict(each) for each in aside],
    }


def _counts(checked: Iterable[Checked]) -> dict[str, int]:
    listed = list(checked)
    verified = [each for one in listed for each in one.verified]
    return {
        "answers": len(listed),
        "findings": len(verified),
        "verified": verified.count(True),
        "not_verified": verified.count(False),
    }


def _as_json(checked: Checked) -> dict[str, Any]:
    findings = [
        {**asdict(finding), "verified": verified}
        for finding, verified in zip(checked.answer.findings, checked.verified, strict=True)
    ]
    return {**asdict(checked.answer), "place": checked.place, "known": checked.order is not None, "findings": findings}


def _distinct(given: Iterable[tuple[str, Answer, bool]]) -> tuple[Distinct, ...]:
    found: dict[str, list[tuple[str, Answer, bool]]] = {}
    for text, answer, verified in given:
        found.setdefault(_spaced(text).casefold(), []).append((text, answer, verified))
    every = [
        Distinct(
            text=times[0][0],
            count=len(times),
            relevance=min((answer.relevance for _, answer, _ in times), key=RELEVANCES.index),
            chunk_ids=tuple(dict.fromkeys(answer.chunk_id for _, answer, _ in times)),
            verified=sum(verified for *_, verified in times),
        )
        for times in found.values()
    ]
    return tuple(sorted(every, key=lambda each: (-each.count, RELEVANCES.index(each.relevance))))


def _dataset_order(checked: Checked) -> tuple[bool, int, str, int]:
    return checked.order is None, checked.order or 0, checked.answer.chunk_id, checked.answer.index


def _places(store: DatasetStore, chunk_ids: Iterable[str]) -> Mapping[str, tuple[int | None, str]]:
    columns = ["chunk_id", "source", "row_start", "row_end"]
    frame = chunk_tables.scan(store).select(columns).with_row_index("order")
    rows = chunk_files.with_ids(frame, chunk_ids).collect()
    return {
        chunk_id: (order, f"{source}:{start}" + (f"-{end}" if end != start else ""))
        for order, chunk_id, source, start, end in rows.select("order", *columns).iter_rows()
    }


def _verified(answer: Answer, shown: Sequence[str]) -> tuple[bool | None, ...]:
    return tuple(
        all(any(_spaced(quote) in text for text in shown) for quote in each.evidence) if each.evidence else None
        for each in answer.findings
    )


def _spaced(text: str) -> str:
    return " ".join(text.split())
