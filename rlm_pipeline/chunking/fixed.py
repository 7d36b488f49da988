"""A piece every so many characters, wherever that is: what the other chunkers are compared with."""

from collections.abc import Iterable, Iterator, Sequence

from rlm_pipeline.chunking.fragments import Fragment, append, are_apart, pieces_of
from rlm_pipeline.chunking.graphemes import between
from rlm_pipeline.chunking.piece import Piece, Record
from rlm_pipeline.configuration import Chunking
from rlm_pipeline.sources.prose.block import count_ends


def pieces(records: Iterable[Record], chunking: Chunking) -> Iterator[Piece]:
    """Cut the texts of a source's records every `size` characters, or just before where that would part one."""
    return pieces_of(_groups(records, chunking.size), lambda _: ("", ""))


def _groups(records: Iterable[Record], size: int) -> Iterator[list[Fragment]]:
    waiting: list[Fragment] = []
    held = 0
    for record in records:
        if waiting and are_apart(waiting[-1].record, record):
            yield waiting
            waiting, held = [], 0
        fragment = Fragment(record, 0, "", record.line, 0, 1, record.row)
        before = held
        while True:
            # One character more than fits tells whether a cut before it would part what is seen as one.
            text = record.text[fragment.offset : fragment.offset + size + 1 - before]
            append(waiting, fragment._replace(text=text))
            if before + len(text) <= size:
                held = before + len(text)
                break
            group, waiting = _cut(waiting, size)
            yield group
            fragment = waiting.pop()
            before = sum([len(each.text) for each in waiting])
    if waiting:
        yield waiting


def _cut(fragments: Sequence[Fragment], size: int) -> tuple[list[Fragment], list[Fragment]]:
    """The fragments of a piece, and what of the last ones is left for the next."""
    left = between("".join([fragment.text for fragment in fragments]), 0, size)
    taken: list[Fragment] = []
    for place, fragment in enumerate(fragments):
        text = fragment.text
        if left < len(text):
            rest = fragment._replace(
                offset=fragment.offset + left, text=text[left:], line=fragment.line + count_ends(text[:left]), begun=0
            )
            if left:
                taken.append(fragment._replace(text=text[:left]))
            return taken, [rest if left else fragment, *fragments[place + 1 :]]
        taken.append(fragment)
        left -= len(text)
    return taken, []
