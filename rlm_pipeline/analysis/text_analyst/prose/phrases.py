"""Key phrases of a partition, and what its sections are about.

A phrase is one to three words in a row, the outer ones no stop words. Of the partition those lead that are in many
records and whose words are together more often than by chance: records times normalised pointwise mutual information
(Bouma 2009). Of a section those lead that are frequent in it and not elsewhere: tf(phrase, section) times
log(1 + A / tf(phrase)), with A the mean number of words of a section (class-based TF-IDF, Grootendorst 2022).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from rlm_pipeline.analysis.observation import number_of, shown
from rlm_pipeline.analysis.text_analyst import own_records
from rlm_pipeline.analysis.text_analyst.own_records import PLACE, Part
from rlm_pipeline.analysis.text_analyst.prose import tokens
from rlm_pipeline.analysis.text_analyst.prose.sections import SECTION, Sections
from rlm_pipeline.analysis.text_analyst.prose.stop_words import STOP_WORDS
from rlm_pipeline.analysis.text_analyst.shares import HITS, Share, Topic, as_hits
from rlm_pipeline.analysis.text_analyst.tally import Tally

MOST_PHRASES = 30
PHRASES_OF_SECTION = 8
SECTIONS_TOLD = 20
"""Sections whose phrases are told of 2,000 records, those with the most words of the whole partition..."""

MOST_SECTIONS = 400
"""...and at most so many."""

LEAST_WORDS = 50
"""Words, stop words aside, of a section whose phrases are told."""

STRIDES_SAMPLED = 8
"""Phrases are chosen from so many strides of records, evenly over the partition; their counts are those of all."""

_FEWEST_RECORDS = 3
_TOGETHER = 0.3  # least normalised mutual information of a key phrase
_HELD = 0.6  # share of a phrase's occurrences within a longer one that make the longer one stand for both
_WORDS_PER_TIME = 700  # of a section: a phrase it is about is there at least once in so many
_OFTENER = 1.5  # times as frequent in its section as in the whole text is a phrase the section is about
_MOST_COUNTED = 150_000
_MOST_WEIGHED = 20_000
_LONG = 8  # words of a record whose language is asked for
_FAMILIAR = 0.25  # share of words that are stop words, in a language whose stop words are known
_COMMON = 0.25  # share of records that a word of another language is in if it is a stop word


@dataclass(slots=True)
class _Counts:
    """Occurrences and records of phrases, occurrences by section, words by section."""

    times: Tally = field(default_factory=lambda: Tally(keys=("phrase",), most=_MOST_COUNTED))
    records: Tally = field(default_factory=lambda: Tally(keys=("phrase",), most=_MOST_COUNTED))
    in_sections: Tally = field(default_factory=lambda: Tally(keys=(SECTION, "phrase"), most=2 * _MOST_COUNTED))
    words: Tally = field(default_factory=lambda: Tally(keys=(SECTION,)))
    read: int = 0
    common: frozenset[str] | None = None

    def add(self, records: pl.DataFrame) -> None:
        """Count a stride of records: `SECTION`, `text`."""
        texts = records.select(tokens.normalised(pl.col("text").fill_null("")).alias("text")).to_series()
        if self.common is None:
            self.common = _common(texts)
        found = tokens.words(texts, common=self.common)
        sections = records.get_column(SECTION)
        every = tokens.phrases(found).with_columns(pl.lit(1, dtype=pl.Int64).alias("records"))
        keys = ["key", "words"]
        times = every.group_by(keys).agg(pl.col("records").sum()).filter(pl.col("records") > 1).sort(keys)
        phrase = tokens.texts_of(times, found)
        named = times.with_columns(phrase=phrase)
        own = every.join(named.select(*keys, "phrase"), on=keys, how="inner")
        placed = own.with_columns(sections.gather(own.get_column("row")).alias(SECTION))
        self.times.add(_counted(placed, "phrase"))
        self.records.add(_counted(placed.unique(["row", "phrase"]), "phrase"))
        self.in_sections.add(_counted(placed, SECTION, "phrase").filter(pl.col("records") > 1))
        of_words = pl.DataFrame({SECTION: sections.gather(found.row[found.content[found.number]])})
        self.words.add(_counted(of_words.with_columns(pl.lit(1, dtype=pl.Int64).alias("records")), SECTION))
        self.read += records.height


def _counted(frame: pl.DataFrame, *keys: str) -> pl.DataFrame:
    return frame.group_by(keys).agg(pl.col("records").sum())


def _common(texts: pl.Series) -> frozenset[str]:
    """Stop words of a language whose stop words are not known: words of many records that have few known ones."""
    found = tokens.words(texts)
    known = found.texts.is_in(list(STOP_WORDS)).to_numpy()[found.number]
    spoken = (found.texts != tokens.BREAK).to_numpy()[found.number]
    said, familiar = (np.bincount(found.row[each], minlength=len(texts)) for each in (spoken, known))
    foreign = (said >= _LONG) & (familiar < _FAMILIAR * said)
    held = pl.DataFrame({"row": found.row, "number": found.number}).filter(pl.Series(foreign[found.row])).unique()
    counted = held.group_by("number").len()
    common = counted.filter(pl.col("len") >= max(_COMMON * int(foreign.sum()), 2 * _FEWEST_RECORDS))
    return frozenset(found.texts.gather(common.get_column("number")))


@dataclass(slots=True)
class Phrases:
    """The phrases that were settled: `whole` of the partition; `wanted` has `SECTION`, phrase, topic."""

    topics: list[Topic]
    whole: list[str]
    wanted: pl.DataFrame
    sections: Sections

    def hits(self, records: pl.DataFrame) -> pl.DataFrame:
        """The phrases among the records of a window, as `HITS`, in the order of records."""
        every = sorted({*self.whole, *self.wanted.get_column("phrase")})
        if not every or records.is_empty():
            return pl.DataFrame(schema=HITS)
        text = tokens.normalised(pl.col("text").fill_null(""))
        held = text.str.extract_many([f" {phrase} " for phrase in every], overlapping=True).alias("phrase")
        found = self.sections.of(records).with_columns(held).filter(pl.col("phrase").list.len() > 0).explode("phrase")
        found = found.with_columns(pl.col("phrase").str.strip_chars(" "))
        value, quote = pl.col("phrase"), pl.col("phrase")
        general = found.filter(pl.col("phrase").is_in(self.whole))
        own = found.join(self.wanted, on=[SECTION, "phrase"], how="inner", maintain_order="left")
        both = [
            as_hits(general, 0, value=value, column="text", quote=quote),
            as_hits(own, pl.col("topic"), value=value, column="text", quote=quote),
        ]
        return pl.concat(both).sort(PLACE, maintain_order=True)


def survey(read: Part) -> Phrases:
    """Settle the key phrases of a part and of its sections."""
    sections, counts = Sections.found(read), _Counts()
    columns = [name for name in ("heading", "text") if read.has(name)]
    for stride in own_records.sampled(read, columns, STRIDES_SAMPLED):
        counts.add(sections.of(stride))
    whole = _of_partition(counts)
    told = list(_of_sections(counts))
    topics, wanted = [_topic_of_partition(read, told=len(told), sections=sections.known.height)], []
    for section, named in told:
        wanted += [(section, phrase, len(topics)) for phrase in named]
        topics.append(_topic_of_section(sections.name(section), named))
    schema = {SECTION: pl.Int64, "phrase": pl.String, "topic": pl.Int64}
    frame = pl.DataFrame(wanted, schema=schema, orient="row")
    return Phrases(topics=topics, whole=whole, wanted=frame, sections=sections)


def _topic_of_partition(read: Part, *, told: int, sections: int) -> Topic:
    files, apart = number_of(len(read.sources), "file"), f"{told:,} of {number_of(sections, 'section')}"

    def say(share: Share) -> str:
        return (
            f"key phrases of the text ({files}; what {apart} are about is told by itself):"
            f" {number_of(share.records, 'record')} here, {share.most(shown, 6)}"
        )

    return Topic(kind="insight", scope="key phrases · text", say=say, confidence=0.8)


def _topic_of_section(name: str, phrases: list[str]) -> Topic:
    about = ", ".join(phrases)

    def say(share: Share) -> str:
        return f"{name} is about {about}; {number_of(share.records, 'record')} here, {share.most(shown)}"

    return Topic(kind="insight", scope=f"about {name}", say=say, confidence=0.7)


def _of_partition(counts: _Counts) -> list[str]:
    """The phrases of two or three words that lead; of words too, where there are few phrases."""
    known = counts.records.leading(_MOST_WEIGHED, fewest=_FEWEST_RECORDS)
    if not known.width or not counts.read:
        return []
    records = dict(known.iter_rows())
    scored = []
    for phrase, count in records.items():
        words = phrase.split(" ")
        if len(words) > 1 and (together := _together(words, count, records, counts.read)) >= _TOGETHER:
            scored.append((-count * together, phrase))
    leading = [phrase for _, phrase in sorted(scored)[: 4 * MOST_PHRASES]]
    chosen = _without_parts(leading, records)[:MOST_PHRASES]
    if len(chosen) < MOST_PHRASES // 3:
        said = {word for phrase in chosen for word in phrase.split(" ")}
        words_alone = [phrase for phrase in records if " " not in phrase and phrase not in said]
        chosen += words_alone[: MOST_PHRASES // 3 - len(chosen)]
    return chosen


def _together(words: list[str], count: int, records: Mapping[str, int], read: int) -> float:
    """Normalised pointwise mutual information of a phrase's outer words, over records; 0 for always alone."""
    first, last = (max(records.get(word, count), count) for word in (words[0], words[-1]))
    if count >= read:
        return 1.0
    chance = np.log(first / read) + np.log(last / read)
    joint = np.log(count / read)
    return float((joint - chance) / -joint)


def _without_parts(leading: list[str], counts: Mapping[str, int]) -> list[str]:
    """Phrases without those that are mostly part of a longer one of them, and without longer ones that are rare."""
    chosen: list[str] = []
    for phrase in leading:
        longer = [each for each in leading if each != phrase and f" {phrase} " in f" {each} "]
        if any(counts[each] >= _HELD * counts[phrase] for each in longer):
            continue
        shorter = [each for each in leading if each != phrase and f" {each} " in f" {phrase} "]
        if all(counts[phrase] >= (1 - _HELD) * counts[each] for each in shorter):
            chosen.append(phrase)
    return chosen


def _of_sections(counts: _Counts) -> Iterator[tuple[int, list[str]]]:
    """The phrases of each section that is told, by section."""
    most = min(MOST_SECTIONS, max(SECTIONS_TOLD, SECTIONS_TOLD * counts.read // 2000))
    sizes = counts.words.leading(most, fewest=LEAST_WORDS)
    if not sizes.width or not counts.in_sections.counts.width or counts.words.counts.height < 2:
        return
    mean = float(counts.words.counts.get_column("records").to_numpy().mean())
    known = counts.in_sections.counts.join(sizes.rename({"records": "size"}), on=SECTION).filter(
        pl.col("records") >= pl.col("size") / _WORDS_PER_TIME
    )
    words = float(counts.words.counts.get_column("records").sum())
    every = counts.times.counts.rename({"records": "every"})
    size = pl.col("phrase").str.count_matches(" ") + 1
    weight = pl.col("records") * (1 + mean / pl.col("every")).log() * size.sqrt()
    own = pl.col("records") / pl.col("size") >= _OFTENER * pl.col("every") / words
    scored = known.join(every, on="phrase", how="inner").filter(own).with_columns(weight=weight)
    ranked = scored.sort(SECTION, "weight", "phrase", descending=[False, True, False])
    leading: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for section, phrase, records in (
        ranked.group_by(SECTION, maintain_order=True).head(4 * PHRASES_OF_SECTION).select(SECTION, "phrase", "records")
    ).iter_rows():
        leading[section].append((phrase, records))
    for section, found in leading.items():
        if named := _apart([phrase for phrase, _ in found])[:PHRASES_OF_SECTION]:
            yield section, named


def _apart(ranked: list[str]) -> list[str]:
    """Phrases none of which shares a word with one before it."""
    chosen: list[str] = []
    said: set[str] = set()
    for phrase in ranked:
        words = {_stem(word) for word in phrase.split(" ")}
        if not words & said:
            chosen.append(phrase)
            said |= words
    return chosen


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word
