"""Buffers: named texts that people and agents keep beside a dataset, one UTF-8 file each."""

import codecs
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rlm_pipeline.errors import QueryError
from rlm_pipeline.exchange.names import checked_name
from rlm_pipeline.store import DatasetStore, atomic_path

SUFFIX = ".txt"

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferFigures:
    """A buffer's size: `characters` are code points, `lines` ends of lines and a last line without one."""

    name: str
    bytes: int
    characters: int
    lines: int


def folder_of(store: DatasetStore) -> Path:
    """Where a dataset's buffers are."""
    return store.folder / "buffers"


def names(store: DatasetStore) -> tuple[str, ...]:
    """The buffers of a dataset, sorted."""
    return tuple(sorted(path.name.removesuffix(SUFFIX) for path in folder_of(store).glob(f"[!.]*{SUFFIX}")))


def figures(store: DatasetStore, name: str) -> BufferFigures:
    """How large a buffer is; it is streamed.

    Raises:
        QueryError: there is no such buffer.

    """
    path = path_of(store, name)
    characters = lines = 0
    last = ""
    for text in _blocks(path):
        characters += len(text)
        lines += text.count("\n")
        last = text[-1:]
    return BufferFigures(
        name=name, bytes=path.stat().st_size, characters=characters, lines=lines + (last not in {"", "\n"})
    )


def path_of(store: DatasetStore, name: str) -> Path:
    """The file of a buffer that exists.

    Raises:
        QueryError: there is no such buffer; tells those there are.

    """
    path = folder_of(store) / f"{checked_name(name, 'buffer')}{SUFFIX}"
    if not path.is_file():
        known = names(store)
        raise QueryError(f"no buffer {name!r} in {store.name}; there are: {', '.join(known)}" if known else (
            f"no buffer {name!r}; {store.name} has none"
        ))  # fmt: skip
    return path


def add(store: DatasetStore, name: str, content: Iterable[bytes], *, replace: bool = False) -> BufferFigures:
    """Store a text under a new name; with `replace` also under one that exists.

    Raises:
        QueryError: the name is taken, cannot be a file name, or the content is not UTF-8.
        StoreError: it cannot be written.

    """
    path = folder_of(store) / f"{checked_name(name, 'buffer')}{SUFFIX}"
    if path.exists() and not replace:
        raise QueryError(f"{store.name} has a buffer {name!r}; `rlm buffer update` replaces it")
    _write(path, content)
    return figures(store, name)


def update(store: DatasetStore, name: str, content: Iterable[bytes]) -> BufferFigures:
    """Replace the text of a buffer that exists; it keeps its former text until the new one is whole.

    Raises:
        QueryError: there is no such buffer, or the content is not UTF-8.
        StoreError: it cannot be written.

    """
    _write(path_of(store, name), content)
    return figures(store, name)


def delete(store: DatasetStore, name: str) -> None:
    """Remove a buffer.

    Raises:
        QueryError: there is no such buffer.

    """
    path_of(store, name).unlink()


def peek(store: DatasetStore, name: str, start: int, end: int | None) -> str:
    """Characters `start` to `end` (None: the last) of a buffer; what lies outside of it is empty.

    Raises:
        QueryError: there is no such buffer, or the range is not one.

    """
    if start < 0 or (end is not None and end < start):
        raise QueryError(f"characters {start} to {end} are no range; give 0 <= start <= end")
    found, before = [], 0
    for text in _blocks(path_of(store, name)):
        found.append(text[max(0, start - before) : None if end is None else max(0, end - before)])
        before += len(text)
        if end is not None and before >= end:
            break
    return "".join(found)


def joined(store: DatasetStore, wanted: Sequence[str], *, as_json: bool) -> Iterator[str]:
    """Buffers as one text, a bounded part at a time: a JSON object by name, or the texts with a blank line between."""
    for place, name in enumerate(wanted):
        if as_json:
            text = json.dumps(peek(store, name, 0, None), ensure_ascii=False)
            yield f"{',' if place else '{'}\n {json.dumps(name)}: {text}"
        else:
            yield from ["\n\n"] if place else []
            yield from _blocks(path_of(store, name))
    if as_json:
        yield "\n}\n" if wanted else "{}\n"


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The content of a stream, a bounded part at a time."""
    while block := stream.read(_BLOCK):
        yield block


def _write(path: Path, content: Iterable[bytes]) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with atomic_path(path) as partial, partial.open("wb") as file:
        try:
            for block in content:
                decoder.decode(block)
                file.write(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise QueryError(f"a buffer is UTF-8 text; the content is not ({error.reason})") from error


def _blocks(path: Path) -> Iterator[str]:
    # newline="" keeps line ends as they are, so that what was added is what is shown.
    with path.open(encoding="utf-8", newline="") as file:
        while text := file.read(_BLOCK):
            yield text
