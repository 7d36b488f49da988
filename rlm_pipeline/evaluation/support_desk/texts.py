"""Composing one ticket's words: clauses of its category inside the letter forms, abbreviations and slips of people."""

import random
import re
from collections.abc import Iterator, Sequence

from rlm_pipeline.evaluation.support_desk.phrases import Category, LetterForms, Phrasebook

OFF_TOPIC = "off_topic"
"""The planted category of a text that is about nothing the desk does."""

MAX_WORDS = 70
_MOST_CLAUSES = 3
_SLOT = re.compile(r"\{(\w+)\}")
_STOPS = (". ", ". ", ". ", "; ", " - ", ", ", "! ", "\n")
_SELDOM, _SOMETIMES, _OFTEN = 0.07, 0.25, 0.4


class TextComposer:
    """Composes texts of one column; every draw comes from `chance`, so equal seeds give equal texts."""

    def __init__(self, book: Phrasebook, forms: LetterForms, chance: random.Random, *, dirt: float) -> None:
        self._book = book
        self._forms = forms
        self._chance = chance
        self._slips = min(0.3 * dirt, 0.9)
        self._is_mail = book.column == "issue_description"
        # The two short columns have fewer categories, so more texts share a fragment: without a second one, texts of
        # one fragment formed groups as stable as the categories.
        self._statements, self._more = (0.5, 0.5) if self._is_mail else (0.7, 0.7)
        self._abbreviate = re.compile(r"\b(" + "|".join(map(re.escape, forms.abbreviations)) + r")\b")

    def compose(self, category: str) -> str:
        """A text of `category` (a category's id or `OFF_TOPIC`), of at most `MAX_WORDS` words."""
        if category == OFF_TOPIC:
            body = self._pick(self._book.off_topic)
        else:
            body = self._body(self._book.categories[category])
        text = _SLOT.sub(self._fill, self._letter(body, category))
        return self._as_typed(_shortened(text))

    def _body(self, category: Category) -> str:
        sentences = [self._clause(category)]
        if self._happens(_OFTEN):
            sentences[0] = f"{self._pick(self._book.openings)} {sentences[0]}"
        for _ in range(_MOST_CLAUSES - 1):
            if not self._happens(self._more):
                break
            clause = self._clause(category)
            if not any(clause in sentence for sentence in sentences):
                sentences.append(f"{self._pick(self._book.links)} {clause}" if self._happens(_SOMETIMES) else clause)
        if self._happens(_SOMETIMES):
            attempt = f"{self._pick(self._book.try_openings)} {self._pick(category.tries)}"
            sentences.append(attempt.strip())
        if self._happens(_SOMETIMES):
            sentences.append(self._pick(self._book.endings))
        return self._joined(sentences)

    def _clause(self, category: Category) -> str:
        if self._happens(self._statements):
            return self._pick(category.statements)
        return f"{self._pick(category.subjects)} {self._pick(category.problems)}"

    def _joined(self, sentences: list[str]) -> str:
        capital = self._happens(0.7)
        text = sentences[0][0].upper() + sentences[0][1:] if capital else sentences[0]
        for sentence in sentences[1:]:
            stop = self._pick(_STOPS)
            starts = capital and stop[0] in ".!\n"
            text += stop + (sentence[0].upper() + sentence[1:] if starts else sentence)
        return text + self._pick((".", ".", "", "!", ""))

    def _letter(self, body: str, category: str) -> str:
        if self._book.column == "resolution_notes" and self._happens(_SOMETIMES):
            body = f"{self._pick(self._forms.agents)} {body}".strip()
        if not self._is_mail:
            return body
        parts = [self._pick(self._forms.greetings)] if self._happens(_SOMETIMES) else []
        parts.append(body)
        if self._happens(_SOMETIMES):
            parts.append(self._pick(self._forms.signatures))
        if category != OFF_TOPIC and self._happens(_SELDOM):
            quoted = self._clause(self._book.categories[category])
            parts.append(f"{self._pick(self._forms.quote_heads)}\n> {quoted}")
        return self._pick(("\n", "\n\n", " ", " ")).join(parts)

    def _fill(self, slot: re.Match[str]) -> str:
        return self._pick(self._forms.slots[slot.group(1)])

    def _as_typed(self, text: str) -> str:
        if self._happens(_SOMETIMES):
            text = self._abbreviate.sub(lambda word: self._forms.abbreviations[word.group(0)], text)
        if self._happens(self._slips):
            text = "".join(self._with_slips(text))
        kind = self._chance.random()
        if kind < 0.06:
            return text.lower()
        return text.upper() if kind > 0.97 else text

    def _with_slips(self, text: str) -> Iterator[str]:
        """One to three of: two letters swapped, a letter lost, a letter doubled."""
        places = sorted(self._chance.randrange(len(text)) for _ in range(self._chance.randint(1, 3)))
        start = 0
        for place in places:
            if place < start or not text[place : place + 2].isalpha():
                continue
            yield text[start:place]
            pair = text[place : place + 2]
            yield self._pick((pair[::-1], pair[1:], pair[0] + pair))
            start = place + len(pair)
        yield text[start:]

    def _pick(self, phrases: Sequence[str]) -> str:
        return phrases[int(self._chance.random() * len(phrases))]

    def _happens(self, probability: float) -> bool:
        return self._chance.random() < probability


def _shortened(text: str) -> str:
    if text.count(" ") + text.count("\n") < MAX_WORDS:
        return text
    words = re.findall(r"\S+\s*", text)
    return "".join(words[:MAX_WORDS]).rstrip()
