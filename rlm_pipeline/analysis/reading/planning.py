"""What is known of a partition already, what is to be read of it now, and what is left."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rlm_pipeline.analysis import routing
from rlm_pipeline.analysis.observation import Analyst
from rlm_pipeline.analysis.reading import asked, earlier, expected, limits, packing
from rlm_pipeline.analysis.reading import plan as plans
from rlm_pipeline.analysis.reading.answers import Answer
from rlm_pipeline.analysis.reading.earlier import Place
from rlm_pipeline.analysis.reading.packing import Reading
from rlm_pipeline.analysis.reading.plan import ReadingPlan
from rlm_pipeline.analysis.reading.readers import Reader, readers
from rlm_pipeline.analysis.reading.unit import UnitId
from rlm_pipeline.chunking import batch_context
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.llm import tokens
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.llm.request import Request
from rlm_pipeline.store import DatasetStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A partition's plan: `fresh` readings are to be made, `known` units were read before, `left` ones are not read."""

    plan: ReadingPlan
    readers: Mapping[Analyst, Reader]
    unit_keys: Mapping[UnitId, str]
    known: Mapping[UnitId, Place]
    answers: Mapping[str, Answer]
    fresh: tuple[Reading, ...]
    left: Mapping[UnitId, str]


def prepare(store: DatasetStore, config: DatasetConfig, partition: str, *, ledger: Ledger) -> Planned:
    """What there is to read, what of it is known, and which readings the limits allow.

    Raises:
        NotMaterialised: a stage before this one has not run.
        ConfigurationError: a prompt file is absent or wrong.

    """
    settings = config.analysis
    most = int(settings.reading_tokens * tokens.CHARACTERS_PER_TOKEN)
    plan = plans.plan(store, config, partition, most_characters=limits.text_of(most))
    found = readers(settings, routing.routed(store.manifest(partition).sources))
    keys = {unit.id: earlier.key_of(unit, settings, found[unit.analyst].prompt_version) for unit in plan.units}
    known, answers = _known(store, ledger, plan, keys, found)
    carried = {name: each.text for name, each in batch_context.of_partition(store, config, partition).items()}
    unknown = [unit for unit in plan.units if unit.id not in known]
    whole = tuple(packing.pack(unknown, carried, most_characters=most))
    usd = expected.mean_usd(settings, ledger, found, whole, dataset=config.name)
    limit = limits.of_partition(store, config, partition, ledger, usd_per_reading=usd, known_readings=len(answers))
    chosen = limits.within(unknown, limit, most)
    fresh = tuple(packing.pack(chosen, carried, most_characters=most))[: limit.readings]
    reached = {unit.id for reading in fresh for unit in reading.units}
    return Planned(
        plan=plan,
        readers=found,
        unit_keys=keys,
        known=known,
        answers=answers,
        fresh=fresh,
        left={unit.id: limit.reason for unit in unknown if unit.id not in reached},
    )


def requests(planned: Planned, config: DatasetConfig, partition: str) -> Iterator[Request]:
    """What is asked, reading by reading, in the order in which it pays."""
    for reading in planned.fresh:
        reader = planned.readers[reading.analyst]
        first, last = reading.units[0], reading.units[-1]
        yield Request(
            purpose=f"analyst:{reading.analyst}",
            dataset=config.name,
            partition=partition,
            model=reader.model,
            system=reader.system,
            prompt=asked.prompt(reading.units, reading.context, config.analysis.question),
            answer=reader.answer,
            max_tokens=config.analysis.answer_tokens,
            prompt_version=reader.prompt_version,
            label=f"{first.source}:{first.row} to {last.source}:{last.row}",
        )


def only(planned: Planned, readings: Sequence[Reading]) -> Planned:
    """The same plan with only these of its fresh readings, and nothing that was read before."""
    return dataclasses.replace(planned, known={}, answers={}, fresh=tuple(readings), left={})


def _known(
    store: DatasetStore,
    ledger: Ledger,
    plan: ReadingPlan,
    keys: Mapping[UnitId, str],
    found: Mapping[Analyst, Reader],
) -> tuple[dict[UnitId, Place], dict[str, Answer]]:
    """The units that were read before, and what was answered by the calls, as far as the ledger still holds them."""
    places = earlier.places(store)
    known: dict[UnitId, Place] = {}
    answers: dict[str, Answer | None] = {}
    for unit in plan.units:
        place = places.get(keys[unit.id])
        if place is None:
            continue
        if place.call_key not in answers:
            answers[place.call_key] = earlier.answer(ledger, place.call_key, found[unit.analyst].answer)
        if answers[place.call_key] is not None:
            known[unit.id] = place
    return known, {key: answer for key, answer in answers.items() if answer is not None}
