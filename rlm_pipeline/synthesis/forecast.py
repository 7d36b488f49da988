"""What the synthesiser takes at most, before it is asked: one call for each partition and one for all of them."""

from dataclasses import dataclass

from rlm_pipeline.chunking.chunk_table import BYTES_PER_TOKEN
from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.llm import prices, prompts, tokens
from rlm_pipeline.llm.usage import Usage
from rlm_pipeline.synthesis.facts import BUDGET_TOKENS
from rlm_pipeline.synthesis.narrating import PROMPT


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisForecast:
    """An upper estimate: as many facts as are ever told, and the longest answer."""

    model: str
    calls: int
    prompt_tokens: int
    answer_tokens: int
    usd: float


def forecast(config: DatasetConfig, partitions: int) -> SynthesisForecast:
    """For so many partitions.

    Raises:
        ConfigurationError: the prompt file is absent or wrong.
        ModelError: no price is known for the model.

    """
    settings = config.analysis
    price = prices.price_of(settings.synthesizer) if settings.base_url is None else prices.LOCAL
    told = round(BUDGET_TOKENS * BYTES_PER_TOKEN / tokens.CHARACTERS_PER_TOKEN)
    one = told + tokens.estimate(prompts.load(PROMPT, settings.prompts).text)
    answer = settings.answer_tokens * 2
    calls = partitions + 1
    return SynthesisForecast(
        model=settings.synthesizer,
        calls=calls,
        prompt_tokens=calls * one,
        answer_tokens=calls * answer,
        usd=calls * prices.usd(price.cost(Usage(input=one, output=answer))),
    )
