"""The engine's own source: a fingerprint of all that a module computes with, so that output tells what made it."""

import ast
import functools
from pathlib import Path

from rlm_pipeline import fingerprint

PACKAGE = Path(__file__).parent
# Editing these cannot change what a stage computes from the same inputs; hashing them would make everything stale.
_NOT_PART_OF_OUTPUT = frozenset(
    {"errors", "store", "staleness", "source_code", "configuration", "prices.yaml", "ledger.sql"}
)
_DATA = frozenset({".yaml", ".jinja", ".css", ".js", ".sql"})


@functools.cache
def version_of(module: str) -> str:
    """16 hex characters over the source of every engine module that `module` imports, directly or not, and its own.

    What lies beside the modules, as rules and templates do, is part of it.
    """
    files = [_file_of(each) for each in sorted(_reachable_from(module))]
    folders = sorted({file.parent for file in files} - {PACKAGE})
    return fingerprint.of_files([*files, *(data for folder in folders for data in _data_of(folder))])[:16]


def _file_of(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _data_of(folder: Path) -> list[Path]:
    """The data files of one package, those in its plain subfolders too."""
    plain = [each for each in folder.iterdir() if each.is_dir() and not (each / "__init__.py").exists()]
    found = (each for place in (folder, *plain) for each in place.iterdir() if each.suffix in _DATA)
    return sorted(each for each in found if each.name not in _NOT_PART_OF_OUTPUT)


def _reachable_from(module: str) -> set[str]:
    reached: set[str] = set()
    waiting = [module]
    while waiting:
        current = waiting.pop()
        if current in reached or current in _NOT_PART_OF_OUTPUT or not _file_of(current).exists():
            continue
        reached.add(current)
        waiting.extend(imports_of(_file_of(current)))
    return reached


@functools.cache
def imports_of(path: Path) -> frozenset[str]:
    """The engine's modules that a file imports.

    Stages reach many of the same files, and parsing them is most of what `rlm status` does.
    """
    prefix = "rlm_pipeline."
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("rlm_pipeline"):
            module = node.module.removeprefix("rlm_pipeline").removeprefix(".")
            found |= {f"{module}.{alias.name}".removeprefix(".") for alias in node.names}
            found |= {module} - {""}
        elif isinstance(node, ast.Import):
            found |= {alias.name.removeprefix(prefix) for alias in node.names if alias.name.startswith(prefix)}
    return frozenset(found)
