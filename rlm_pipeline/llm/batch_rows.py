"""The ledger's entries about Message Batches: what was meant to be sent, under which name it is known, what is left."""

from dataclasses import dataclass

from rlm_pipeline.llm import process
from rlm_pipeline.llm.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One batch: `server_id` is empty until the server has named it."""

    row: int
    dataset: str
    server_id: str
    status: str
    owner: str
    started: float

    @property
    def in_doubt(self) -> bool:
        """Whether the server may have it without our knowing its name."""
        return self.status == "unsure" or (self.status == "intended" and process.has_ended(self.owner))

    @property
    def never_sent(self) -> bool:
        """Whether the process that was filling it ended before it sent it."""
        return self.status == "filling" and process.has_ended(self.owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A request in a batch that has no result yet."""

    attempt: int
    key: str
    model: str


def begin(ledger: Ledger, dataset: str) -> int:
    """A batch that is being filled."""
    with ledger.writing() as connection:
        return int(
            connection.execute(
                "INSERT INTO batches (dataset, status, process, started) VALUES (?, 'filling', ?, ?)",
                (dataset, process.identity(), ledger.now()),
            ).lastrowid
            or 0
        )


def mark(ledger: Ledger, row: int, status: str, *, server_id: str = "") -> None:
    """Record how far a batch has come, and the server's name for it once that is known."""
    with ledger.writing() as connection:
        connection.execute(
            "UPDATE batches SET status = ?, server_id = iif(? = '', server_id, ?), finished = ? WHERE id = ?",
            (status, server_id, server_id, ledger.now() if status in {"collected", "released"} else None, row),
        )


def release(ledger: Ledger, row: int, reason: str) -> None:
    """Give back what is reserved for a batch that the server surely does not have."""
    for item in items(ledger, row):
        ledger.release(item.attempt, reason)
    mark(ledger, row, "released")


def unfinished(ledger: Ledger, dataset: str | None) -> tuple[Batch, ...]:
    """The batches, of one dataset or all, that still have to be collected, oldest first."""
    rows = ledger.read(
        "SELECT id, dataset, server_id, status, process, started FROM batches "
        "WHERE status NOT IN ('collected', 'released') AND dataset = coalesce(?, dataset) ORDER BY id",
        (dataset,),
    )
    return tuple(
        Batch(row=row, dataset=of, server_id=server_id, status=status, owner=owner, started=started)
        for row, of, server_id, status, owner, started in rows
    )


def known(ledger: Ledger) -> set[str]:
    """The server's names of all batches that are known."""
    return {name for (name,) in ledger.read("SELECT server_id FROM batches WHERE server_id <> ''")}


def items(ledger: Ledger, row: int) -> tuple[Item, ...]:
    """The requests of a batch that have no result yet."""
    rows = ledger.read(
        "SELECT id, key, model FROM attempts WHERE batch = ? AND status = 'reserved' ORDER BY id", (row,)
    )
    return tuple(Item(attempt=attempt, key=key, model=model) for attempt, key, model in rows)


def size(ledger: Ledger, row: int) -> int:
    """How many requests a batch was sent with."""
    return int(ledger.read("SELECT count(*) FROM attempts WHERE batch = ?", (row,))[0][0])
