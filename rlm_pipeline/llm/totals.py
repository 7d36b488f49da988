"""What the calls of a dataset came to: for status, estimates and reports."""

from dataclasses import dataclass
from typing import Literal

from rlm_pipeline.llm import prices
from rlm_pipeline.llm.ledger_file import LedgerFile
from rlm_pipeline.llm.usage import Usage

Group = Literal["dataset", "partition", "purpose", "model"]

_STATUSES = ("answered", "quarantined", "unasked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """One group of calls, `of` the values of the columns it was grouped by.

    `spent_usd` is known from the servers' own counts; `lost_usd` is at most what calls cost whose answer never
    arrived; `reserved_usd` is set aside for calls and batches under way. The budget counts all three. `calls` are those
    answered, `failed` were not charged, `lost` perhaps. `answered`, `quarantined` and `unasked` count requests.
    """

    of: tuple[str, ...]
    calls: int
    failed: int
    lost: int
    answered: int
    quarantined: int
    unasked: int
    usage: Usage
    spent_usd: float
    lost_usd: float
    reserved_usd: float


def totals(
    ledger: LedgerFile, *, by: tuple[Group, ...] = ("dataset",), dataset: str | None = None
) -> tuple[Totals, ...]:
    """The totals of each group, sorted; none where there is no ledger. Only of `dataset`, if given."""
    columns = ", ".join(by)
    where, values = ("", ()) if dataset is None else ("WHERE dataset = ?", (dataset,))
    # The names of columns are of `Group`; only values come from outside.
    attempts = ledger.read(
        f"""
        SELECT {columns}, sum(status = 'answered'), sum(status = 'failed'), sum(status = 'lost'),
               sum(input_tokens), sum(cache_write_5m), sum(cache_write_1h), sum(cache_read), sum(output_tokens),
               sum(iif(status = 'answered', cost_pico, 0)), sum(iif(status = 'lost', cost_pico, 0)),
               sum(iif(status = 'reserved', reserved_pico, 0))
        FROM attempts {where} GROUP BY {columns} ORDER BY {columns}
        """,  # noqa: S608
        values,
    )
    outcomes = ledger.read(
        f"SELECT {columns}, status, count(*) FROM outcomes {where} GROUP BY {columns}, status",  # noqa: S608
        values,
    )
    requests = {(*row[: len(by)], row[-2]): row[-1] for row in outcomes}
    return tuple(_totals(tuple(row[: len(by)]), row[len(by) :], requests) for row in attempts)


def _totals(of: tuple[str, ...], row: tuple[int, ...], requests: dict[tuple[str, ...], int]) -> Totals:
    calls, failed, lost, *counted = row
    answered, quarantined, unasked = (requests.get((*of, status), 0) for status in _STATUSES)
    spent, gone, reserved = map(prices.usd, counted[5:])
    return Totals(
        of=of,
        calls=calls,
        failed=failed,
        lost=lost,
        answered=answered,
        quarantined=quarantined,
        unasked=unasked,
        usage=Usage(*counted[:5]),
        spent_usd=spent,
        lost_usd=gone,
        reserved_usd=reserved,
    )
