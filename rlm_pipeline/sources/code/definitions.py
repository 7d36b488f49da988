"""The definitions of a source file, whole and in order, and the code between them.

They are found with tree-sitter where the language has a grammar; elsewhere the text is cut into blocks.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from rlm_pipeline.sources.code.blocks import BLOCK_LIMIT, MOST_PARSED, block_starts, pieces
from rlm_pipeline.sources.code.cuts import MODULE, Cut, cuts_of
from rlm_pipeline.sources.code.grammars import CONTAINERS, GRAMMARS
from rlm_pipeline.sources.code.parsing import parsed

if TYPE_CHECKING:
    from tree_sitter import Node

_LONE_RETURN = re.compile("\r(?!\n)")
_OTHER_BLANK = re.compile(r"[^\S\x00-\x7f]")
_OTHER = re.compile(r"[^\x00-\x7f]+")
_BREAK = re.compile(r"\n[^\S\n]*\n(?=\S)")
_DOT_AT_LINE_END = re.compile(r"^[^#\n]*[\w)\]]\.[^\S\n]*\n(?=[^\S\n]*[^\W\d])", re.MULTILINE)
_MOST_GIVEN_UP = 8  # stretches of one text that take too much effort to parse, after which no more are tried
_BLOCK = MODULE._replace(kind="block", scope="block")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A stretch of a text, in characters, half-open: a definition, what a class has besides methods, or code between.

    `kind` is module (code outside all definitions), block (without a grammar), function, method, class, interface,
    struct, union, enum, record, trait, impl, namespace, macro, table, view, trigger, index or type; `scope` is the kind
    and the name with those of what it is in (`method:C.m`), or `module` or `block`; `name` is empty for these two.
    """

    start: int
    end: int
    kind: str
    scope: str
    name: str


def definitions(text: str, language: str) -> tuple[Definition, ...]:
    """The stretches of `text`, in order and without a gap: `text` is their concatenation, whatever is in it.

    A function's own functions stay in it; of a class (and its like) every method is a stretch, with the decorators,
    attributes and comments above it. Code without definitions is cut at blank lines beyond BLOCK_LIMIT
    characters. A text longer than MOST_PARSED is parsed in pieces. Broken code gives what can be made out of it.
    """
    found: list[Definition] = []
    parts = (text,) if len(text) <= MOST_PARSED else pieces(io.StringIO(text, newline=""))
    offset = 0
    for part in parts:
        found.extend(_of_piece(part, language, offset))
        offset += len(part)
    return tuple(found)


def syntax_tree(text: str, language: str) -> "Node | None":
    """The tree of a text; its positions are characters. None without a grammar, or where it takes too much effort."""
    if language not in GRAMMARS or len(text) > MOST_PARSED:
        return None
    return _tree(_plain(text), language)


def _of_piece(text: str, language: str, offset: int) -> Iterator[Definition]:
    has_grammar = language in GRAMMARS and len(text) <= MOST_PARSED
    cuts = _cuts_in(text, language) if has_grammar else [_BLOCK]
    for cut, stop in zip(cuts, [*(cut.start for cut in cuts[1:]), len(text)], strict=True):
        if cut.start == stop:
            continue
        starts = [cut.start]
        if cut.kind == "block" or (cut.kind == "module" and stop - cut.start > BLOCK_LIMIT):
            starts = [cut.start + start for start in block_starts(text[cut.start : stop])]
        for start, end in pairwise([*starts, stop]):
            yield Definition(start=offset + start, end=offset + end, kind=cut.kind, scope=cut.scope, name=cut.name)


def _cuts_in(text: str, language: str) -> list[Cut]:
    """The cuts of a text in a language with a grammar.

    A parser that meets broken code may miss definitions after it. Such a text is also parsed stretch by stretch, from
    a blank line before code without indentation to the next; that is kept if it has more definitions. Code that takes
    too much effort to parse is left as it is.
    """
    plain = _plain(text)
    cuts, broken = _parsed(plain, text, language)
    breaks = [match.end() for match in _BREAK.finditer(plain)] if broken else []
    apart: list[Cut] = []
    given_up = 0
    for start, end in pairwise([0, *breaks, len(text)] if breaks else ()):
        found = _parsed(plain[start:end], text[start:end], language)[0] if given_up < _MOST_GIVEN_UP else []
        given_up += not found
        for cut in found or [MODULE]:
            if cut.kind != "module" or not apart or apart[-1].kind != "module":
                apart.append(cut._replace(start=start + cut.start))
    return apart if _definitions_in(apart) > _definitions_in(cuts) else cuts or [MODULE]


def _definitions_in(cuts: list[Cut]) -> int:
    return len({(cut.scope, cut.start if cut.kind not in CONTAINERS else 0) for cut in cuts if cut.kind != "module"})


def _parsed(plain: str, text: str, language: str) -> tuple[list[Cut], bool]:
    """The cuts of a text, none if it takes too much effort, and whether it is broken."""
    grammar = _grammar_for(plain, language)
    root = _tree(plain, language)
    if root is None:
        return [], True
    return cuts_of(root, text, GRAMMARS[grammar]), root.has_error


def _tree(plain: str, language: str) -> "Node | None":
    root = parsed(plain, _grammar_for(plain, language))
    if language != "python" or (root is not None and not root.has_error):
        return root
    # Python's scanner (0.25) ends a block where a line inside of brackets goes on after a dot with less indentation.
    joined = _DOT_AT_LINE_END.sub(lambda match: match[0].replace("\r", " ").replace("\n", " "), plain)
    again = parsed(joined, language) if joined != plain else None
    return root if again is None or again.has_error else again


def _grammar_for(plain: str, language: str) -> str:
    return "php without tags" if language == "php" and "<?" not in plain else language


def _plain(text: str) -> str:
    """`text` as the parsers see it: character for character, but in ASCII and without NUL.

    Scanners of some grammars read beyond their tables for characters that are not in them, which ends the process.
    """
    if "\r" in text:
        text = _LONE_RETURN.sub("\n", text)
    if not text.isascii():
        text = _OTHER.sub(lambda match: "x" * len(match[0]), _OTHER_BLANK.sub(" ", text))
    return text.replace("\0", " ")
