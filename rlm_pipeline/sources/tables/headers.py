"""Column names: unique, never empty, never those of the record's identity."""

from collections.abc import Iterable, Sequence

from rlm_pipeline.model import RECORD_IDENTITY

_INVISIBLE = {0: None, 0xFEFF: None}  # NUL, byte order mark


def column_names(cells: Iterable[str]) -> tuple[str, ...]:
    """The names of the columns under a header's cells.

    White space around a name goes and line breaks inside it become spaces. An empty name is `column_7` after its
    place, counted from 1; a name that is already taken gets `__2`, `__3`; a name of the record's identity gets
    `__data`.
    """
    taken: set[str] = set()
    copies: dict[str, int] = {}
    names = []
    for place, cell in enumerate(cells, 1):
        stem = " ".join(cell.translate(_INVISIBLE).strip().splitlines()) or f"column_{place}"
        if stem in RECORD_IDENTITY:
            stem += "__data"
        name, copy = stem, copies.get(stem, 1)
        while name in taken:
            copy += 1
            name = f"{stem}__{copy}"
        taken.add(name)
        copies[stem] = copy
        names.append(name)
    return tuple(names)


def numbered_names(width: int) -> tuple[str, ...]:
    """Names for a table without a header: column_1, column_2, ..."""
    return tuple(f"column_{place}" for place in range(1, width + 1))


def bare(cells: Sequence[str]) -> list[str]:
    """A header's cells without the byte order mark that concatenating files leaves before them, and what it hid."""
    return [cells[0].removeprefix("\ufeff").strip('"'), *cells[1:]] if cells else []
