"""A long record cut between its natural parts, larger ones before smaller ones; the parts it is cut into are packed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rlm_pipeline.chunking.splitting import split


def _nothing_inside() -> "Sequence[Section]":
    return ()


class Section(NamedTuple):
    """Some of a record's text, under a name; `inside` gives its own sections, which joined are its text, or none."""

    name: str
    text: str
    inside: "Callable[[], Sequence[Section]]" = _nothing_inside


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Adjacent text of one or several sections; `names` are theirs, each once, in order."""

    names: tuple[str, ...]
    text: str


def cut(sections: Sequence[Section], size: int) -> Iterator[Stretch]:
    """Cut sections into stretches of at most `size` characters, whose texts, joined, are theirs.

    A section that fits is not cut. Adjacent ones share a stretch. One that does not fit is cut between its own
    sections, and where it has none, between sentences and words; it begins a stretch unless that before it is less than
    half full.
    """
    names: dict[str, None] = {}
    texts: list[str] = []
    length = 0
    for name, text, begins in _fitting(sections, size):
        if texts and (length + len(text) > size or (begins and 2 * length >= size)):
            yield Stretch(names=tuple(names), text="".join(texts))
            names, texts, length = {}, [], 0
        names[name] = None
        texts.append(text)
        length += len(text)
    if texts:
        yield Stretch(names=tuple(names), text="".join(texts))


def _fitting(sections: Sequence[Section], size: int) -> Iterator[tuple[str, str, bool]]:
    """Names and texts of what fits, and whether what does not fit begins with it."""
    for section in sections:
        if len(section.text) <= size:
            yield section.name, section.text, False
            continue
        inside = section.inside()
        parts = (
            _fitting(inside, size) if inside else ((section.name, text, False) for text in split(section.text, size))
        )
        for place, (name, text, begins) in enumerate(parts):
            yield name, text, begins or place == 0
