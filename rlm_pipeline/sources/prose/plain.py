"""Plain text: paragraphs at blank lines, and the headings that can be told without a doubt.

A heading stands alone between blank lines and is numbered ("2.1 Scope", "CHAPTER IV"), or in capitals, or it is
underlined; in a file whose text is indented, as RFCs are, a short line above the text that is not. From high to low:
underlined with =, parts, underlined with anything else, chapters, capitals, numbers.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from pathlib import Path

from rlm_pipeline.sources.prose.block import COLUMNS, Block, Outline, entries
from rlm_pipeline.sources.prose.lines import Line, block_of, groups, lines_of
from rlm_pipeline.sources.reading import Reading
from rlm_pipeline.sources.recognition import Detected

_LONGEST_HEADING = 80
_MOST_WORDS = 8
_BODY_INDENT = range(2, 9)
_SENTENCE_ENDS = (".", ",", ";", ":", "!", "?")
_PART, _CHAPTER, _CAPITALS, _NUMBERED = 2, 4, 5, 5
_DIVISION = re.compile(
    r"(?:(part|book|volume)|chapter|section|appendix)\s+(?:\d+|[ivxlcdm]+|[a-z])\b\.?", re.IGNORECASE
)
_NUMBER = re.compile(r"(?:§\s*)?(\d{1,3}(?:\.\d{1,3}){0,5}|[IVXLC]{1,7})[.)]?\s+(?=[^\W\d_a-z])")
_BULLET = re.compile(r"\s*(?:[-*+•‣\u2013]|\(?(?:\d{1,3}|[a-zA-Z])[.)])\s+\S")
_ESCAPED = ">From "  # how an mbox file writes a line that starts with From
_UNDERLINE = re.compile(r"([=\-~^*_])\1{2,}\s*")
_RULE = re.compile(r"\s*([=\-~^*_#+.·])(?:\s*\1){2,}\s*")


def read(path: Path, detected: Detected, name: str) -> Reading:  # noqa: ARG001 - readers share their signature
    """The blocks of a text file."""
    lines = lines_of(path, detected.encoding, empty_runs=True)
    return Reading(columns=COLUMNS, entries=entries(plain_blocks(lines, is_document=True)))


def plain_blocks(lines: Iterable[Line], root: str = "", *, is_document: bool = False) -> Iterator[Block]:
    """The blocks of a plain text, below `root`; only a document, not a letter, has headings above indented text."""
    outline = Outline(root)
    for group, behind in pairwise(chain(groups(lines), [[]])):
        rest = group
        hangs = is_document and _is_above_indented(group, behind)
        if (level := _underlined(group)) or (level := _alone(group)) or (level := _NUMBERED + 1 if hangs else 0):
            title = group[0].text.strip()
            outline.enter(level, title)
            used = 2 if len(group) > 1 else 1
            yield block_of(group[:used], outline.path, "heading")
            rest = group[used:]
        if rest:
            yield block_of(rest, outline.path, _kind(rest))


def _underlined(group: list[Line]) -> int:
    """The level of a heading that the second line underlines; 0 if it is none."""
    if len(group) < 2 or len(group[0].text) > _LONGEST_HEADING or not _UNDERLINE.fullmatch(group[1].text):
        return 0
    title, line = group[0].text.strip(), group[1].text.strip()
    if abs(len(title) - len(line)) > 2 or not any(map(str.isalpha, title)):
        return 0
    if number := _NUMBER.match(title):
        return _NUMBERED + 1 + number[1].count(".")
    return 1 if line[0] == "=" else 3


def _alone(group: list[Line]) -> int:
    """The level of a heading that stands on a line of its own; 0 if it is none."""
    title = group[0].text.strip()
    if len(group) > 1 or len(title) > _LONGEST_HEADING or title[0] in "*=-~#$":
        return 0
    if title.endswith(_SENTENCE_ENDS) and not _DIVISION.fullmatch(title):
        return 0
    if division := _DIVISION.match(title):
        return _PART if division[1] else _CHAPTER
    if number := _NUMBER.match(title):
        return _NUMBERED + 1 + number[1].count(".")
    letters = [character for character in title if character.isalpha()]
    if len(letters) >= 4 and title.upper() == title != title.lower() and 2 * len(letters) > len(title):
        return _CAPITALS
    return 0


def _is_above_indented(group: list[Line], behind: list[Line]) -> bool:
    """Whether a few words at the margin stand above text that is indented a little."""
    title = group[0].text.rstrip()
    if len(group) > 1 or not behind or len(title) > _LONGEST_HEADING:
        return False
    words = title.split()
    return (
        title[0].isupper()
        and (title[-1].isalnum() or title[-1] in ")\"'")
        and len(words) <= _MOST_WORDS
        and "   " not in title
        and behind[0].indent in _BODY_INDENT
        and not _BULLET.match(behind[0].text[:_LONGEST_HEADING])
    )


def _kind(group: list[Line]) -> str:
    first = group[0].text
    if all(line.text.startswith(">") for line in group) and not first.startswith(_ESCAPED):
        return "quote"
    if len(group) == 1 and len(first) <= 2 * _LONGEST_HEADING and _RULE.fullmatch(first):
        return "rule"
    return "list" if _BULLET.match(first[:_LONGEST_HEADING]) else "paragraph"
