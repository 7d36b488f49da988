"""What a model's work on the taxonomy takes at most, before anything is asked: review, labels, questions of its own."""

from dataclasses import dataclass

from rlm_pipeline.configuration import DatasetConfig
from rlm_pipeline.errors import NotMaterialised, StoreError
from rlm_pipeline.llm import prices, prompts, tokens
from rlm_pipeline.llm.usage import Usage
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import dimensions, exemplars
from rlm_pipeline.taxonomy.document import Dimension
from rlm_pipeline.taxonomy.hierarchy import FEWEST_CATEGORIES
from rlm_pipeline.taxonomy.questions import asking, proposing
from rlm_pipeline.taxonomy.review import asked, labelling, measuring, open_statements, reviewing, shown, upper_level
from rlm_pipeline.taxonomy.slots.views import MOST_VIEWS

ASSUMED_CATEGORIES = 60
"""Of a text column whose categories are not found yet."""

_STATEMENTS = exemplars.NEAREST + exemplars.AT_THE_BORDER
_FRAME = 400  # characters of a category beside its statements: heading, fence, words
_LINE = 160  # characters of a category in a line
_KNOWN_DIMENSIONS = 1 + MOST_VIEWS  # of a text, whose categories are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewForecast:
    """An upper estimate of one kind of request: the largest prompts and the longest answers."""

    purpose: str
    model: str
    calls: int
    prompt_tokens: int
    answer_tokens: int
    usd: float


def forecast(store: DatasetStore, config: DatasetConfig, partitions: int) -> tuple[ReviewForecast, ...]:
    """For the dimensions as they are stored, or for as many text columns as are known to be there.

    Raises:
        ConfigurationError: a prompt file is absent or wrong.
        ModelError: no price is known for a model.

    """
    sizes = _categories(store, config)
    category = tokens.estimate("x" * (_FRAME + _STATEMENTS * shown.LONGEST_STATEMENT))
    line = tokens.estimate("x" * _LINE)
    batch = tokens.estimate("x" * (labelling.AT_ONCE * shown.LONGEST_STATEMENT))
    described = tokens.estimate("x" * labelling.LONGEST_DEFINITION)
    packs = [-(-size // reviewing.MOST_TOGETHER) for size in sizes]
    above = [size for size in sizes if size >= FEWEST_CATEGORIES]
    measures = -(-measuring.MEASURED // labelling.AT_ONCE)
    batches = measures + partitions * -(-open_statements.MOST // labelling.AT_ONCE)
    return (
        _of(config, asked.SIBLINGS, sum(packs), sum(sizes) * category, reviewing.ANSWER_TOKENS),
        _of(config, asked.UPPER_LEVEL, len(above), sum(above) * line, upper_level.ANSWER_TOKENS),
        _of(
            config,
            asked.STATEMENTS,
            batches * len(sizes),
            batches * (len(sizes) * batch + sum(sizes) * described),
            labelling.ANSWER_TOKENS,
        ),
        *(_of_questions(store, config) if config.discovery.questions else ()),
    )


def _of_questions(store: DatasetStore, config: DatasetConfig) -> tuple[ReviewForecast, ReviewForecast]:
    """As if nothing was proposed or answered before."""
    texts, settings = _texts(store, config), config.discovery
    names = proposing.MOST_CATEGORIES * proposing.LONGEST_KNOWN * _KNOWN_DIMENSIONS
    proposal = tokens.estimate("x" * (_FRAME + proposing.SHOWN * proposing.LONGEST_SHOWN + names))
    batch = tokens.estimate("x" * (_FRAME + asking.AT_ONCE * asking.LONGEST_STATEMENT))
    batches = -(-settings.question_statements // asking.AT_ONCE) + -(-asking.ASKED_AGAIN // asking.AT_ONCE)
    calls = texts * settings.questions * batches
    return (
        _of(config, proposing.PROMPT, texts, texts * proposal, proposing.ANSWER_TOKENS),
        _of(config, proposing.ANSWERS_PROMPT, calls, calls * batch, asking.ANSWER_TOKENS),
    )


def _of(config: DatasetConfig, name: str, calls: int, told: int, room: int) -> ReviewForecast:
    settings = config.analysis
    prompt = prompts.load(name, settings.prompts)
    model = settings.synthesizer if prompt.model == "synthesizer" else settings.analyst
    price = prices.price_of(model) if settings.base_url is None else prices.LOCAL
    prompt_tokens = told + calls * tokens.estimate(prompt.text)
    return ReviewForecast(
        purpose=name,
        model=model,
        calls=calls,
        prompt_tokens=prompt_tokens,
        answer_tokens=calls * room,
        usd=prices.usd(price.cost(Usage(input=prompt_tokens, output=calls * room))),
    )


def _categories(store: DatasetStore, config: DatasetConfig) -> list[int]:
    """Leaves of each text dimension that passed its gate."""
    try:
        found = dimensions.load(store).dimensions
    except (NotMaterialised, StoreError):
        return [ASSUMED_CATEGORIES] * max(1, len(config.columns.text))
    return [_leaves(each) for each in found if each.kind == "text" and each.gate == "passed"]


def _texts(store: DatasetStore, config: DatasetConfig) -> int:
    """Text columns that a dimension was looked for in."""
    try:
        found = dimensions.load(store).dimensions
    except (NotMaterialised, StoreError):
        return max(1, len(config.columns.text))
    return len({each.facet for each in found if each.kind == "text"})


def _leaves(dimension: Dimension) -> int:
    above = {category.parent for category in dimension.categories}
    return sum(category.id not in above for category in dimension.categories)
