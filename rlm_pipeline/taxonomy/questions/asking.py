"""One question asked about statements: in batches, each answer with a quote that code looks up in its statement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from rlm_pipeline import fingerprint
from rlm_pipeline.analysis import quotes
from rlm_pipeline.analysis.fencing import fence
from rlm_pipeline.llm.request import Request
from rlm_pipeline.profiling.kinds import PLACEHOLDERS
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy.discovery import Read
from rlm_pipeline.taxonomy.questions import kept
from rlm_pipeline.taxonomy.questions.kept import AGAIN, FIRST, Raw
from rlm_pipeline.taxonomy.questions.proposing import ANSWERS_PROMPT, Asked, in_a_line
from rlm_pipeline.taxonomy.questions.said import OfAnswers
from rlm_pipeline.taxonomy.review.asked import Reviewer
from rlm_pipeline.taxonomy.review.words import cleaned
from rlm_pipeline.taxonomy.terms import is_function_word

AT_ONCE = 20
"""Statements in one request."""
ANSWER_TOKENS = 2048
LONGEST_STATEMENT = 600
LONGEST_ANSWER, MOST_WORDS = 60, 8
ASKED_AGAIN = 40

NOT_STATED = "not stated"
_NOTHING = PLACEHOLDERS | {"", NOT_STATED, "not specified", "not mentioned", "unclear"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer in a few words, and the stretch of the statement that it rests on."""

    text: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What is known of statements by position in the sample: `given` is None where one does not say, or not verified.

    `again` has those that were asked twice. The counts are of `given`. `lost` says which answers cannot be used,
    `unasked` why some were not asked for.
    """

    given: dict[int, Answer | None]
    again: dict[int, Answer | None]
    not_stated: int
    unverified: int
    unusable: int
    lost: str
    unasked: str

    @property
    def missing(self) -> str:
        """Why there are not more, in one line."""
        return "; ".join(part for part in (self.lost, self.unasked) if part)


def ask(
    store: DatasetStore, read: Read, asked: Asked, *, statements: int, reviewer: Reviewer | None, unasked: str = ""
) -> Answers:
    """Ask about the first so many statements of the sample, and about some of them once more.

    What was answered before is not asked again. Without a reviewer, or with a reason why it is `unasked`, nobody is;
    then answers of another model or to other instructions stand in for those that are not there.

    Raises:
        ConfigurationError: the prompt file is absent or wrong.
        StoreError: the ledger or the answers cannot be written.

    """
    sample = read.statements.head(statements)
    as_asked = asked_as(asked, reviewer) if reviewer else None
    raw = kept.read(store, asked.id, as_asked)
    keys = sample["key"].to_list()
    lost: list[str] = []
    if reviewer is not None and as_asked is not None:
        for time, positions in ((FIRST, list(range(sample.height))), (AGAIN, once_more(sample))):
            missing = [at for at in positions if (keys[at], time) not in raw]
            if not missing:
                continue
            if not unasked:
                fresh, why, unasked = _asked(sample, missing, asked, reviewer, time)
                kept.add(store, asked.id, as_asked, fresh)
                raw |= fresh
                lost += why
    if unasked:
        raw = kept.read(store, asked.id, None) | raw
    return _checked(sample, raw, lost="; ".join(dict.fromkeys(lost)), unasked=unasked)


def asked_as(asked: Asked, reviewer: Reviewer) -> str:
    """16 hex of all that decides an answer, but for the statement."""
    prompt = reviewer.prompt(ANSWERS_PROMPT)
    settings = reviewer.config.analysis
    return fingerprint.short(
        settings.base_url or "", reviewer.model_of(prompt), prompt.version, asked.question.name, asked.question.question
    )


def once_more(sample: pl.DataFrame) -> list[int]:
    """Positions of the statements that are asked twice, in an order of their own: in other company."""
    ranks = [fingerprint.rank(key) for key in sample["key"]]
    by_chance = sorted(range(sample.height), key=lambda at: (ranks[at], at))
    return by_chance[:ASKED_AGAIN]


def normalised(answer: str) -> str:
    """An answer as it compares: without case and punctuation."""
    return " ".join("".join(letter if letter.isalnum() else " " for letter in answer.casefold()).split())


def _asked(
    sample: pl.DataFrame, positions: Sequence[int], asked: Asked, reviewer: Reviewer, time: int
) -> tuple[dict[tuple[str, int], Raw], list[str], str]:
    """What a model writes about statements; what is lost, and why some were not even asked about."""
    batches = [positions[start : start + AT_ONCE] for start in range(0, len(positions), AT_ONCE)]
    replied = reviewer.ask(list(_requests(sample, batches, asked, reviewer)))
    lost: list[str] = []
    keys = sample["key"].to_list()
    found: dict[tuple[str, int], Raw] = {}
    for batch, reply in zip(batches, replied.replies, strict=False):
        if isinstance(reply.value, OfAnswers):
            found |= {(keys[at], time): raw for at, raw in _usable(reply.value, batch).items()}
        elif reply.status != "unasked":
            lost.append(f"answers about {len(batch)} statements are lost: {reply.reason}")
    return found, lost, replied.unasked


def _requests(
    sample: pl.DataFrame, batches: Sequence[Sequence[int]], asked: Asked, reviewer: Reviewer
) -> Iterator[Request]:
    """One request for each batch; all are told the same question, which a server keeps."""
    prompt = reviewer.prompt(ANSWERS_PROMPT)
    beside = f"The question:\n{fence(f'{asked.question.name}: {asked.question.question}')}"
    texts = sample["text"].to_list()
    for batch in batches:
        numbered = "\n".join(
            f"{number}. {in_a_line(texts[at], LONGEST_STATEMENT)}" for number, at in enumerate(batch, start=1)
        )
        yield reviewer.request(
            prompt,
            fence(numbered),
            OfAnswers,
            room=ANSWER_TOKENS,
            label=f"{asked.question.name} of {len(batch)} statements",
            beside=beside,
        )


def _usable(answer: OfAnswers, batch: Sequence[int]) -> dict[int, Raw]:
    """Of every statement of a batch what is said of it; nothing is said where there are two different answers."""
    said: dict[int, set[Raw]] = {}
    for each in answer.answers:
        if 1 <= each.statement <= len(batch):
            said.setdefault(batch[each.statement - 1], set()).add(
                Raw(answer=_storable(each.answer), quote=_storable(each.quote))
            )
    nothing = Raw(answer=None, quote="")
    return {at: next(iter(said[at])) if len(said.get(at, ())) == 1 else nothing for at in batch}


def _storable(text: str) -> str:
    # Half of a character in UTF-16, as JSON may escape it, is no text that can be stored.
    return text.encode("utf-8", "replace").decode()


def _checked(sample: pl.DataFrame, raw: kept.Answers, *, lost: str, unasked: str) -> Answers:
    counts = dict.fromkeys(("not_stated", "unverified", "unusable"), 0)
    given: dict[int, Answer | None] = {}
    again: dict[int, Answer | None] = {}
    for at, (key, statement) in enumerate(sample.select("key", "statement").iter_rows()):
        for time, found in ((FIRST, given), (AGAIN, again)):
            if (key, time) in raw:
                answer = checked(raw[key, time], statement)
                found[at] = None if isinstance(answer, str) else answer
                if time == FIRST and isinstance(answer, str):
                    counts[answer] += 1
    return Answers(given=given, again=again, lost=lost, unasked=unasked, **counts)


def checked(raw: Raw, statement: str) -> Answer | str:
    """An answer whose quote is in the statement, or what it counts as: not_stated, unverified or unusable."""
    if raw.answer is None:
        return "unusable"
    text = cleaned(raw.answer).rstrip(".")
    if normalised(text) in _NOTHING or text in _NOTHING:
        return "not_stated"
    if not normalised(text) or len(text) > LONGEST_ANSWER or len(text.split()) > MOST_WORDS:
        return "unusable"
    found = quotes.find(raw.quote, statement)
    quote = statement[found.start : found.end] if found else ""
    if all(is_function_word(word) for word in normalised(quote).split()):
        return "unverified"
    return Answer(text=text, quote=quote)
