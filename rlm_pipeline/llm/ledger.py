"""The entries of the ledger: what is set aside for a call, what it brought, what a request came to."""

import sqlite3
from dataclasses import dataclass
from typing import Any, Literal

from rlm_pipeline.llm import process
from rlm_pipeline.llm.conversation import Answer, Conclusion
from rlm_pipeline.llm.ledger_file import FILE, LedgerFile
from rlm_pipeline.llm.request import Request
from rlm_pipeline.llm.usage import Usage

__all__ = ["FILE", "Charge", "History", "Ledger", "NotReserved"]

_ANSWERS = """
    SELECT response, stop_reason, category, request_id,
           input_tokens, cache_write_5m, cache_write_1h, cache_read, output_tokens, cost_pico
    FROM attempts WHERE key = ? AND status = 'answered' ORDER BY id
"""
_RESERVE = """
    INSERT INTO attempts (key, dataset, partition, purpose, label, model, prompt_version,
                          turn, status, prompt_characters, reserved_pico, batch, process, started, expires)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'reserved', ?, ?, ?, ?, ?, ?)
"""
_SETTLE = """
    UPDATE attempts SET response = ?, stop_reason = ?, category = ?, request_id = ?,
           input_tokens = ?, cache_write_5m = ?, cache_write_1h = ?, cache_read = ?, output_tokens = ?
    WHERE id = ?
"""
_CONCLUDE = """
    INSERT OR REPLACE INTO outcomes (key, dataset, partition, purpose, label, model, prompt_version,
                                     status, cause, reason, final, finished)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SET_ASIDE = """
    INSERT OR REPLACE INTO outcomes (key, dataset, partition, purpose, label, model, prompt_version,
                                     status, cause, reason, final, finished)
    SELECT key, dataset, partition, purpose, label, model, prompt_version, ?, ?, ?, ?, ? FROM attempts WHERE id = ?
"""
_SAME_KEY = """
    SELECT id, status, process, expires, batch FROM attempts WHERE key = ? AND status IN ('reserved', 'answered')
"""
_UNDER_WAY = """
    SELECT reserved_pico, process, expires FROM attempts
    WHERE status = 'reserved' AND dataset = ? AND batch IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the ledger holds of one key: the answers in order, what they cost, and what they came to, if that is final.

    `conclusion.value` is never set: an answer is checked again by whoever reads it.
    """

    answers: tuple[Answer, ...] = ()
    cost_pico: int = 0
    conclusion: Conclusion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a reservation is made for: picodollars at most, how many answers are known, when nobody waits any more."""

    key: str
    request: Request
    turn: str
    most_pico: int
    answers: int
    seconds: float
    batch: int | None = None


NotReserved = Literal["over_budget", "set_aside", "under_way", "in_batch", "answered"]
"""The budget does not allow it; it may when calls under way, of this or another process, have cost less than was set
aside for them; another process or a batch is waiting for the same answer; the answer is there now."""


class Ledger(LedgerFile):
    """The ledger at `path`; threads and processes may share it. Nothing is created before the first entry."""

    def history(self, key: str) -> History:
        """What is known of a key; empty where the file is absent."""
        rows = self.read(_ANSWERS, (key,))
        found = self.read("SELECT status, cause, reason FROM outcomes WHERE key = ? AND final", (key,))
        answers = tuple(_answer(row) for row in rows)
        text = answers[-1].text if answers else ""
        concluded = [
            Conclusion(status=status, cause=cause, reason=reason, text=text) for status, cause, reason in found
        ]
        return History(
            answers=answers,
            cost_pico=sum(row[-1] for row in rows),
            conclusion=concluded[0] if concluded else None,
        )

    def reserve(self, charge: Charge, budget_pico: int | None) -> int | NotReserved:
        """Set aside what a call may cost, before it is made; the attempt's number, or why it must not be made.

        All that was settled and reserved for the dataset, and this, never exceed `budget_pico`.
        """
        with self.writing() as connection:
            refused = self._not_reserved(connection, charge, budget_pico)
            if refused:
                return refused
            request, now = charge.request, self.now()
            attempt = connection.execute(
                _RESERVE,
                (
                    charge.key, *_charged_to(request), charge.turn, len(request.prompt), charge.most_pico,
                    charge.batch, process.identity(), now, now + charge.seconds,
                ),
            ).lastrowid  # fmt: skip
            _spend(connection, request.dataset, reserved=charge.most_pico)
            return int(attempt or 0)

    def settle(self, attempt: int, answer: Answer, cost_pico: int, conclusion: Conclusion | None) -> None:
        """Record an answer that arrived, what it cost and, in the same transaction, what its request came to."""
        usage = answer.usage
        with self.writing() as connection:
            self._finish(connection, attempt, "answered", cost_pico, "")
            connection.execute(
                _SETTLE,
                (
                    answer.text, answer.stop_reason, answer.category, answer.request_id, usage.input,
                    usage.cache_write_5m, usage.cache_write_1h, usage.cache_read, usage.output, attempt,
                ),
            )  # fmt: skip
            if conclusion:
                self._set_aside(connection, attempt, conclusion)

    def release(self, attempt: int, reason: str) -> None:
        """Record a call that was not charged."""
        with self.writing() as connection:
            self._finish(connection, attempt, "failed", 0, reason)

    def lose(self, attempt: int, reason: str) -> None:
        """Record a call whose answer never arrived and that may have been charged: at what was reserved for it."""
        with self.writing() as connection:
            self._give_up(connection, attempt, reason)

    def conclude(self, key: str, request: Request, conclusion: Conclusion) -> None:
        """Record what a request came to without a further call."""
        with self.writing() as connection:
            connection.execute(_CONCLUDE, (key, *_charged_to(request), *_concluded(conclusion), self.now()))

    def set_aside(self, attempt: int, conclusion: Conclusion) -> None:
        """Record a call that was not charged, and with it what its request came to."""
        with self.writing() as connection:
            self._finish(connection, attempt, "failed", 0, conclusion.reason)
            self._set_aside(connection, attempt, conclusion)

    def recover(self) -> int:
        """Settle what ended processes had reserved, as lost; the number of such calls."""
        if not self.path.exists():
            return 0
        with self.writing() as connection:
            rows = connection.execute(
                "SELECT id, process, expires FROM attempts WHERE status = 'reserved' AND batch IS NULL"
            ).fetchall()
            ended = [attempt for attempt, owner, expires in rows if self._has_ended(owner, expires)]
            for attempt in ended:
                self._give_up(connection, attempt, "the process that was waiting for the answer ended")
            return len(ended)

    def _not_reserved(
        self, connection: sqlite3.Connection, charge: Charge, budget_pico: int | None
    ) -> NotReserved | None:
        rows = connection.execute(_SAME_KEY, (charge.key,)).fetchall()
        if sum(status == "answered" for _, status, *_ in rows) != charge.answers:
            return "answered"
        for attempt, status, owner, expires, batch in rows:
            if status == "reserved" and batch is not None:
                return "in_batch"
            if status == "reserved" and not self._has_ended(owner, expires):
                return "under_way"
            if status == "reserved":
                self._give_up(connection, attempt, "the process that was waiting for the answer ended")
        if budget_pico is None:
            return None
        dataset = charge.request.dataset
        over = charge.most_pico + _spent(connection, dataset) - budget_pico
        if over <= 0:
            return None
        return "set_aside" if self._under_way(connection, dataset) >= over else "over_budget"

    def _under_way(self, connection: sqlite3.Connection, dataset: str) -> int:
        """What is set aside for calls that somebody is waiting for; a batch may take a day and is not waited for."""
        rows = connection.execute(_UNDER_WAY, (dataset,)).fetchall()
        return sum(reserved for reserved, owner, expires in rows if not self._has_ended(owner, expires))

    def _has_ended(self, owner: str, expires: float) -> bool:
        return expires < self.now() or process.has_ended(owner)

    def _finish(self, connection: sqlite3.Connection, attempt: int, status: str, cost_pico: int, reason: str) -> None:
        dataset, before, reserved, cost = connection.execute(
            "SELECT dataset, status, reserved_pico, cost_pico FROM attempts WHERE id = ?", (attempt,)
        ).fetchone()
        connection.execute(
            "UPDATE attempts SET status = ?, cost_pico = ?, reason = ?, finished = ? WHERE id = ?",
            (status, cost_pico, reason, self.now(), attempt),
        )
        # An attempt that was given up as lost may still be answered: then it costs what it did cost.
        _spend(connection, dataset, settled=cost_pico - cost, reserved=-reserved if before == "reserved" else 0)

    def _give_up(self, connection: sqlite3.Connection, attempt: int, reason: str) -> None:
        (reserved,) = connection.execute("SELECT reserved_pico FROM attempts WHERE id = ?", (attempt,)).fetchone()
        self._finish(connection, attempt, "lost", reserved, reason)

    def _set_aside(self, connection: sqlite3.Connection, attempt: int, conclusion: Conclusion) -> None:
        connection.execute(_SET_ASIDE, (*_concluded(conclusion), self.now(), attempt))


def _charged_to(request: Request) -> tuple[str, ...]:
    return (
        request.dataset, request.partition, request.purpose, request.label, request.model, request.prompt_version,
    )  # fmt: skip


def _answer(row: tuple[Any, ...]) -> Answer:
    text, stop_reason, category, request_id, *usage, _ = row
    return Answer(text=text, stop_reason=stop_reason, category=category, request_id=request_id, usage=Usage(*usage))


def _concluded(conclusion: Conclusion) -> tuple[str, str, str, bool]:
    return conclusion.status, conclusion.cause, conclusion.reason, conclusion.final


def _spent(connection: sqlite3.Connection, dataset: str) -> int:
    row = connection.execute(
        "SELECT settled_pico + reserved_pico FROM spending WHERE dataset = ?", (dataset,)
    ).fetchone()
    return int(row[0]) if row else 0


def _spend(connection: sqlite3.Connection, dataset: str, *, settled: int = 0, reserved: int = 0) -> None:
    connection.execute(
        "INSERT INTO spending VALUES (?, ?, ?) ON CONFLICT (dataset) DO UPDATE SET "
        "settled_pico = settled_pico + excluded.settled_pico, reserved_pico = reserved_pico + excluded.reserved_pico",
        (dataset, settled, reserved),
    )
