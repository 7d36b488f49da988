"""The terms that a partition's text defines, and where."""

from collections import Counter, defaultdict
from dataclasses import dataclass

import polars as pl

from rlm_pipeline.analysis.observation import number_of, shown
from rlm_pipeline.analysis.text_analyst import own_records
from rlm_pipeline.analysis.text_analyst.own_records import BATCH, PLACE, Part
from rlm_pipeline.analysis.text_analyst.prose.definition_forms import (
    FORMS,
    LIKELY,
    LIKELY_ABBREVIATION,
    LIKELY_HEADING,
    of_text,
)
from rlm_pipeline.analysis.text_analyst.shares import HITS, Share, Topic, as_hits

MOST_TERMS = 60
"""Terms told one by one; others are counted together."""

STRIDES_SAMPLED = 25
"""The terms to tell are chosen from so many strides of records, evenly over the partition."""

OTHERS = "(other terms)"

_MOST_KNOWN = 20_000  # terms remembered


@dataclass(slots=True)
class Definitions:
    """The terms that were settled: the topic of each, the last one that of all others."""

    topics: list[Topic]
    numbers: dict[str, int]

    def hits(self, records: pl.DataFrame) -> pl.DataFrame:
        """The definitions among the records of a window, as `HITS`, in the order of records."""
        rows = [
            (place, batch, self.numbers.get(each.term.lower(), len(self.topics) - 1), each.term, each.quote)
            for place, batch, text, heading in _likely(records).select(PLACE, BATCH, "text", "heading").iter_rows()
            for each in of_text(text, heading)
        ]
        if not rows:
            return pl.DataFrame(schema=HITS)
        schema = {PLACE: pl.Int64, BATCH: pl.Int64, "number": pl.Int64, "term": pl.String, "words": pl.String}
        found = pl.DataFrame(rows, schema=schema, orient="row")
        return as_hits(found, pl.col("number"), value=pl.col("term"), column="text", quote=pl.col("words"))


def survey(read: Part) -> Definitions:
    """Settle the terms that are told one by one: those defined in the surest form, then those defined most often."""
    forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
    spelled: dict[str, str] = {}
    quotes: dict[str, str] = {}
    columns = [name for name in ("heading", "block", "text") if read.has(name)]
    for stride in own_records.sampled(read, columns, STRIDES_SAMPLED):
        for text, heading in _likely(stride).select("text", "heading").iter_rows():
            for each in of_text(text, heading):
                key = each.term.lower()
                if key in spelled or len(spelled) < _MOST_KNOWN:
                    spelled.setdefault(key, each.term)
                    quotes.setdefault(key, each.quote)
                    forms[key][each.form] += 1
    sure = {key: max(FORMS[form] for form in counted) for key, counted in forms.items()}
    ranked = sorted(forms, key=lambda key: (-sure[key], -forms[key].total(), key))
    topics = [_topic(spelled[key], quotes[key], sure[key]) for key in ranked[:MOST_TERMS]]
    listed = frozenset(spelled[key] for key in ranked[MOST_TERMS : 2 * MOST_TERMS])
    others = Topic(
        kind="definition",
        scope=OTHERS,
        say=lambda share: (
            f"further terms are defined in {number_of(share.records, 'record')} here, {share.most(shown, 6)}"
        ),
        listed=listed,
        rest=OTHERS,
        confidence=FORMS["kind"],
    )
    return Definitions(
        topics=[*topics, others], numbers={key: number for number, key in enumerate(ranked[:MOST_TERMS])}
    )


def _topic(term: str, quote: str, confidence: float) -> Topic:
    def say(share: Share) -> str:
        return f"{shown(term)} is defined in {number_of(share.records, 'record')} here: {shown(quote, 200)}"

    return Topic(kind="definition", scope=term, say=say, confidence=confidence)


def _likely(records: pl.DataFrame) -> pl.DataFrame:
    """Records that may define something: `text` and `heading` are there, and no code, table or heading is."""
    heading = pl.col("heading").fill_null("") if "heading" in records.columns else pl.lit("")
    text = records.with_columns(heading.alias("heading"))
    if "block" in records.columns:
        text = text.filter(~pl.col("block").is_in(["code", "table", "heading", "front_matter", "headers", "rule"]))
    return text.filter(
        pl.col("text").str.contains_any(list(LIKELY))
        | pl.col("text").str.contains(LIKELY_ABBREVIATION)
        | pl.col("heading").str.contains(LIKELY_HEADING)
    )
