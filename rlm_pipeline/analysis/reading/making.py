"""Readings made: those of earlier runs used again, the others asked; what came of each."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pydantic

from rlm_pipeline.analysis.reading.accounts import Outcome
from rlm_pipeline.analysis.reading.answers import Answer, misnumbered
from rlm_pipeline.analysis.reading.harvest import Answered
from rlm_pipeline.analysis.reading.packing import Reading
from rlm_pipeline.analysis.reading.planning import Planned, requests
from rlm_pipeline.analysis.reading.unit import Unit
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.llm import asking, backend
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.llm.request import Reply, Request
from rlm_pipeline.retrieval.pace import duration

_log = logging.getLogger(__name__)


_TOLD_EVERY = 50


@dataclass(slots=True)
class Made:
    """What came of the readings so far: `used_again` of the answers are of earlier runs, `cost_usd` is of the others.

    `stopped` says why readings were not made; `unavailable` too, where it was for want of an answering server.
    """

    answered: list[Answered] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    used_again: int = 0
    cost_usd: float = 0.0
    stopped: str = ""
    unavailable: str = ""


def make(planned: Planned, config: DatasetConfig, partition: str, *, ledger: Ledger, transport: Any = None) -> Made:
    """Use again what is known, and make the fresh readings.

    Replies come in any order; what is kept of them is in the order of the readings.

    Raises:
        ModelError: the server cannot be used.

    """
    made = Made()
    _use_again(planned, made)
    made.used_again = len(made.answered)
    # Two readings are one question where parts of two records are equal.
    readings: dict[str, list[Reading]] = {}
    for reading, request in zip(planned.fresh, requests(planned, config, partition), strict=True):
        readings.setdefault(request.key, []).append(reading)
    replies = _replies(planned, config, partition, readings, (ledger, transport))
    for key, same in readings.items():
        made.cost_usd += 0.0 if replies[key].from_ledger else replies[key].cost_usd
        for reading in same:
            _settle(made, planned, reading, replies[key], config)
    for unit in planned.plan.units:
        if reason := planned.left.get(unit.id):
            key = planned.unit_keys[unit.id]
            made.outcomes.append(Outcome(unit=unit, unit_key=key, status="unread", reason=reason))
    return made


def _replies(
    planned: Planned,
    config: DatasetConfig,
    partition: str,
    readings: Mapping[str, Sequence[Reading]],
    through: tuple[Ledger, Any],
) -> dict[str, Reply]:
    """The reply to every request, by its key."""

    def check(request: Request, value: pydantic.BaseModel) -> str:
        units = readings[request.key][0].units
        notes = {number: len(unit.notes) for number, unit in enumerate(units, start=1)}
        return misnumbered(value, len(units), notes) if isinstance(value, Answer) else ""

    ledger, transport = through
    asked = requests(planned, config, partition)
    replies: dict[str, Reply] = {}
    started = time.monotonic()
    for reply in asking.ask_all(asked, settings=config.analysis, ledger=ledger, check=check, transport=transport):
        # Of equal requests the first is the one that was paid.
        replies.setdefault(reply.request.key, reply)
        if len(replies) % _TOLD_EVERY == 0:
            left = (time.monotonic() - started) / len(replies) * (len(readings) - len(replies))
            cost = sum(each.cost_usd for each in replies.values())
            _log.info(
                "%s: %d of %d readings, %s left, %.4f US dollars",
                partition,
                len(replies),
                len(readings),
                duration(left),
                cost,
            )
    return replies


def _use_again(planned: Planned, made: Made) -> None:
    """Take over what earlier calls said about units that are still there."""
    calls: dict[str, dict[int, Unit]] = {}
    for unit in planned.plan.units:
        if place := planned.known.get(unit.id):
            calls.setdefault(place.call_key, {})[place.number] = unit
    for call_key, units in sorted(calls.items()):
        _take(made, planned, units, planned.answers[call_key], (call_key, 0.0))


def _take(made: Made, planned: Planned, units: Mapping[int, Unit], answer: Answer, call: tuple[str, float]) -> None:
    """Keep an answer, of the call with this key and cost."""
    call_key, cost_usd = call
    reader = planned.readers[next(iter(units.values())).analyst]
    made.answered.append(
        Answered(
            number=len(made.answered),
            units=units,
            answer=answer,
            model=reader.model,
            prompt_version=reader.prompt_version,
            cost_usd=cost_usd,
        )
    )
    made.outcomes += [
        Outcome(unit=unit, unit_key=planned.unit_keys[unit.id], status="read", call_key=call_key, number=number)
        for number, unit in units.items()
    ]


def _settle(made: Made, planned: Planned, reading: Reading, reply: Reply, config: DatasetConfig) -> None:
    call_key = backend.key(config.analysis, reply.request)
    units = dict(enumerate(reading.units, start=1))
    if isinstance(reply.value, Answer):
        _take(made, planned, units, reply.value, (call_key, reply.cost_usd))
        return
    if reply.status == "unasked":
        made.stopped = made.stopped or reply.reason
        made.unavailable = made.unavailable or (reply.reason if reply.cause == "unavailable" else "")
    made.outcomes += [
        Outcome(
            unit=unit,
            unit_key=planned.unit_keys[unit.id],
            status="quarantined" if reply.status == "quarantined" else "unread",
            call_key=call_key,
            number=number,
            reason=reply.reason,
        )
        for number, unit in units.items()
    ]
