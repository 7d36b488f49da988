"""The reader of logs: a record's header and message as written, and the template its message follows.

The file is read twice, since a template is known only when all messages are: first the records are put together and
the number of each message's cluster is noted in a temporary file, then they are given out.
"""

import logging
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from sys import intern
from typing import IO

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources.encodings import LINE_LIMIT, physical_lines
from rlm_pipeline.sources.logs.header import Layout
from rlm_pipeline.sources.logs.layout import infer
from rlm_pipeline.sources.logs.records import NO_HEADER, RECORD_LIMIT, Record, records
from rlm_pipeline.sources.logs.templates import TemplateMiner
from rlm_pipeline.sources.reading import Entry, Reading
from rlm_pipeline.sources.recognition import Detected

logger = logging.getLogger(__name__)

COLUMNS = ("prefix", "timestamp", "level", "component", "message", "template")
"""`prefix` is the header as written, so that it and `message` are the record verbatim; `timestamp`, `level` and
`component` (a logger, process, thread or host) are pieces of it, the level of a syslog priority by its name."""

_SAMPLED_LINES = 5_000
_SAMPLED_CHARACTERS = 4 << 20
_NUMBERS = 1 << 14  # written at a time
_KEPT_IN_MEMORY = 16 << 20  # bytes of the temporary file
_PROGRESS = 1_000_000


@dataclass(slots=True)
class _Count:
    """What the first pass saw."""

    records: int = 0
    without_header: int = 0
    cut: int = 0


def read(path: Path, detected: Detected, name: str) -> Reading:
    """The records of a log, with `COLUMNS`.

    Raises:
        SourceError: the file cannot be read to its end.

    """
    layouts = infer(_sample(path, detected))
    miner = TemplateMiner()
    numbers = tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY)  # noqa: SIM115 - open until the records are read
    try:
        count = _mine(path, detected, layouts, miner, numbers=numbers, name=name)
    except BaseException:
        numbers.close()
        raise
    entries = _entries(path, detected, layouts, miner, numbers)
    return Reading(columns=COLUMNS, entries=entries, evidence=_evidence(layouts, count))


def _sample(path: Path, detected: Detected) -> Iterator[str]:
    left = _SAMPLED_CHARACTERS
    for line in islice(physical_lines(path, detected.encoding), _SAMPLED_LINES):
        yield line
        left -= len(line)
        if left < 0:
            return


def _mine(
    path: Path,
    detected: Detected,
    layouts: tuple[Layout, ...],
    miner: TemplateMiner,
    *,
    numbers: IO[bytes],
    name: str,
) -> _Count:
    """Add all messages to `miner` and write the numbers of their clusters."""
    count = _Count()
    pending = array("H")
    for record in records(physical_lines(path, detected.encoding), layouts):
        count.records += 1
        count.cut += record.cut
        count.without_header += record.header is NO_HEADER
        pending.append(0 if record.broken else miner.add(record.headline))
        if len(pending) >= _NUMBERS:
            pending.tofile(numbers)
            del pending[:]
        if count.records % _PROGRESS == 0:
            logger.info("%s: templates of %s records mined", name, f"{count.records:,}")
    numbers.write(pending.tobytes())
    miner.settle()
    return count


def _numbers(stored: IO[bytes]) -> Iterator[int]:
    stored.seek(0)
    while block := stored.read(_NUMBERS * array("H").itemsize):
        yield from array("H", block)


def _entries(
    path: Path, detected: Detected, layouts: tuple[Layout, ...], miner: TemplateMiner, numbers: IO[bytes]
) -> Iterator[Entry]:
    with numbers:
        clusters = _numbers(numbers)
        for record in records(physical_lines(path, detected.encoding), layouts):
            cluster = next(clusters, None)
            if cluster is None:
                raise SourceError(f"{path} changed while it was read; run again when it is complete")
            yield _entry(record, miner, cluster)


def _entry(record: Record, miner: TemplateMiner, cluster: int) -> Entry:
    if record.broken:
        reason = f"line of more than {LINE_LIMIT:,} characters; only its start is kept"
        return Entry(record.line, None, reason, record.text)
    header, text = record.header, record.text
    template = miner.template(cluster, record.headline)
    # Few levels and components fill many records: one string each, of those that are stored together.
    level, component = (intern(piece) if piece else None for piece in (header.level, header.component))
    return Entry(record.line, (text[: header.end], header.timestamp, level, component, text[header.end :], template))


def _evidence(layouts: tuple[Layout, ...], count: _Count) -> str:
    kinds = ", ".join(f"{layout.name} ({layout.share:.0%})" for layout in layouts if layout.share)
    parts = [f"headers of the kind {kinds}" if kinds else "lines without a header"]
    if kinds and count.without_header:
        parts.append(f"{count.without_header:,} records without a header")
    if count.cut:
        parts.append(f"{count.cut:,} records begin where one of more than {RECORD_LIMIT:,} characters was cut")
    return "; ".join(parts)
