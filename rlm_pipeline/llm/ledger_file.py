"""The ledger's file: one SQLite database that is cache of answers, resume point, budget and audit trail at once."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Self

from rlm_pipeline.errors import StoreError

FILE = "ledger.sqlite"

_VERSION = 1
_BUSY_SECONDS = 60.0


@dataclass(slots=True)
class LedgerFile:
    """The database at `path`; threads and processes may share it. Nothing is created before the first entry."""

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

    def read(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """The rows of a query; none where the file is absent.

        Raises:
            StoreError: the file is damaged, of another version, or cannot be read.

        """
        with self._lock, self._as_store_error():
            if self._connection is None and not self.path.exists():
                return []
            return self._open().execute(query, values).fetchall()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on disk when it ends, or none.

        Raises:
            StoreError: the file cannot be written.

        """
        with self._lock, self._as_store_error():
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

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
        _write_ahead(connection)
        # What is committed outlives the process; only a loss of power can take the last moments with it.
        connection.execute("PRAGMA synchronous = NORMAL")
        if _version(connection) == 0:
            connection.execute("BEGIN IMMEDIATE")
            if _version(connection) == 0:
                schema = (resources.files("rlm_pipeline.llm") / "ledger.sql").read_text(encoding="utf-8")
                for statement in _statements(schema):
                    connection.execute(statement)
            connection.execute("COMMIT")
        if (version := _version(connection)) != _VERSION:
            raise StoreError(f"{self.path} is of version {version}, this program reads version {_VERSION}; update it")

    @contextlib.contextmanager
    def _as_store_error(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"the ledger {self.path} cannot be used: {error}") from error


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and a writer not wait for each other; SQLite does not wait by itself where two begin with it."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """The statements of an SQL script, one by one: `executescript` would end the transaction they belong to."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
