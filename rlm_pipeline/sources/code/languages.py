"""The programming language of a file, by its name and content; markup, configuration and data are no code.

The names come from Pygments' tables, as far as our own short lists do not say better.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from rlm_pipeline.sources.code.language_names import (
    EVERYDAY,
    INTERPRETERS,
    LANGUAGES,
    NAMES,
    NOT_CODE,
    PREFIXES,
    SHARED,
    SUFFIXES,
)
from rlm_pipeline.sources.recognition import unpacked

EVIDENCE_CHARACTERS = 1 << 16
"""How much of a file's text is looked at."""

UNKNOWN = "unknown"
"""The language of a file that must be code, but of which no language is known."""

_SHEBANG = re.compile(r"\A\ufeff?#!\s*(\S+)(.*)")
_VERSION = re.compile(r"(?:-?\d+(?:\.\d+)*)?(?:\.exe)?\Z")
_PHP = re.compile(r"\A\s*<\?php\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language, and by what it was known; a rare suffix is often that of something else."""

    name: str
    by: Literal["name", "suffix", "rare suffix", "shebang", "content"]
    evidence: str


def language_of(name: str, text: str) -> Language | None:
    """The language of the file `name` that starts with `text`; None where it is no code, or none that is known.

    A name that stands for markup, configuration or data is not overruled by content: code in a `.txt` is text.
    """
    head = text[:EVIDENCE_CHARACTERS]
    known = _by_name(name, head)
    if known is not None:
        return known
    if _names_other_text(name):
        return None
    return _by_content(head)


def language_by_name(name: str) -> str | None:
    """The language a file's name alone stands for; None where it stands for none."""
    known = _by_name(name, "")
    return known.name if known is not None else None


def _by_name(name: str, head: str) -> Language | None:
    base, suffix = _base_and_suffix(name)
    names, suffixes = _tables()
    language = NAMES.get(base) or names.get(base)
    language = language or next((each for prefix, each in PREFIXES.items() if base.startswith(prefix)), None)
    if language is not None:
        return Language(name=language, by="name", evidence=f"{language}, because it is called {base}")
    if suffix.lower() in SHARED:
        return _shared(suffix.lower(), head)
    spelling = suffix if suffix in suffixes else suffix.lower()
    return _by_suffix(spelling, suffixes[spelling], base, head) if spelling in suffixes else None


def _by_suffix(suffix: str, candidates: tuple[tuple[str, str, bool], ...], base: str, head: str) -> Language:
    _, language, everyday = candidates[0] if len(candidates) == 1 else _likeliest(candidates, head)
    if everyday:
        return Language(name=language, by="suffix", evidence=f"{language}, by its suffix {suffix}")
    return Language(name=language, by="rare suffix", evidence=f"perhaps {language}, by the suffix of {base}")


def _shared(suffix: str, head: str) -> Language | None:
    language = next((each for pattern, each in SHARED[suffix] if pattern.search(head)), None)
    if language is None:
        return None
    return Language(name=language, by="suffix", evidence=f"{language}, by its suffix {suffix} and its content")


def _likeliest(candidates: tuple[tuple[str, str, bool], ...], head: str) -> tuple[str, str, bool]:
    """Of several lexers with one suffix, an everyday one, else the one that Pygments finds likeliest by content."""
    from pygments.lexers import find_lexer_class

    def rank(candidate: tuple[str, str, bool]) -> tuple[bool, float, float, str]:
        lexer = find_lexer_class(candidate[0])
        if lexer is None:
            return candidate[2], 0.0, 0.0, candidate[0]
        return candidate[2], lexer.analyse_text(head), lexer.priority, candidate[0]

    return max(candidates, key=rank)


def _by_content(head: str) -> Language | None:
    if _PHP.match(head):
        return Language(name="php", by="content", evidence="php, because it starts with <?php")
    match = _SHEBANG.match(head)
    if match is None:
        return None
    called = [match[1], *match[2].split()]
    if PurePosixPath(called[0]).name == "env":
        called = [word for word in called[1:] if not word.startswith("-") and "=" not in word]
    interpreter = _VERSION.sub("", PurePosixPath(called[0]).name.lower()) if called else ""
    language = INTERPRETERS.get(interpreter)
    if language is None:
        return None
    return Language(name=language, by="shebang", evidence=f"{language}, because it starts with {match[0].strip()[:80]}")


def _names_other_text(name: str) -> bool:
    _, suffix = _base_and_suffix(name)
    return suffix.lower() in _other_suffixes() or suffix.lower() in SHARED


def _base_and_suffix(name: str) -> tuple[str, str]:
    path = unpacked(name)
    return path.name, path.suffix


@functools.cache
def _other_suffixes() -> frozenset[str]:
    from pygments.lexers import get_all_lexers

    patterns = {each for name, _, patterns, _ in get_all_lexers(plugins=False) if name in NOT_CODE for each in patterns}
    known = {".csv", ".tsv", ".log", ".conf", ".text"}
    return frozenset(known | {suffix for pattern in patterns if (suffix := _plain_suffix(pattern))})


@functools.cache
def _tables() -> tuple[Mapping[str, str], Mapping[str, tuple[tuple[str, str, bool], ...]]]:
    """File name -> language, and suffix -> (lexer, language, is everyday), from Pygments and our own lists."""
    from pygments.lexers import get_all_lexers

    names: dict[str, str] = {}
    suffixes: dict[str, list[tuple[str, str, bool]]] = {}
    for lexer, aliases, patterns, _ in sorted(get_all_lexers(plugins=False)):
        if lexer in NOT_CODE:
            continue
        language = LANGUAGES.get(lexer, aliases[0] if aliases else lexer.lower())
        for pattern in patterns:
            if suffix := _plain_suffix(pattern):
                suffixes.setdefault(suffix, []).append((lexer, language, lexer in EVERYDAY))
            elif not set("*?[") & set(pattern):
                names.setdefault(pattern, language)
    own = {suffix: ((language, language, True),) for suffix, language in SUFFIXES.items()}
    return names, {**{suffix: tuple(each) for suffix, each in suffixes.items()}, **own}


def _plain_suffix(pattern: str) -> str:
    """`.py` of the pattern `*.py`; empty for a pattern of another shape."""
    tail = pattern[1:]
    return tail if pattern[:1] == "*" and tail.count(".") == 1 and tail[0] == "." and not set("*?[") & set(tail) else ""
