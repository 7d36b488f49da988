"""Mail: each message's headers, and the text of its parts as blocks below its subject; mbox files a message at a time.

Attachments that are text are read below their file's name; of others there is a block with name, type and size. Where a
text is sent in two forms, plain and HTML, and the second says nothing else, a block says so in its place.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from rlm_pipeline.sources.prose.block import COLUMNS, Block, entries
from rlm_pipeline.sources.prose.html_page import html_blocks
from rlm_pipeline.sources.prose.lines import Line, block_of, lines_of
from rlm_pipeline.sources.prose.mime import MBOX_LINE, Part, parts, text_lines
from rlm_pipeline.sources.prose.plain import plain_blocks
from rlm_pipeline.sources.reading import Reading
from rlm_pipeline.sources.recognition import Detected

_SIGNATURE = "--"
_WORD = re.compile(r"\w+")
_SAME_WORDS = 0.9
_MOST_COMPARED = 1 << 20  # characters of a part


def read(path: Path, detected: Detected, name: str) -> Reading:  # noqa: ARG001 - readers share their signature
    """The blocks of a mail message or of an mbox file."""
    blocks = mail_blocks(lines_of(path, detected.encoding))
    # What a part says once it is decoded is not the file's text.
    return Reading(columns=COLUMNS, entries=entries(block._replace(column=None) for block in blocks))


def mail_blocks(lines: Iterator[Line]) -> Iterator[Block]:
    """The blocks of one message, or of an mbox if the first line is an mbox's."""
    first = next(lines, None)
    if first is not None:
        mbox = MBOX_LINE.match(first.text) is not None
        said: set[str] = set()
        choice = 0
        for part in parts(chain([first], lines), mbox=mbox):
            if part.alternative != choice:
                choice, said = part.alternative, set()
            blocks = _blocks(part)
            yield from _unless_said(part, blocks, said) if choice and not part.filename else blocks


def _unless_said(part: Part, blocks: Iterator[Block], said: set[str]) -> Iterator[Block]:
    """The blocks of one form of a text, or the one that says that `said`, the words of its other forms, has it all."""
    if part.size > _MOST_COMPARED or not part.content_type.startswith("text/"):
        yield from blocks
        return
    found = list(blocks)
    words = {word for block in found for word in _WORD.findall(block.text.lower())}
    if said and words and len(words & said) >= _SAME_WORDS * len(words):
        told = f"the same text as {part.content_type}, {part.size:,} characters, not repeated"
        yield Block(part.line, found[0].heading, "attachment", told)
    else:
        yield from found
    said |= words


def _blocks(part: Part) -> Iterator[Block]:
    heading = " > ".join(name for name in (*part.path, part.filename) if name)
    if part.head:
        yield block_of(part.head, heading, "headers")
    elif not part.content_type.startswith("text/"):
        name = part.filename or "without a name"
        yield Block(
            part.line, heading, "attachment", f"{name} ({part.content_type}, {part.size:,} characters), not read"
        )
    elif part.content_type == "text/html":
        lines = list(text_lines(part))
        blocks = html_blocks(lines, root=heading, first=lines[0].number if lines else part.line)
        encoded = len({line.number for line in lines}) < 2
        yield from (block._replace(line=lines[0].number) for block in blocks) if encoded else blocks
    else:
        yield from _text_blocks(text_lines(part), heading)


def _text_blocks(lines: Iterable[Line], heading: str) -> Iterator[Block]:
    """A plain text, and from a line with nothing but two hyphens on the signature."""
    signature: list[Line] = []

    def above() -> Iterator[Line]:
        for line in lines:
            if signature or line.text.rstrip() == _SIGNATURE:
                signature.append(line)
            else:
                yield line

    yield from plain_blocks(above(), heading)
    if signature:
        yield block_of(signature, heading, "signature")
