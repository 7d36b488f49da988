"""How much of a partition is read: what the configuration allows, and its share of what is left of the budget."""

from collections.abc import Sequence
from dataclasses import dataclass

from rlm_pipeline.analysis.reading import asked
from rlm_pipeline.analysis.reading.packing import MOST_UNITS
from rlm_pipeline.analysis.reading.unit import Unit
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.llm import prices
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.store import DatasetStore

_SHARE_FOR_TEXT = 0.75
_LEAST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most readings to be made of a partition, None for any number, and why no more."""

    readings: int | None
    reason: str


def text_of(most_characters: int) -> int:
    """The longest part of a record, in characters, so that notes and heading fit into the reading beside it."""
    return max(_LEAST_TEXT, int(most_characters * _SHARE_FOR_TEXT))


def of_partition(
    store: DatasetStore,
    config: DatasetConfig,
    partition: str,
    ledger: Ledger,
    *,
    usd_per_reading: float,
    known_readings: int,
) -> Limit:
    """The tighter of `most_readings`, of which `known_readings` were made before, and of what the budget pays for.

    What is left of the budget is shared by records among the partitions that have not been read yet.
    """
    settings = config.analysis
    limit = Limit(readings=None, reason="")
    if settings.budget_usd is not None and usd_per_reading > 0:
        left = settings.budget_usd - prices.usd(spent_pico(ledger, config.name))
        share = max(0.0, left) * _share_of(store, partition)
        limit = Limit(
            readings=int(share / usd_per_reading),
            reason=f"beyond what {partition}'s share of the budget, {share:.4f} US dollars, pays for",
        )
    if settings.most_readings is not None:
        most = max(0, settings.most_readings - known_readings)
        if limit.readings is None or most < limit.readings:
            limit = Limit(readings=most, reason=f"beyond analysis.most_readings, {settings.most_readings}")
    return limit


def within(units: Sequence[Unit], limit: Limit, most_characters: int) -> tuple[Unit, ...]:
    """The first units, in the order of reading, that so many readings have room for."""
    if limit.readings is None:
        return tuple(units)
    room, places = limit.readings * most_characters, limit.readings * MOST_UNITS
    chosen: list[Unit] = []
    for unit in units[:places]:
        room -= len(asked.of_unit(MOST_UNITS, unit))
        if room < 0 and chosen:
            break
        chosen.append(unit)
    return tuple(chosen) if limit.readings else ()


def spent_pico(ledger: Ledger, dataset: str) -> int:
    """What a dataset has cost so far, and what calls under way may cost, in picodollars."""
    rows = ledger.read("SELECT settled_pico + reserved_pico FROM spending WHERE dataset = ?", (dataset,))
    return int(rows[0][0]) if rows else 0


def _share_of(store: DatasetStore, partition: str) -> float:
    read = set(store.partitions_with("readings"))
    waiting = [each for each in store.partitions_with("raw_file", ".json") if each == partition or each not in read]
    rows = {each: store.manifest(each).rows for each in waiting}
    return rows[partition] / max(1, sum(rows.values()))
