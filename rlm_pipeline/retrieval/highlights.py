"""Where the words of a query are in a chunk's text, by the index's own stems, and the stretch that shows them best."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlm_pipeline.retrieval import word_index
from rlm_pipeline.retrieval.word_search import Words

_WORDS_APART = {code: " " for code in range(128) if not chr(code).isalnum()}
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_INNER_CAPITAL = re.compile(r"[A-Z](?:(?<=[a-z].)|[A-Z][a-z])")  # a set of letters first is looked for quickest
_CAMEL_CASE = re.compile(r"[A-Za-z]*(?:[a-z][A-Z]|[A-Z]{2}[a-z])[A-Za-z0-9]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlight:
    """Characters `start` to `end` (half-open) of the text, which hold a word of the query."""

    start: int
    end: int
    word: str


def find(text: str, query: Words, language: str) -> tuple[Highlight, ...]:
    """Every place of the text where a word of the query is, in order, none within another."""
    spans: set[tuple[int, int]] = set()
    if query.stems:
        spans = _stemmed(text, query.stems, language)
        if _INNER_CAPITAL.search(text):
            spans |= _camel_case_parts(text, query, language)
    if query.identifiers:
        tokens = word_index.exact_analyzer().pre_tokenize(text).tokens
        spans |= {(each.char_offset_from, each.char_offset_to) for each in tokens if each.text in query.identifiers}
    found: list[Highlight] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not found or start >= found[-1].end:
            found.append(Highlight(start=start, end=end, word=text[start:end]))
    return tuple(found)


def snippet(text: str, highlights: Sequence[Highlight], length: int) -> tuple[int, int]:
    """The characters to show, at most `length`: the stretch that holds most different words, else the beginning."""
    if len(text) <= length or not highlights:
        return 0, min(len(text), length)
    starts = [max(0, each.start - length // 6) for each in highlights]
    covered = [
        (len({each.word.lower() for each in highlights if start <= each.start and each.end <= start + length}), -start)
        for start in starts
    ]
    start = max(0, min(-max(covered)[1], len(text) - length))
    if start and not text[start - 1].isspace():
        space = text.find(" ", start, start + length // 6)
        start = space + 1 if space >= 0 else start
    return start, min(len(text), start + length)


def _stemmed(text: str, stems: frozenset[str], language: str) -> set[tuple[int, int]]:
    """Where the words with these stems are; of plain letters, each different word is stemmed once, not each time."""
    if not text.isascii():
        tokens = word_index.word_analyzer(language).pre_tokenize(text).tokens
        return {(each.char_offset_from, each.char_offset_to) for each in tokens if each.text in stems}
    spaced = f" {text.translate(_WORDS_APART)} "
    spans: set[tuple[int, int]] = set()
    for word in set(spaced.split()):
        if word_index.stem_of(word, language) in stems:
            place = spaced.find(f" {word} ")
            while place >= 0:
                spans.add((place, place + len(word)))
                place = spaced.find(f" {word} ", place + len(word) + 1)
    return spans


def _camel_case_parts(text: str, query: Words, language: str) -> set[tuple[int, int]]:
    spans: set[tuple[int, int]] = set()
    for name in _CAMEL_CASE.finditer(text):
        for part in _PART.finditer(name[0]):
            if query.stems.intersection(word_index.word_analyzer(language).analyze(part[0])):
                spans.add((name.start() + part.start(), name.start() + part.end()))
    return spans
