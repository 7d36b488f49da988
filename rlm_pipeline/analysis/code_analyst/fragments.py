"""The tree of a text that may be a part of a source: it may begin in a comment, and end in the middle of a function.

A parser makes little of such a text. So what is left of a comment or a string at its beginning, and brackets that close
what is not there, are read as blanks, and the brackets that are missing are read behind it. Positions stay.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rlm_pipeline.sources.code.definitions import syntax_tree

if TYPE_CHECKING:
    from tree_sitter import Node

_WITH_BLOCK_COMMENTS = frozenset(
    {"javascript", "typescript", "tsx", "java", "go", "rust", "c", "cpp", "csharp", "php", "sql"}
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_TOKENS = re.compile(
    r"//[^\n]*|/\*.*?\*/|(?<![\w$])#[^\n]*|\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
    r"|[()\[\]{}]",
    re.DOTALL,
)
_MOST_OPEN = 200
_MOST_ERRORS = 10_000  # nodes looked at to tell how broken a text is
_WORD = re.compile(r"[^\s]")


def tree_of(text: str, language: str) -> "Node | None":
    """The tree of a text, positions as in the text; None without a grammar, or where it takes too much effort."""
    root = syntax_tree(text, language)
    if root is None or not root.has_error:
        return root
    best, errors = root, _errors(root)
    for repaired in _repaired(text, language):
        other = syntax_tree(repaired, language)
        if other is not None and (fewer := _errors(other)) < errors:
            best, errors = other, fewer
    return best


def _repaired(text: str, language: str) -> Iterator[str]:
    """The text as it may be meant, the likeliest first."""
    begun = _without_beginning(text, language)
    if begun != text:
        yield begun
        yield _closed(begun)
    yield _closed(text)


def _without_beginning(text: str, language: str) -> str:
    if language == "python":
        quotes = min(('"""', "'''"), key=lambda each: text.find(each) % (len(text) + 1))
        place = text.find(quotes)
        if place >= 0 and text.count(quotes) % 2:
            return _blank(text[: place + 3]) + text[place + 3 :]
    if language in _WITH_BLOCK_COMMENTS:
        end = text.find("*/")
        start = text.find("/*")
        if end >= 0 and (start < 0 or end < start):
            return _blank(text[: end + 2]) + text[end + 2 :]
    return text


def _closed(text: str) -> str:
    """The text without brackets that close nothing, and with those that are missing behind it."""
    opened: list[str] = []
    superfluous: list[int] = []
    for token in _TOKENS.finditer(text):
        bracket = token[0]
        if bracket in _CLOSING:
            opened.append(_CLOSING[bracket])
        elif bracket in {")", "]", "}"}:
            if opened and opened[-1] == bracket:
                opened.pop()
            elif bracket in opened:
                while opened.pop() != bracket:
                    pass
            else:
                superfluous.append(token.start())
    if len(opened) > _MOST_OPEN:
        return text
    characters = list(text)
    for place in superfluous:
        characters[place] = " "
    return "".join((*characters, "\n", *reversed(opened)))


def _blank(text: str) -> str:
    return _WORD.sub(" ", text)


def _errors(root: "Node") -> int:
    """How many characters the parser made no sense of, and a few for each thing that is missing."""
    cursor = root.walk()
    total = 0
    for _ in range(_MOST_ERRORS):
        node = cursor.node
        inside = False
        if node is not None and node.is_error:
            total += node.end_byte - node.start_byte
        elif node is not None and node.is_missing:
            total += 4
        elif node is not None and node.has_error:
            inside = True
        if inside and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return total
    return total
