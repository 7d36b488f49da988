"""What a text defines: abbreviations, terms that are said to mean something or stand in lists, things of a kind.

An abbreviation is written out before it, by its initials (Schwartz and Hearst 2003, letters of words in their order).
`FORMS` says how sure each form is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from rlm_pipeline.analysis.text_analyst.prose.stop_words import STOP_WORDS
from rlm_pipeline.analysis.text_analyst.prose.term_words import JUDGING, POINTING

FORMS: Mapping[str, float] = {"abbreviation": 0.95, "meaning": 0.85, "glossary": 0.85, "name": 0.6, "kind": 0.6}
"""Confidence of each form."""

LONGEST_TEXT = 20_000
"""Characters of a record that are looked at."""

_QUOTED = r"[\"“”'\u2018\u2019`*_]{1,3}"
_BULLET = r"(?:[-*+•][ \t]+)?"

_SAYS_MEANING = (
    *(" means ", " means:", " refers to ", " refer to ", " denotes ", " denote ", " defined as ", " the term for "),
    *(" is short for ", " stands for "),
)
_SAYS_KIND = (" is a ", " is an ", " is the ", " are a ", " are an ", " are the ")
LIKELY = (*_SAYS_MEANING, *_SAYS_KIND, "**", "__", "`")
"""A text with none of these, no abbreviation in brackets and no heading of a glossary defines nothing."""

LIKELY_ABBREVIATION = r"\([A-Z][A-Za-z&-]{0,8}[A-Z]s?\)"
LIKELY_HEADING = r"(?i)\b(?:glossar|definition|terminolog|terms|vocabular|abbreviation|acronym|begriffe)[^>]*$"

_ABBREVIATION = re.compile(r"\(([A-Z][A-Za-z&-]{0,8}[A-Z])s?\)")
_LEADING = frozenset(["the", "a", "an", "of", "and", "for", "in", "to", "by", "with", "on", "at", "or", "from", "as"])
_BEFORE = re.compile(r"[\w'\u2019/&-]+(?:[ \n]+[\w'\u2019/&-]+)*\s*$")

# "by means of", "means should be found": the noun, no verb.
_NOUN = "of|to|for|by|in|and|or|at|with|within|which|should|shall|will|would|can|could|may|must|are|were|have|had|be"
_MEANING = re.compile(
    r"(?:^|[.!?:]\s+|\n\s*(?:[-*+•]\s+)?)"
    r"(?:(?:the|an?)\s+(?:terms?|words?|phrase|expression|acronym)\s+)?(?:the |an? )?"
    rf"(?P<open>{_QUOTED})?(?P<term>[^\W_](?:[\w /\u2019']|-(?!-)){{1,60}}?)(?(open){_QUOTED}),? "
    rf"(?:means(?!\s+(?:{_NOUN})\b)|refers? to(?!\s+the fact)|denotes?|(?:is|are) defined as|is the term for|"
    r"is short for|stands for(?!\s+more))\s+\w",
    re.IGNORECASE,
)
_MARKED = re.compile(
    rf"^[ \t]*{_BULLET}(?P<mark>\*\*|__|`)(?P<term>[^*`_\n]{{2,60}}?):?(?P=mark)"
    r"(?:[ \t]*[:\u2013—]|[ \t]+-)?[ \t]+(?P<rest>[^\n]{15,})",
    re.MULTILINE,
)
_SEPARATED = re.compile(r"(?:\*\*|__|`)[ \t]*(?:[:\u2013—]|-[ \t])|:(?:\*\*|__|`)")
_PLAIN = re.compile(
    rf"^[ \t]*{_BULLET}(?P<term>[^\W_][\w /()-]{{1,50}}?)(?::|[ \t]+[\u2013—-])[ \t]+(?P<rest>[^\n]{{15,}})",
    re.MULTILINE,
)
# How what a term is begins; bold words before anything else head a paragraph.
_EXPLAINS = re.compile(
    r"(?:an?|the|one|any|what|each|every|anything|something|someone|who|how|when|where|whether|all|that which|"
    r"(?:kind|sort|type|name|number|set|list|group|share|part|unit)s? (?:of|that|in)|to [a-z]+|used|see)\b",
    re.IGNORECASE,
)
_GLOSSARY = re.compile(
    r"\b(?:glossar|definition|terminolog|terms|vocabular|abbreviation|acronym|begriffe)", re.IGNORECASE
)
_KIND = re.compile(
    rf"(?:^|(?<=[.!?]\s)|\n)(?:(?P<article>An?|The term)\s+)?"
    rf"(?P<open>{_QUOTED})?(?P<term>\w[\w/.-]*(?: [\w/.-]+){{0,3}}?)(?(open){_QUOTED}) "
    r"(?:is|are) (?:an?|the (?:process|practice|name|term|act|set|collection|number|smallest|largest|standard)) "
    r"(?P<what>[a-z][\w-]+(?: [\w-]+){2})"
)
_PROPER = re.compile(r"[A-Za-z]+(?:[A-Z0-9]|[a-z]\.[a-z])[\w.]*")  # LanceDB, SHA256, node.js


class Definition(NamedTuple):
    """A term, the form it is defined in, and the words that do so."""

    term: str
    form: str
    quote: str


def of_text(text: str, heading: str = "") -> Iterator[Definition]:
    """The definitions of a text below a heading (`A > B`), form by form."""
    text, title = text[:LONGEST_TEXT], heading.rpartition(" > ")[2]
    yield from _abbreviations(text)
    if any(words in text for words in _SAYS_MEANING):
        yield from _meanings(text)
    yield from _entries(text, in_glossary=_GLOSSARY.search(title) is not None)
    if any(words in text for words in _SAYS_KIND):
        yield from _kinds(text, _tidy(title).lower())


def _abbreviations(text: str) -> Iterator[Definition]:
    for found in _ABBREVIATION.finditer(text):
        if long := _written_out(text[: found.start()][-200:], found[1]):
            yield Definition(found[1], "abbreviation", f"{long} {found[0]}")


def _meanings(text: str) -> Iterator[Definition]:
    for found in _MEANING.finditer(text):
        if _names(found["term"], quoted=found["open"] is not None):
            yield Definition(_tidy(found["term"]), "meaning", _sentence(text, found.start("term")))


def _entries(text: str, *, in_glossary: bool) -> Iterator[Definition]:
    """Terms that stand in bold or as code before what they are; in a glossary any."""
    for found in _MARKED.finditer(text):
        code = found["mark"] == "`" and " " not in found["term"]
        says = code or in_glossary or _EXPLAINS.match(found["rest"])
        if says and _SEPARATED.search(found[0]) and _names(found["term"], quoted=True):
            yield Definition(_tidy(found["term"]), "name" if code else "glossary", found[0].strip())
    for found in _PLAIN.finditer(text) if in_glossary else ():
        if _names(found["term"], quoted=True):
            yield Definition(_tidy(found["term"]), "glossary", found[0].strip())


def _kinds(text: str, title: str) -> Iterator[Definition]:
    """`An X is a Y`, or what is quoted, heads the section or has a name like LanceDB; all others are mere sentences."""
    for found in _KIND.finditer(text):
        words, term, quoted = found["what"].split(), _tidy(found["term"]), found["open"] is not None
        sought = found["article"] or quoted or term.lower() == title or _PROPER.fullmatch(term)
        if sought and _names(term, quoted=quoted) and not JUDGING & {words[0], words[1]}:
            yield Definition(term, "kind", _sentence(text, found.start("term")))


def _written_out(before: str, short: str) -> str:
    """The words right before an abbreviation that have its letters as their initials; empty if they are not there."""
    words = _BEFORE.search(before)
    if words is None:
        return ""
    every = words[0].split()
    capitals = [letter.upper() for letter in short if letter.isalnum()]
    for count in range(1, min(len(capitals) + 3, len(every)) + 1):
        tail = every[-count:]
        initials = [part[0].upper() for word in tail for part in re.split(r"[-/]", word) if part]
        named = iter(initials)
        whole = all(letter in named for letter in capitals) and not list(named)
        if initials[0] == capitals[0] and tail[0].lower() not in _LEADING and whole:
            return " ".join(tail)
    # One word that has all its letters, such as executable (EXE).
    inner = iter(every[-1].upper())
    begins = len(every[-1]) > len(capitals) + 2 and every[-1][0].upper() == capitals[0]
    return every[-1] if begins and all(letter in inner for letter in capitals) else ""


def _names(term: str, *, quoted: bool) -> bool:
    """Whether a term could be the name of a thing: few words, the outer ones no stop words, not a number."""
    words = _tidy(term).split()
    if not 1 <= len(words) <= 5 or not any(map(str.isalpha, term)) or len(_tidy(term)) < 2:
        return False
    plain = [word.lower().strip("'\u2019") for word in words]
    if quoted:
        return plain[0] not in POINTING
    outer = {plain[0], plain[-1]}
    adverb = plain[-1].endswith("ly") and len(plain) > 1
    return not (outer & STOP_WORDS or adverb or len(words) > 4 or any(word in POINTING for word in plain))


def _tidy(term: str) -> str:
    return " ".join(term.strip(" \t\r\n\"“”'\u2018\u2019`*_:.").split())


def _sentence(text: str, start: int) -> str:
    line = text[start : start + 300].split("\n", 1)[0]
    end = re.search(r"[.!?](?=\s|$)", line)
    return line[: end.end()] if end else line
