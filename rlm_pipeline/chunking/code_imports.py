"""What a source file imports, which its readers need beside a part of it."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rlm_pipeline.chunking.piece import Record
from rlm_pipeline.sources.code.definitions import syntax_tree
from rlm_pipeline.sources.code.grammars import GRAMMARS

if TYPE_CHECKING:
    from tree_sitter import Node

MOST_SHOWN = 1000
"""Characters of a file's imports that are shown; beyond, those that a chunk's words are in come first."""

_MOST_KEPT = 32_000  # characters of one file's imports
_LONGEST = 600  # characters of one import that are kept
_DEEPEST = 6
_KINDS = frozenset({"module", "block", "namespace"})
_WORD = re.compile(r"\w{2,}")


@dataclass(frozen=True, slots=True)
class _Form:
    """Import statements: the node types that may be some, and what the text of those looks like that are."""

    pattern: re.Pattern[str]
    nodes: frozenset[str]


def _form(pattern: str, nodes: str) -> _Form:
    return _Form(re.compile(rf"^[^\S\n]*(?:{pattern})", re.MULTILINE), frozenset(nodes.split()))


_SCRIPT = _form(
    r"import\b|[^\n]*\brequire\s*\(", "import_statement lexical_declaration variable_declaration expression_statement"
)
_FORMS = {
    "python": _form(r"import\b|from\b", "import_statement import_from_statement future_import_statement"),
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "tsx": _SCRIPT,
    "java": _form(r"import\b|package\b", "import_declaration package_declaration"),
    "go": _form(r"import\b|package\b", "import_declaration package_clause"),
    "rust": _form(r"(?:pub\b[^\n]*)?\buse\b|extern\b", "use_declaration extern_crate_declaration"),
    "c": _form(r"#\s*(?:include|import)\b", "preproc_include"),
    "cpp": _form(
        r"#\s*(?:include|import)\b|using\b|import\b|namespace\b[^\n{]*=",
        "preproc_include using_declaration alias_declaration namespace_alias_definition import_declaration",
    ),
    "csharp": _form(
        r"(?:global\s+)?using\b|extern\b|namespace\b",
        "using_directive extern_alias_directive file_scoped_namespace_declaration",
    ),
    "ruby": _form(r"(?:require|require_relative|load|autoload)\b", "call"),
    "php": _form(
        r"(?:<\?php\s+)?(?:use|namespace|require|require_once|include|include_once)\b",
        "namespace_use_declaration namespace_definition expression_statement",
    ),
    "bash": _form(r"(?:source|\.)\s", "command"),
}
_ANYWHERE = re.compile(
    r"^(?:(?:import|from|using|use|require|include|open|package|module|library|#include)\b[^\n]{1,200}"
    r"|local\s+\w+\s*=\s*require\b[^\n]*)$",
    re.MULTILINE,
)
"""Of languages without a grammar; SQL has none."""


@dataclass(frozen=True, slots=True)
class _Import:
    position: int
    text: str
    words: frozenset[str]


@dataclass(slots=True)
class Imports:
    """Those of one source, as far as it has been seen."""

    _found: list[_Import] = field(default_factory=list)
    _kept: int = 0

    def add(self, record: Record) -> None:
        """Take in what `record` imports."""
        if record.cells.get("kind", "block") not in _KINDS or self._kept > _MOST_KEPT:
            return
        for position, statement in _statements(record.text, record.cells.get("language", "")):
            text = statement if len(statement) <= _LONGEST else f"{statement[: _LONGEST - 1].rstrip()}…"
            self._found.append(_Import(record.start + position, text, frozenset(_WORD.findall(text))))
            self._kept += len(text)

    def before(self, position: int, chunk: str) -> str:
        """The lines of the imports before `position`, up to MOST_SHOWN characters, for the reader of `chunk`."""
        known = [each for each in self._found if each.position < position]
        if sum(len(each.text) + 1 for each in known) > MOST_SHOWN:
            known = _chosen(known, chunk)
        return "\n".join(each.text for each in known)


def _chosen(known: Sequence[_Import], chunk: str) -> list[_Import]:
    """Those whose own words are in the chunk, then the others, as far as they fit; in the order of the source."""
    uses = Counter(word for each in known for word in each.words)
    words = frozenset(_WORD.findall(chunk))
    by_use = sorted(known, key=lambda each: not any(uses[word] == 1 and word in words for word in each.words))
    left = MOST_SHOWN
    taken: list[_Import] = []
    for each in by_use:
        if len(each.text) < left:
            taken.append(each)
            left -= len(each.text) + 1
    return sorted(taken, key=lambda each: each.position)


def _statements(text: str, language: str) -> Iterator[tuple[int, str]]:
    """The import statements of a text, with their positions in it."""
    if language not in GRAMMARS:
        yield from ((match.start(), match[0].rstrip()) for match in _ANYWHERE.finditer(text))
        return
    form = _FORMS.get(language)
    places = [match.end() - 1 for match in form.pattern.finditer(text)] if form is not None else []
    root = syntax_tree(text, language) if places else None
    if form is None or root is None:
        return
    for node in _nodes(root, form, places):
        statement = text[node.start_byte : node.end_byte].rstrip()
        if form.pattern.match(statement):
            yield node.start_byte, statement


def _nodes(root: "Node", form: _Form, places: Sequence[int]) -> Iterator["Node"]:
    """The nodes of a form's types, in order; only where there are `places` in them."""
    waiting = [(root, 0)]
    while waiting:
        node, level = waiting.pop()
        if node.type in form.nodes and level > 0:
            yield node
        elif level < _DEEPEST:
            reached = [child for child in node.named_children if _has_any(child, places)]
            waiting.extend((child, level + 1) for child in reversed(reached))


def _has_any(node: "Node", places: Sequence[int]) -> bool:
    place = bisect_left(places, node.start_byte)
    return place < len(places) and places[place] < node.end_byte
