"""What reading a dataset takes, before anything is spent: calls, tokens and dollars, from some of its partitions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from rlm_pipeline.analysis.observation import Analyst
from rlm_pipeline.analysis.reading import asked, expected, limits, making, planning
from rlm_pipeline.analysis.reading.packing import Reading
from rlm_pipeline.analysis.reading.planning import Planned
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.llm import prices
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.store import DatasetStore

T = TypeVar("T")

PLANNED = 3
"""Partitions whose readings are planned; those of the others are estimated from them, by records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalystForecast:
    """To read all that one analyst has not read; `answers` are the calls that tokens and dollars are learnt from."""

    analyst: Analyst
    model: str
    units: int
    calls: int
    prompt_tokens: int
    answer_tokens: int
    usd: float
    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Of a dataset; `usd` is what all of it takes, `allowed_calls` what `budget_usd` less `spent_usd` pays for.

    `known_units` need no call: they were read before. `read_in_another` records are read with one that says the same.
    """

    records: int
    read_in_another: int
    known_units: int
    analysts: tuple[AnalystForecast, ...]
    planned: tuple[str, ...]
    partitions: tuple[str, ...]
    prices_of: str
    spent_usd: float
    budget_usd: float | None
    allowed_calls: int

    @property
    def calls(self) -> int:
        """Of all analysts."""
        return sum(each.calls for each in self.analysts)

    @property
    def usd(self) -> float:
        """Of all analysts."""
        return sum(each.usd for each in self.analysts)


def forecast(store: DatasetStore, config: DatasetConfig, partitions: Sequence[str], ledger: Ledger) -> Forecast:
    """Plan the readings of some partitions, spread over them, and scale what they take to all, by records.

    Raises:
        NotMaterialised: a stage before readings has not run for one of them.
        ConfigurationError: a prompt file is absent or wrong.
        ModelError: no price is known for the model.

    """
    chosen = spread(partitions, PLANNED)
    everything = config.model_copy(
        update={"analysis": config.analysis.model_copy(update={"budget_usd": None, "most_readings": None})}
    )
    plans = {each: planning.prepare(store, everything, each, ledger=ledger) for each in chosen}
    rows = {each: store.manifest(each).rows for each in partitions}
    scale = sum(rows.values()) / max(1, sum(rows[each] for each in chosen))
    analysts = tuple(_of_analyst(name, plans, config, ledger, scale) for name in _analysts(plans))
    spent = prices.usd(limits.spent_pico(ledger, config.name))
    calls, usd = sum(each.calls for each in analysts), sum(each.usd for each in analysts)
    return Forecast(
        records=sum(rows.values()),
        read_in_another=round(scale * sum(_read_in_another(plan) for plan in plans.values())),
        known_units=round(scale * sum(len(plan.known) for plan in plans.values())),
        analysts=analysts,
        planned=tuple(chosen),
        partitions=tuple(partitions),
        prices_of=prices.as_of(),
        spent_usd=spent,
        budget_usd=config.analysis.budget_usd,
        allowed_calls=_allowed(config, calls, usd, spent),
    )


def first_readings(
    store: DatasetStore, config: DatasetConfig, partition: str, ledger: Ledger
) -> Mapping[Analyst, tuple[str, str]]:
    """The system prompt and the prompt of the first reading of each analyst of a partition.

    Raises:
        NotMaterialised: a stage before readings has not run for it.

    """
    plan = planning.prepare(store, config, partition, ledger=ledger)
    found: dict[Analyst, tuple[str, str]] = {}
    for reading, request in zip(plan.fresh, planning.requests(plan, config, partition), strict=True):
        found.setdefault(reading.analyst, (request.system, request.prompt))
    return found


def sample(
    store: DatasetStore,
    config: DatasetConfig,
    partitions: Sequence[str],
    ledger: Ledger,
    readings: int,
    *,
    transport: Any = None,
) -> float:
    """Make a few readings, spread over what there is to read, so that forecasts rest on answers; what they cost.

    They are paid, count towards the budget, and are not made again by a run. `transport` replaces the network in tests.

    Raises:
        ModelError: the server cannot be used.

    """
    cost = 0.0
    chosen = spread(partitions, PLANNED)
    for partition in chosen:
        plan = planning.prepare(store, config, partition, ledger=ledger)
        few = planning.only(plan, spread(plan.fresh, -(-readings // len(chosen))))
        cost += making.make(few, config, partition, ledger=ledger, transport=transport).cost_usd
    return cost


def spread(items: Sequence[T], count: int) -> list[T]:
    """At most `count` of the items, at even distances, the first and the last among them."""
    if len(items) <= count:
        return list(items)
    if count == 1:
        return [items[0]]
    return [items[round(number * (len(items) - 1) / (count - 1))] for number in range(count)]


def _analysts(plans: Mapping[str, Planned]) -> list[Analyst]:
    return sorted({analyst for plan in plans.values() for analyst in plan.readers})


def _of_analyst(
    analyst: Analyst, plans: Mapping[str, Planned], config: DatasetConfig, ledger: Ledger, scale: float
) -> AnalystForecast:
    readings: list[Reading] = [each for plan in plans.values() for each in plan.fresh if each.analyst == analyst]
    reader = next(plan.readers[analyst] for plan in plans.values() if analyst in plan.readers)
    shown = [asked.prompt(each.units, each.context, config.analysis.question) for each in readings]
    units = sum(len(each.units) for each in readings)
    one = expected.of_reading(config.analysis, ledger, reader, shown, units, dataset=config.name)
    calls = round(scale * len(readings))
    return AnalystForecast(
        analyst=analyst,
        model=reader.model,
        units=round(scale * units),
        calls=calls,
        prompt_tokens=round(calls * one.prompt_tokens),
        answer_tokens=round(calls * one.answer_tokens),
        usd=calls * one.usd,
        answers=one.answers,
    )


def _read_in_another(plan: Planned) -> int:
    return int(plan.plan.fates["fate"].is_in(["same", "alike", "near"]).sum())


def _allowed(config: DatasetConfig, calls: int, usd: float, spent: float) -> int:
    budget = config.analysis.budget_usd
    if budget is None or not usd:
        return calls
    return min(calls, int(calls * max(0.0, budget - spent) / usd))
