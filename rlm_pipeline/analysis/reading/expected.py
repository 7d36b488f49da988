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
    seen = ledger.read(
        "SELECT count(*), sum(prompt_characters), sum(input_tokens + cache_write_5m + cache_write_1h + cache_read), "
        "sum(output_tokens), sum(cost_pico) FROM attempts WHERE status = 'answered' AND dataset = ? AND model = ? "
        "AND purpose = ? AND prompt_version = ?",
        (dataset, reader.model, f"analyst:{reader.analyst}", reader.prompt_version),
    )
    answers, length, prompt_tokens, answer_tokens, cost = seen[0] if seen else (0, 0, 0, 0, 0)
    if answers >= FEWEST_ANSWERS and length:
        share = characters / length
        return Expected(
            prompt_tokens=prompt_tokens * share,
            answer_tokens=answer_tokens * share,
            usd=prices.usd(cost) * share,
            answers=answers,
        )
    prefix = tokens.estimate(reader.system)
    varying = characters / tokens.CHARACTERS_PER_TOKEN
    answer = min(settings.answer_tokens, ANSWER_TOKENS + ANSWER_TOKENS_PER_UNIT * units / count)
    price = prices.price_of(reader.model) if settings.base_url is None else prices.LOCAL
    usage = Usage(input=round(varying), cache_read=prefix, output=round(answer))
    return Expected(
        prompt_tokens=prefix + varying,
        answer_tokens=answer,
        usd=prices.usd(price.cost(usage, batch=settings.batches)),
        answers=answers,
    )


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
