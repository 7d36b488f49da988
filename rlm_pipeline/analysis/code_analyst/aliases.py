"""What names of a source stand for, by its imports: `sp` is `subprocess` after `import subprocess as sp`."""

import re
from collections.abc import Iterator

STATEMENTS = frozenset({"import_statement", "import_from_statement", "variable_declarator"})
"""Types of the nodes that import, of Python and of the scripts."""

_LONGEST = 4000
_PYTHON_FROM = re.compile(r"from\s+([\w.]+)\s+import\s*\(?([^)]*)", re.DOTALL)
_PYTHON_IMPORT = re.compile(r"import\s+(.+)", re.DOTALL)
_COMMENT = re.compile(r"#[^\n]*|/\*.*?\*/|//[^\n]*", re.DOTALL)
_NAMED = re.compile(r"\{([^}]*)\}\s*(?:=|from)")
_WHOLE = re.compile(r"(?:import\s+)?(?:\*\s*as\s+)?([A-Za-z_$][\w$]*)\s*(?:,\s*\{[^}]*\}\s*)?(?:=|from)")
_MODULE = re.compile(r"(?:require\s*\(|from)\s*[\"'](?:node:)?([\w./@\-]+)[\"']")
_RENAMED = re.compile(r"\s+as\s+|\s*:\s*")


def aliases_in(statement: str, kind: str) -> Iterator[tuple[str, str]]:
    """The names that a statement of a type of STATEMENTS makes, each with the dotted name it stands for."""
    text = _COMMENT.sub("", statement[:_LONGEST])
    module = _MODULE.search(text)
    if module is not None:
        yield from _of_script(text, module[1].replace("/", "."))
    elif kind != "variable_declarator":
        yield from _of_python(text)


def _of_python(text: str) -> Iterator[tuple[str, str]]:
    if (found := _PYTHON_FROM.match(text)) is not None:
        for name, alias in _names(found[2]):
            yield alias, f"{found[1]}.{name}"
    elif (found := _PYTHON_IMPORT.match(text)) is not None:
        for name, alias in _names(found[1]):
            if name != alias:
                yield alias, name


def _of_script(text: str, module: str) -> Iterator[tuple[str, str]]:
    if (named := _NAMED.search(text)) is not None:
        for name, alias in _names(named[1]):
            yield alias, f"{module}.{name}"
    if (whole := _WHOLE.match(text)) is not None and whole[1] != module:
        yield whole[1], module


def _names(listed: str) -> Iterator[tuple[str, str]]:
    """The names of a list, and what they are called here."""
    for each in listed.split(","):
        name, *renamed = _RENAMED.split(each.strip())
        if name and name.isascii() and not name.startswith("*"):
            yield name, renamed[0].strip() if renamed else name
