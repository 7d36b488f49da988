"""What a reading is expected to take in tokens and dollars: by the price list, corrected by what earlier ones took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rlm_pipeline.analysis.observation import Analyst
from rlm_pipeline.analysis.reading import asked
from rlm_pipeline.analysis.reading.packing import Reading
from rlm_pipeline.analysis.reading.readers import Reader
from rlm_pipeline.configuration import Analysis
from rlm_pipeline.llm import prices, tokens
from rlm_pipeline.llm.ledger import Ledger
from rlm_pipeline.llm.usage import Usage

FEWEST_ANSWERS = 8
"""Of a model and purpose; with fewer the price list and the figures below are all there is to go by."""

ANSWER_TOKENS_PER_UNIT = 90
ANSWER_TOKENS = 200
"""What an answer is expected to have, per record and besides, before any was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Per reading: tokens of the prompt and of the answer, and US dollars. `answers` are what it was learnt from."""

    prompt_tokens: float
    answer_tokens: float
    usd: float
    answers: int


def of_reading(
    settings: Analysis, ledger: Ledger, reader: Reader, prompts: Sequence[str], units: int, *, dataset: str
) -> Expected:
    """The mean over readings with these prompts, of `units` records in all.

    Where `FEWEST_ANSWERS` calls of this dataset, model and prompt have been answered, tokens and dollars are those per
    character of their prompts. Else: the documentation's characters per token, the fixed prefix read from the cache,
    an answer of `ANSWER_TOKENS_PER_UNIT` for every record.
    """
    count = max(1, len(prompts))
    characters = sum(map(len, prompts)) / count
    price = prices.price_of(reader.model) if settings.base_url is None else prices.LOCAL
    seen = _seen(ledger, reader, dataset)
    if seen.answers >= FEWEST_ANSWERS and seen.characters:
        share = characters / seen.characters
        usd = prices.usd(price.rates.cost(seen.usage)) * (float(price.batch_share) if settings.batches else 1.0)
        return Expected(
            prompt_tokens=seen.usage.prompt * share,
            answer_tokens=seen.usage.output * share,
            usd=usd * share,
            answers=seen.answers,
        )
    prefix = tokens.estimate(reader.system)
    varying = characters / tokens.CHARACTERS_PER_TOKEN
    answer = min(settings.answer_tokens, ANSWER_TOKENS + ANSWER_TOKENS_PER_UNIT * units / count)
    usage = Usage(input=round(varying), cache_read=prefix, output=round(answer))
    return Expected(
        prompt_tokens=prefix + varying,
        answer_tokens=answer,
        usd=prices.usd(price.cost(usage, batch=settings.batches)),
        answers=seen.answers,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """Calls that were answered: how many, the characters of their prompts but for the prefix, and their tokens."""

    answers: int
    characters: int
    usage: Usage


def _seen(ledger: Ledger, reader: Reader, dataset: str) -> _Seen:
    rows = ledger.read(
        "SELECT count(*), sum(prompt_characters), sum(input_tokens), sum(cache_write_5m), sum(cache_write_1h), "
        "sum(cache_read), sum(output_tokens) FROM attempts WHERE status = 'answered' AND dataset = ? AND model = ? "
        "AND purpose = ? AND prompt_version = ?",
        (dataset, reader.model, f"analyst:{reader.analyst}", reader.prompt_version),
    )
    answers, characters, *used = rows[0] if rows else (0,) * 7
    return _Seen(answers=answers, characters=characters or 0, usage=Usage(*(each or 0 for each in used)))


def mean_usd(
    settings: Analysis, ledger: Ledger, readers: Mapping[Analyst, Reader], readings: Sequence[Reading], *, dataset: str
) -> float:
    """What one of the readings is expected to cost on average, in US dollars."""
    total = 0.0
    for analyst, reader in readers.items():
        own = [reading for reading in readings if reading.analyst == analyst]
        prompts = [asked.prompt(each.units, each.context, settings.question) for each in own]
        units = sum(len(each.units) for each in own)
        total += len(own) * of_reading(settings, ledger, reader, prompts, units, dataset=dataset).usd
    return total / max(1, len(readings))
