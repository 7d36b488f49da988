"""What a text defines: abbreviations, terms that are said to mean something, terms of lists, and things that are a kind.

An abbreviation is written out before it, by its initials (Schwartz and Hearst 2003, letters of words in their order).
A definition is of the strongest form that fits; `FORMS` says how sure each is.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from rlm_pipeline.analysis.observation import number_of, shown
from rlm_pipeline.analysis.text_analyst import own_records
from rlm_pipeline.analysis.text_analyst.own_records import BATCH, PLACE, Part
from rlm_pipeline.analysis.text_analyst.prose.stop_words import STOP_WORDS
from rlm_pipeline.analysis.text_analyst.shares import HITS, Share, Topic, as_hits

MOST_TERMS = 60
"""Terms told one by one; others are counted together."""

STRIDES_SAMPLED = 25
FORMS: Mapping[str, float] = {"abbreviation": 0.95, "meaning": 0.85, "glossary": 0.85, "name": 0.6, "kind": 0.6}

OTHERS = "(other terms)"

_LOOKED_AT = 20_000  # characters of a record
_MOST_KNOWN = 20_000  # terms remembered
_QUOTED = r"[\"“”'‘’`*_]"

# Without which a text defines nothing that is looked for.
_LIKELY = (
    r"\([A-Z][A-Za-z&-]{1,9}s?\)|\b(?:means?|refers? to|denotes?|is defined as|are defined as|is the term for|"
    r"is short for|stands for)\b|(?m:^\s*(?:[-*+•]\s+)?(?:\*\*|__|`)[^*`_\n]{2,60}(?:\*\*|__|`)\s*(?:[:–—]|\s-\s))|"
    r"\b(?:is|are) (?:an?|any|the) \w|(?m:^\s*:\s)|(?m:^\s*(?:[-*+•]\s+)?[A-Z][\w /-]{1,50}(?::|\s[–—-])\s)"
)
_ABBREVIATION = re.compile(r"\(([A-Z][A-Za-z&-]{0,8}[A-Z])s?\)")
_BEFORE = re.compile(r"[\w'’/&-]+(?:[ \n]+[\w'’/&-]+)*\s*$")
_MEANING = re.compile(
    r"(?:^|[.!?:]\s+|\n\s*(?:[-*+•]\s+)?)(?:(?:the|an?)\s+(?:terms?|words?|phrase|expression|acronym)\s+)?(?:the |an? )?"
    rf"(?P<open>{_QUOTED}{{1,3}})?(?P<term>[^\W_][\w /’'-]{{1,60}}?)(?(open){_QUOTED}{{1,3}}),? "
    r"(?:means(?!\s+(?:of|to|for|by|in|and|or|at|within|whereby|with|which|should|shall|will|would|can|could|may|must|are|"
    r"were|have|had|be)\b)|refers? to(?!\s+the fact)|denotes?|(?:is|are) defined as|is the term for|is short for|"
    r"stands for(?!\s+more))\s+(?:that )?\w",
    re.IGNORECASE,
)
_GLOSSARY = re.compile(
    r"^[ \t]*(?:[-*+•][ \t]+)?(?P<mark>\*\*|__|`)(?P<term>[^*`_\n]{2,60}?):?(?P=mark)(?:[ \t]*[:–—]|[ \t]+-)?[ \t]+(?P<rest>[^\n]{15,})",
    re.MULTILINE,
)
_PLAIN_GLOSSARY = re.compile(
    r"^[ \t]*(?:[-*+•][ \t]+)?(?P<term>[^\W_][\w /()-]{1,50}?)(?::|[ \t]+[–—-])[ \t]+(?P<rest>[^\n]{15,})", re.MULTILINE
)
_SEPARATED = re.compile(r"(?:\*\*|__|`)[ \t]*(?:[:–—]|-[ \t])|:(?:\*\*|__|`)")
# How what a term is begins; bold words before anything else head a paragraph.
_EXPLAINS = re.compile(
    r"(?:an?|the|one|any|what|each|every|anything|something|someone|who|how|when|where|whether|all|that which|"
    r"(?:a )?(?:kind|sort|type|name|number|set|list|group|share|part|unit)s? (?:of|that|in)|to [a-z]+|used|see)\b",
    re.IGNORECASE,
)
_GLOSSARY_HEADING = re.compile(r"\b(?:glossar|definition|terminolog|terms|vocabular|abbreviation|acronym|begriffe)", re.IGNORECASE)
_KIND = re.compile(
    rf"(?:^|(?<=[.!?]\s)|\n)(?:(?P<article>An?|The term)\s+)?(?P<open>{_QUOTED}{{1,3}})?(?P<term>[\w][\w/.-]*(?: [\w/.-]+){{0,3}}?)"
    rf"(?(open){_QUOTED}{{1,3}}) (?:is|are) (?:an?|the (?:process|practice|name|term|act|set|collection|number|smallest|"
    r"largest|standard)) (?P<what>[a-z][\w-]+(?: [\w-]+){2})"
)
_PROPER = re.compile(r"^[A-Za-z]+(?:[A-Z0-9]|[a-z]\.[a-z])[\w.]*$")  # LanceDB, SHA256, node.js
_JUDGING = frozenset(
    """
    good bad great big small new clear simple strong better best major minor key critical vital matter result good-faith
    long short lot few little bit pity shame must mistake problem question reason moment time day year war fact serious
    grave heavy high low large real true false sure sign proof victory tragedy challenge tremendous wonderful beautiful
    terrible sad remarkable fair just important necessary proper wise promise blessing land place part member people
    story symbol test testament tribute way step goal
    """.split()
)


class Definition(NamedTuple):
    """A term, the form it is defined in, and the words that do so."""

    term: str
    form: str
    quote: str


def of_text(text: str, heading: str = "") -> Iterator[Definition]:
    """The definitions of a text below a heading, each term once in each form."""
    text = text[:_LOOKED_AT]
    for found in _ABBREVIATION.finditer(text):
        if long := _written_out(text[: found.start()][-200:], found[1]):
            yield Definition(found[1], "abbreviation", f"{long} {found[0]}")
    for found in _MEANING.finditer(text):
        if _names(found["term"], quoted=found["open"] is not None):
            yield Definition(_tidy(found["term"]), "meaning", _sentence(text, found.start("term")))
    glossary = _GLOSSARY_HEADING.search(heading.rpartition(" > ")[2])
    for found in _GLOSSARY.finditer(text):
        code = found["mark"] == "`" and " " not in found["term"]
        says = code or glossary or _EXPLAINS.match(found["rest"])
        if says and _SEPARATED.search(found[0]) and _names(found["term"], quoted=True):
            yield Definition(_tidy(found["term"]), "name" if code else "glossary", found[0].strip())
    for found in _PLAIN_GLOSSARY.finditer(text) if glossary else ():
        if _names(found["term"], quoted=True):
            yield Definition(_tidy(found["term"]), "glossary", found[0].strip())
    title = _tidy(heading.rpartition(" > ")[2]).lower()
    for found in _KIND.finditer(text):
        words, term = found["what"].split(), _tidy(found["term"])
        general = found["article"] is not None or found["open"] is not None
        if not (general or term.lower() == title or _PROPER.search(term)):
            continue
        if _names(term, quoted=found["open"] is not None) and not _JUDGING & {words[0], words[1]}:
            yield Definition(_tidy(found["term"]), "kind", _sentence(text, found.start("term")))


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
        if initials[0] == capitals[0] and tail[0].lower() not in STOP_WORDS and whole:
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
    plain = [word.lower().strip("'’") for word in words]
    if quoted:
        return plain[0] not in _POINTING
    outer = {plain[0], plain[-1]}
    adverb = plain[-1].endswith("ly") and len(plain) > 1
    return not (outer & STOP_WORDS or adverb or len(words) > 4 or any(word in _POINTING for word in plain))


_POINTING = frozenset(
    """
    this that these those it he she they we you i there here what which who whom where when why how such each one none
    nothing everything something anything someone everyone all both either neither also then so but and or if because
    his her its our your their my mine ours not is are was were be been has have had do does did will would shall should
    can could may might must note warning todo example tip important
    """.split()
)


def _tidy(term: str) -> str:
    return " ".join(term.strip(" \t\r\n\"“”'‘’`*_:.").split())


def _sentence(text: str, start: int) -> str:
    line = text[start : start + 300].split("\n", 1)[0]
    end = re.search(r"[.!?](?=\s|$)", line)
    return line[: end.end()] if end else line


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
        say=lambda share: f"further terms are defined in {number_of(share.records, 'record')} here, {share.most(shown, 6)}",
        listed=listed,
        rest=OTHERS,
        confidence=FORMS["kind"],
    )
    return Definitions(topics=[*topics, others], numbers={key: number for number, key in enumerate(ranked[:MOST_TERMS])})


def _topic(term: str, quote: str, confidence: float) -> Topic:
    def say(share: Share) -> str:
        return f"{shown(term)} is defined in {number_of(share.records, 'record')} here: {shown(quote, 200)}"

    return Topic(kind="definition", scope=term, say=say, confidence=confidence)


def _likely(records: pl.DataFrame) -> pl.DataFrame:
    """Records that may define something: `text` and `heading` are there, and no code, table or heading is."""
    text = records.filter(pl.col("text").str.contains(_LIKELY))
    if "block" in records.columns:
        text = text.filter(~pl.col("block").is_in(["code", "table", "heading", "front_matter", "headers", "rule"]))
    heading = pl.col("heading").fill_null("") if "heading" in records.columns else pl.lit("")
    return text.with_columns(heading.alias("heading"))
