"""Which definitions others may use, by the customs of each language."""

import re
from collections.abc import Callable, Mapping

DEFINITIONS = frozenset(
    {"function", "method", "class", "interface", "struct", "union", "enum", "record", "trait", "table", "view",
     "trigger", "type", "macro"}
)  # fmt: skip
"""Kinds of records that are definitions somebody can use."""

_HEAD = 2000
_COMMENT = re.compile(r"\s*(?:#(?!\[)|//|/\*|\*|--|@|\[)")


def head_of(name: str, text: str) -> str:
    """The line of a definition that names it, without comments and decorators above."""
    last = name.rpartition(".")[2]
    lines = [line for line in text[:_HEAD].splitlines() if line.strip() and not _COMMENT.match(line)]
    return next((line for line in lines if last in line), lines[0] if lines else "")


def is_public(language: str, name: str, head: str) -> bool:
    """Whether a definition is meant to be used from other sources."""
    rule = _PUBLIC.get(language)
    return rule is None or rule(name.rpartition(".")[2], head)


def is_private(language: str, name: str, head: str) -> bool:
    """Whether nothing outside of its source, or of its package, can or should use a definition."""
    rule = _PRIVATE.get(language)
    return rule is not None and rule(name.rpartition(".")[2], head)


def _word(*words: str) -> Callable[[str, str], bool]:
    pattern = re.compile(rf"\b(?:{'|'.join(words)})\b")
    return lambda _name, head: pattern.search(head) is not None


def _no_word(*words: str) -> Callable[[str, str], bool]:
    has = _word(*words)
    return lambda name, head: not has(name, head)


def _is_plain(name: str, _head: str) -> bool:
    return not name.startswith(("_", "#"))


def _is_underscored(name: str, _head: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _is_capital(name: str, _head: str) -> bool:
    return name[:1].isupper()


_PUBLIC: Mapping[str, Callable[[str, str], bool]] = {
    "python": _is_plain,
    "javascript": _is_plain,
    "typescript": _is_plain,
    "tsx": _is_plain,
    "ruby": _is_plain,
    "bash": _is_plain,
    "go": _is_capital,
    "rust": _word("pub"),
    "java": _word("public", "protected"),
    "csharp": _word("public", "protected"),
    "php": _no_word("private", "protected"),
    "c": _no_word("static"),
    "cpp": _no_word("static"),
}
_PRIVATE_WORD = re.compile(r"\bprivate\b")
_PRIVATE: Mapping[str, Callable[[str, str], bool]] = {
    "python": _is_underscored,
    "javascript": _is_underscored,
    "typescript": lambda name, head: name.startswith("#") or _PRIVATE_WORD.search(head) is not None,
    "java": _word("private"),
    "csharp": _word("private"),
    "php": _word("private"),
    "c": _word("static"),
    "go": lambda name, _head: name[:1].islower(),
    "rust": _no_word("pub"),
}
