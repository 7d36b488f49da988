"""The ledger: one SQLite file that is the cache of answers, the resume point, the budget and the audit trail."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

from rlm_pipeline.errors import StoreError
from rlm_pipeline.llm import process
from rlm_pipeline.llm.conversation import Answer, Conclusion
from rlm_pipeline.llm.request import Request
from rlm_pipeline.llm.usage import Usage

FILE = "ledger.sqlite"

_VERSION = 1
_BUSY_SECONDS = 60.0
_ASKED_AGAIN = {"rejected", "unavailable", "budget", "in_batch"}
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
_SAME_KEY = """
    SELECT id, status, process, expires, batch FROM attempts WHERE key = ? AND status IN ('reserved', 'answered')
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


NotReserved = Literal["over_budget", "under_way", "in_batch", "answered"]
"""The budget does not allow it; another process or a batch is waiting for the same answer; the answer is there now."""


@dataclass(slots=True)
class Ledger:
    """The ledger at `path`; threads and processes may share it. Nothing is created before the first entry."""

    path: Path
    now: Callable[[], float] = time.time
    _connection: sqlite3.Connection | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

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
        with self._writing() as connection:
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

    def settle(self, attempt: int, answer: Answer, cost_pico: int, outcome: tuple[Request, Conclusion] | None) -> None:
        """Record an answer that arrived, what it cost and, in the same transaction, what the request came to."""
        usage = answer.usage
        with self._writing() as connection:
            self._finish(connection, attempt, "answered", cost_pico, "")
            connection.execute(
                _SETTLE,
                (
                    answer.text, answer.stop_reason, answer.category, answer.request_id, usage.input,
                    usage.cache_write_5m, usage.cache_write_1h, usage.cache_read, usage.output, attempt,
                ),
            )  # fmt: skip
            if outcome:
                self._conclude(connection, _key_of(connection, attempt), *outcome)

    def release(self, attempt: int, reason: str, outcome: tuple[Request, Conclusion] | None = None) -> None:
        """Record a call that was not charged."""
        with self._writing() as connection:
            self._finish(connection, attempt, "failed", 0, reason)
            if outcome:
                self._conclude(connection, _key_of(connection, attempt), *outcome)

    def lose(self, attempt: int, reason: str) -> None:
        """Record a call whose answer never arrived and that may have been charged: at what was reserved for it."""
        with self._writing() as connection:
            self._lose(connection, attempt, reason)

    def conclude(self, key: str, request: Request, conclusion: Conclusion) -> None:
        """Record what a request came to."""
        with self._writing() as connection:
            self._conclude(connection, key, request, conclusion)

    def recover(self) -> int:
        """Settle what ended processes had reserved, as lost; the number of such calls."""
        if not self.path.exists():
            return 0
        with self._writing() as connection:
            rows = connection.execute(
                "SELECT id, process, expires FROM attempts WHERE status = 'reserved' AND batch IS NULL"
            ).fetchall()
            ended = [attempt for attempt, owner, expires in rows if self._has_ended(owner, expires)]
            for attempt in ended:
                self._lose(connection, attempt, "the process that was waiting for the answer ended")
            return len(ended)

    def read(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """The rows of a query; none where the file is absent."""
        with self._lock, self._as_store_error():
            if self._connection is None and not self.path.exists():
                return []
            return self._open().execute(query, values).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._as_store_error():
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._set_up(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _set_up(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        # What is committed outlives the process; only a loss of power can take the last moments with it.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            schema = (resources.files("rlm_pipeline.llm") / "ledger.sql").read_text(encoding="utf-8")
            for statement in _statements(schema):
                connection.execute(statement)
        connection.execute("COMMIT")
        if version not in {0, _VERSION}:
            raise StoreError(f"{self.path} is of version {version}, this program reads version {_VERSION}; update it")

    @contextlib.contextmanager
    def _as_store_error(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"the ledger {self.path} cannot be used: {error}") from error

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
                self._lose(connection, attempt, "the process that was waiting for the answer ended")
        if budget_pico is not None and charge.most_pico + _spent(connection, charge.request.dataset) > budget_pico:
            return "over_budget"
        return None

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

    def _lose(self, connection: sqlite3.Connection, attempt: int, reason: str) -> None:
        (reserved,) = connection.execute("SELECT reserved_pico FROM attempts WHERE id = ?", (attempt,)).fetchone()
        self._finish(connection, attempt, "lost", reserved, reason)

    def _conclude(self, connection: sqlite3.Connection, key: str, request: Request, conclusion: Conclusion) -> None:
        connection.execute(
            _CONCLUDE,
            (
                key, *_charged_to(request), conclusion.status, conclusion.cause, conclusion.reason,
                conclusion.cause not in _ASKED_AGAIN, self.now(),
            ),
        )  # fmt: skip


def _charged_to(request: Request) -> tuple[str, ...]:
    return (
        request.dataset, request.partition, request.purpose, request.label, request.model, request.prompt_version,
    )  # fmt: skip


def _answer(row: tuple[Any, ...]) -> Answer:
    text, stop_reason, category, request_id, *usage, _ = row
    return Answer(text=text, stop_reason=stop_reason, category=category, request_id=request_id, usage=Usage(*usage))


def _key_of(connection: sqlite3.Connection, attempt: int) -> str:
    return str(connection.execute("SELECT key FROM attempts WHERE id = ?", (attempt,)).fetchone()[0])


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


def _statements(script: str) -> Iterator[str]:
    """The statements of an SQL script, one by one: `executescript` would end the transaction they belong to."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
