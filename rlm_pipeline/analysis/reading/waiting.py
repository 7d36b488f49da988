"""Partitions whose readings were handed in with a batch that has ended since: what is to be run again."""

import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.store import DatasetStore


def ended_since(store: DatasetStore, ledger: Ledger) -> dict[str, str]:
    """Each partition with readings that its stored result calls unread and that no batch has any more.

    The value tells what ended: it changes when more does. What a batch did not answer is handed in again by the run.
    """
    found: dict[str, str] = {}
    for partition in store.partitions_with("read_units"):
        units = pl.scan_parquet(store.read_units_path(partition))
        unread = units.filter((pl.col("status") == "unread") & (pl.col("call_key") != ""))
        keys = unread.select(pl.col("call_key").unique().sort()).collect()["call_key"]
        ended = [name for key in keys for name in _ended(ledger, key)]
        if ended:
            found[partition] = fingerprint.short(partition, *ended)
    return found


def _ended(ledger: Ledger, key: str) -> list[str]:
    """The attempts at a request that batches made; none while one of them is under way."""
    rows = ledger.read("SELECT id, status FROM attempts WHERE key = ? AND batch IS NOT NULL ORDER BY id", (key,))
    if any(status == "reserved" for _, status in rows):
        return []
    return [f"{attempt} {status}" for attempt, status in rows]
