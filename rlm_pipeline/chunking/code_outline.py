"""What a stretch of code is in: the classes, implementations and namespaces around it, from its records' scopes."""

import re
from dataclasses import dataclass, field

from rlm_pipeline.chunking.piece import Record
from rlm_pipeline.sources.code.grammars import CONTAINERS

_KEYWORDS = {"namespace": r"namespace|module|mod", "record": r"record|class|struct"}
_INDENTED = frozenset({"python"})
_BY_LINES = frozenset({"ruby", "bash", "sql"})
_LONGEST_SIGNATURE = 400
_LOOKED_AT = 4000  # characters in which a signature is looked for
_ABOVE = re.compile(
    r"(?:\s++|//[^\n]*+|/\*(?s:.*?)\*/|--[^\n]*+|#\[(?:[^\[\]]|\[[^\]]*+\])*+\]|#[^\n]*+|\[[A-Z][^\]]*+\]"
    r"|@(?!interface\b)[\w.]++(?:\((?:[^()]|\((?:[^()]|\([^()]*+\))*+\))*+\))?)*+"
)
"""Comments, decorators, attributes and what the preprocessor reads."""
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_MARKS = re.compile(r"[()\[\]{}:;\n]")


@dataclass(slots=True, kw_only=True, eq=False)
class Container:
    """A class or its like from character `start` on; `length` is that of its records so far, to the last that is seen.

    `head` is the start of its first record.
    """

    scope: str
    path: str
    start: int
    head: str
    language: str
    length: int = 0
    _signature: str | None = field(default=None, init=False)

    @property
    def signature(self) -> str:
        """Its first line, or lines: `class C(Base):`."""
        if self._signature is None:
            self._signature = signature(self.head, self.language)
        return self._signature


@dataclass(slots=True, kw_only=True)
class Outline:
    """Follows the records of one source."""

    _open: list[Container] = field(default_factory=list)
    _last: str = ""

    def enter(self, record: Record) -> tuple[Container, ...]:
        """What `record` is in, outermost first; of a class's own stretches the class is the last of them."""
        kind, _, path = scope_of(record).partition(":")
        if kind in CONTAINERS:
            self._enter_container(record, kind, path)
        else:
            self._close(_without_name(path, record) if path else "")
        self._last = scope_of(record)
        return tuple(self._open)

    def _enter_container(self, record: Record, kind: str, path: str) -> None:
        scope = scope_of(record)
        known = next((place for place, each in enumerate(self._open) if each.scope == scope), None)
        if known is not None and not self._is_another(record, self._open[known], kind):
            del self._open[known + 1 :]
            return
        self._close(_without_name(path, record))
        language = record.cells.get("language", "")
        head = record.text[:_LOOKED_AT]
        self._open.append(Container(scope=scope, path=path, start=record.start, head=head, language=language))

    def _is_another(self, record: Record, known: Container, kind: str) -> bool:
        """Whether the record begins one more of the same name (`impl T`, then `impl Trait for T`), not goes on."""
        if self._last == known.scope:
            return True
        head = record.text[:_LOOKED_AT]
        if indentation(head) > indentation(known.head):
            return False
        return re.search(rf"\b(?:{_KEYWORDS.get(kind, kind)})\b", signature(head, known.language)) is not None

    def _close(self, path: str) -> None:
        while self._open and self._open[-1].path != path:
            self._open.pop()


def scope_of(record: Record) -> str:
    """`method:C.m`, `function:f`, `class:C`, `module` or `block`."""
    return record.cells.get("scope") or record.place or "block"


def indentation(text: str) -> int:
    """Of the first line that is not blank, in characters."""
    body = text.lstrip()
    return len(text[: len(text) - len(body)].rpartition("\n")[2])


def signature(text: str, language: str) -> str:
    """The first line of a definition without what is above it; up to where its body starts, if that is near."""
    text = text[:_LOOKED_AT]
    above = _ABOVE.match(text)
    start = above.end() if above else 0
    line = text.rfind("\n", 0, start) + 1
    begin = line if not text[line:start].strip() else start
    found = text[begin : _signature_end(text, start, language)].rstrip()
    return found if len(found) <= _LONGEST_SIGNATURE else found[: _LONGEST_SIGNATURE - 1].rstrip() + "…"


def _signature_end(text: str, start: int, language: str) -> int:
    depth = 0
    for mark in _MARKS.finditer(text, start, start + 2 * _LONGEST_SIGNATURE):
        character = mark[0]
        if depth == 0 and _ends_signature(character, language):
            return mark.end()
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth -= 1
    end = text.find("\n", start)
    return end if end >= 0 else len(text)


def _ends_signature(mark: str, language: str) -> bool:
    if language in _INDENTED:
        return mark == ":"
    return mark == "\n" if language in _BY_LINES else mark in {"{", ";"}


def _without_name(path: str, record: Record) -> str:
    name = record.cells.get("name") or path.rpartition(".")[2]
    return path.removesuffix(name).removesuffix(".") if path.endswith(name) else ""
