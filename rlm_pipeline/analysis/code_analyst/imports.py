"""What a source imports, as it says so, and which other source of the partition that is."""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rlm_pipeline.sources.code.languages import language_by_name

MODULE_KINDS = frozenset({"module", "block", "namespace"})
"""Kinds of records whose imports are made when a source is loaded."""

_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_C_FAMILY = frozenset({"c", "cpp", "objective-c"})
_FAMILIES = {**dict.fromkeys(_SCRIPTS, _SCRIPTS), "c": _C_FAMILY, "cpp": _C_FAMILY}
_TYPES_ALONE = re.compile(r"\s*(?:import|export)\s+type\b")
_CHECKING = re.compile(r"if\s+(?:\w+\.)?TYPE_CHECKING\s*:")
_LONGEST = 200
_LONGEST_BLOCK = 200  # lines of a block of imports
_MOST_NAMES = 50


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.MULTILINE)


_SCRIPT = _pattern(
    r"""^[ \t]*(?:import|export)\b[^'"\n;]{0,400}?(?:from[ \t]*)?['"](?P<a>[^'"\n]+)['"]"""
    r"""|\brequire\([ \t]*['"](?P<b>[^'"\n]+)['"][ \t]*\)|^\}[ \t]*from[ \t]*['"](?P<c>[^'"\n]+)['"]"""
)
_FORMS: Mapping[str, re.Pattern[str]] = {
    "python": _pattern(
        r"^(?P<indent>[ \t]*)(?:from[ \t]+(?P<a>\.*[\w.]*)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n#]+)"
        r"|import[ \t]+(?P<many>[\w., \t]+))"
    ),
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "tsx": _SCRIPT,
    "java": _pattern(r"^[ \t]*import[ \t]+(?:static[ \t]+)?(?P<a>[\w.]+(?:\.\*)?)[ \t]*;"),
    "go": _pattern(r'^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"(?P<a>[\w./\-]+)"[ \t]*(?://.*)?$'),
    "rust": _pattern(r"^[ \t]*(?:pub(?:\([^)]*\))?[ \t]+)?(?:use[ \t]+(?P<a>[\w:]+)|mod[ \t]+(?P<b>\w+)[ \t]*;)"),
    "c": _pattern(r'^[ \t]*#[ \t]*(?:include|import)[ \t]*[<"](?P<a>[^>"\n]+)[>"]'),
    "cpp": _pattern(r'^[ \t]*#[ \t]*(?:include|import)[ \t]*[<"](?P<a>[^>"\n]+)[>"]'),
    "csharp": _pattern(
        r"^[ \t]*(?:global[ \t]+)?using[ \t]+(?:static[ \t]+)?(?:\w+[ \t]*=[ \t]*)?(?P<a>[\w.]+)[ \t]*;"
    ),
    "ruby": _pattern(r"""^[ \t]*(?:require|require_relative|load|autoload)\b[^'"\n]*['"](?P<a>[^'"\n]+)['"]"""),
    "php": _pattern(
        r"""^[ \t]*(?:use[ \t]+(?:function[ \t]+|const[ \t]+)?(?P<a>[\w\\]+)"""
        r"""|(?:require|include)(?:_once)?\b[^'"\n]*['"](?P<b>[^'"\n]+)['"])"""
    ),
    "bash": _pattern(r"""^[ \t]*(?:source|\.)[ \t]+["']?(?P<a>[\w./${}\-]+)"""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What is imported, as written, which names of it, and where: the half-open range of the statement.

    What is imported `for_types` is there for who checks types, not when the program runs.
    """

    target: str
    names: tuple[str, ...] = ()
    start: int
    end: int
    for_types: bool = False


def imports_in(text: str, language: str) -> Iterator[Import]:
    """The imports of a text, in its order."""
    form = _FORMS.get(language)
    if form is None:
        return
    for match in form.finditer(text):
        typing = _is_for_types(match, language)
        for target, names in _targets(match, language):
            yield Import(target=target[:_LONGEST], names=names, start=match.start(), end=match.end(), for_types=typing)


def _is_for_types(match: re.Match[str], language: str) -> bool:
    """Whether an import is of types alone: `import type` of TypeScript, or in a block of Python that runs never."""
    if language in _SCRIPTS:
        return _TYPES_ALONE.match(match[0]) is not None
    if language != "python" or not match["indent"]:
        return False
    indent, above = len(match["indent"]), match.string[: match.start()].splitlines()[-_LONGEST_BLOCK:]
    for line in reversed(above):
        code = line.lstrip()
        if code and not code.startswith("#") and len(line) - len(code) < indent:
            return _CHECKING.match(code) is not None
    return False


def _targets(match: re.Match[str], language: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    groups = match.groupdict()
    if language == "python":
        if groups["many"] is not None:
            names = (each.split()[0] for each in groups["many"].split(",") if each.strip())
            yield from ((name, ()) for name in names if not name.startswith("."))
        elif groups["a"]:
            listed = re.sub(r"#[^\n]*", "", groups["names"]).strip("() \t\n").split(",")
            yield groups["a"], tuple(each.split()[0] for each in listed[:_MOST_NAMES] if each.strip())
        return
    target = next((groups[name] for name in ("a", "b", "c") if groups.get(name)), "")
    if target:
        yield target.lstrip("\\"), ()


@dataclass(slots=True)
class Sources:
    """The sources of a partition by the ends of their paths.

    What is inside of a Python package is imported by the package's name, not by the end of its path.
    """

    names: Iterable[str]
    _packages: set[str] = field(default_factory=set)
    _by_last: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    _known: dict[tuple[str, str, str], str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index them."""
        for name in sorted(self.names):
            path = posixpath.normpath(name.replace("\\", "/"))
            stem, _ = posixpath.splitext(path)
            if posixpath.basename(path) == "__init__.py":
                self._packages.add(path)
            for each in dict.fromkeys((path, stem)):
                self._by_last[posixpath.basename(each)].append((each, name))
            folder, base = posixpath.split(stem)
            if base in {"__init__", "index", "mod", "main", "lib"} and folder:
                self._by_last[posixpath.basename(folder)].append((folder, name))

    def meant(self, found: Import, language: str, importer: str) -> tuple[str, ...]:
        """The sources that `importer` imports; none if they are not of the partition, or may be several."""
        joint = "" if found.target.endswith(".") else "."
        within = (self._one(f"{found.target}{joint}{name}", language, importer) for name in found.names)
        named = {each for each in within if each is not None}
        if not named and (whole := self._one(found.target, language, importer)) is not None:
            named = {whole}
        return tuple(sorted(named))

    def _one(self, target: str, language: str, importer: str) -> str | None:
        key = (target, language, posixpath.dirname(importer))
        if key not in self._known:
            paths = _paths(target, language, importer)
            self._known[key] = next((found for path in paths if (found := self._at(path, language))), None)
        found = self._known[key]
        return found if found != importer else None

    def _at(self, path: str, language: str) -> str | None:
        path = posixpath.normpath(path).lstrip("/")
        if path in {"", "."} or path.startswith(".."):
            return None
        alike = _FAMILIES.get(language, frozenset({language}))
        named = self._by_last.get(posixpath.basename(path), ())
        candidates = [(stem, name) for stem, name in named if language_by_name(name) in alike]
        exact = {name for stem, name in candidates if stem == path}
        if len(exact) == 1:
            return exact.pop()
        ending = {
            name
            for stem, name in candidates
            if stem.endswith(f"/{path}")
            and not (language == "python" and f"{stem.removesuffix(path)}__init__.py" in self._packages)
        }
        return ending.pop() if len(ending) == 1 else None


def _paths(target: str, language: str, importer: str) -> Iterator[str]:
    """The paths, without suffixes, that an import may mean, the likeliest first."""
    folder = posixpath.dirname(importer.replace("\\", "/"))
    match language:
        case "python":
            yield _python_path(target, folder)
        case "javascript" | "typescript" | "tsx" if target.startswith("."):
            yield posixpath.join(folder, target)
        case "rust":
            yield from _rust_paths(target)
        case "java" | "csharp":
            yield target.replace(".", "/")
        case "php":
            yield from (target.replace("\\", "/"), posixpath.join(folder, target))
        case "c" | "cpp" | "ruby" | "bash":
            yield from (posixpath.join(folder, target), target)
        case _:
            return


def _python_path(target: str, folder: str) -> str:
    rest = target.lstrip(".")
    dots = len(target) - len(rest)
    for _ in range(dots - 1):
        folder = posixpath.dirname(folder)
    path = rest.replace(".", "/")
    return posixpath.join(folder, path) if dots else path


def _rust_paths(target: str) -> Iterator[str]:
    """The ends of the path of a crate's own names, the longest first; the last parts may be names in a source."""
    parts = target.split("::")
    names = [each for each in parts if each not in {"crate", "self", "super"}]
    if len(names) < len(parts):
        for length in range(len(names), 0, -1):
            yield "/".join(names[:length])
