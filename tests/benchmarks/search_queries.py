"""Queries built by code from the records they look for: seeded, without a model.

No thesaurus is installed: a paraphrase has its clauses in another order, no stop words, 70 words of the language of
injury reports replaced from a list written by hand, and half of the other long words in another inflection.
"""

import random
import re
from collections.abc import Iterator, Mapping
from typing import Any

_STOP_WORDS = (
    "a about after all also an and any are as at be been being but by can could did do does for from had has have he "
    "her him his how i if in into is it its me my no nor not of off on or our out over she should so such than that "
    "the their them then there these they this those to up was we were what when where which while who will with "
    "would you your"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
SYNONYMS = {
    "employee": "worker", "emplyee": "worker", "ee": "worker", "injured": "hurt", "injury": "wound", "miner": "worker",
    "operator": "driver", "fell": "dropped", "slipped": "lost footing", "tripped": "stumbled", "struck": "hit",
    "hit": "struck", "cut": "laceration", "lacerated": "cut", "laceration": "cut", "fractured": "broke",
    "fracture": "broken bone", "broken": "fractured", "strained": "pulled", "strain": "pulled muscle",
    "sprained": "twisted", "sprain": "twisted joint", "twisted": "sprained", "bruised": "contusion",
    "contusion": "bruise", "rock": "stone", "rocks": "stones", "truck": "vehicle", "vehicle": "truck",
    "walking": "on foot", "ladder": "steps", "steps": "stairs", "caught": "trapped", "pinched": "squeezed",
    "smashed": "crushed", "crushed": "smashed", "pain": "ache", "felt": "noticed", "lifting": "picking up",
    "pulling": "dragging", "pushing": "shoving", "carrying": "holding", "roof": "ceiling", "ground": "floor",
    "floor": "ground", "water": "fluid", "hospital": "doctor", "doctor": "physician", "machine": "equipment",
    "equipment": "machinery", "thumb": "finger", "wrist": "hand joint", "lower": "low", "stitches": "sutures",
    "sutures": "stitches", "burned": "scalded", "burns": "scald", "removing": "taking off", "installing": "putting in",
    "working": "busy", "attempting": "trying", "stated": "said", "reported": "told", "causing": "leading to",
    "ft": "feet", "approximately": "about", "inches": "in", "maintenance": "repair", "repairing": "fixing",
}  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_CLAUSE = re.compile(r"[.;,:!?]+\s+|\s+(?:and|while|when|then|which|but)\s+", re.IGNORECASE)


def words_of(text: str) -> list[str]:
    return _WORD.findall(text)


def span(text: str, draw: random.Random, *, fewest: int = 6, most: int = 12) -> str:
    """Neighbouring words of the text, as it spells them."""
    found = words_of(text)
    length = min(len(found), draw.randint(fewest, most))
    start = draw.randint(0, len(found) - length)
    return " ".join(found[start : start + length])


def some_words(text: str, draw: random.Random, *, count: int = 6) -> str:
    """Different content words of the text in any order."""
    content = sorted({word.lower() for word in words_of(text)} - STOP_WORDS)
    return " ".join(draw.sample(content, min(count, len(content))))


def paraphrase(text: str, draw: random.Random, *, most: int = 14) -> str:
    """Clauses in another order, without stop words, with synonyms where there is one, else often another inflection."""
    clauses = [clause for clause in _CLAUSE.split(text) if clause.strip()]
    draw.shuffle(clauses)
    content = [word.lower() for clause in clauses for word in words_of(clause) if word.lower() not in STOP_WORDS]
    return " ".join(SYNONYMS.get(word) or _inflected(word, draw) for word in content[:most])


def _inflected(word: str, draw: random.Random) -> str:
    if not word.isalpha() or len(word) < 5 or draw.random() < 0.5:
        return word
    for ending, other in (("ing", "ed"), ("ed", "ing"), ("ies", "y"), ("s", ""), ("ly", "")):
        if word.endswith(ending) and not word.endswith("ss"):
            return word[: -len(ending)] + other
    return word + "s"


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every value of a nested record with the names that lead to it."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, path)
    elif value is not None and value != "":
        yield path, str(value)


def fragment(record: list[tuple[tuple[str, ...], str]], common: Mapping[str, int], draw: random.Random) -> str:
    """Four values with the names of their fields, one of them in at most five records."""
    return " ".join(f"{path[-1]} {value}" for path, value in _drawn(record, common, draw, count=4))


def in_words(record: list[tuple[tuple[str, ...], str]], common: Mapping[str, int], draw: random.Random) -> str:
    """Three values in any order, with the names of two levels, as a person would write them: without punctuation."""
    drawn = _drawn(record, common, draw, count=3)
    draw.shuffle(drawn)
    return " ".join(f"{_plain(' '.join(path[-2:]))} {_plain(value)}" for path, value in drawn)


def _drawn(
    record: list[tuple[tuple[str, ...], str]], common: Mapping[str, int], draw: random.Random, *, count: int
) -> list[tuple[tuple[str, ...], str]]:
    short = [(path, value) for path, value in record if len(value) <= 80 and not value.startswith("http")]
    telling = [leaf for leaf in short if common[leaf[1]] <= 5] or short
    return [draw.choice(telling), *draw.sample(short, min(count - 1, len(short)))]


def _plain(text: str) -> str:
    return " ".join(words_of(re.sub(r"[_T-]+", " ", text)))
