"""Reading one input the whole way, and what must hold whatever it is."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from mutation import Input
from texts import VERBATIM, WORDS, Broken, Read, check_entries, starts_of
from values import check_json

from rlm_pipeline.errors import SourceError
from rlm_pipeline.sources import content, encodings, extents, own_columns
from rlm_pipeline.sources.code import blocks, cuts, definitions
from rlm_pipeline.sources.code import reader as code_reader
from rlm_pipeline.sources.configs import fed_lines
from rlm_pipeline.sources.content import open_decompressed
from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.encodings import decode_head
from rlm_pipeline.sources.json_files import records as json_records
from rlm_pipeline.sources.json_files import scanner
from rlm_pipeline.sources.logs import reader as log_reader
from rlm_pipeline.sources.logs import records as log_records
from rlm_pipeline.sources.positions import ASIDE, STORED, Positions, found_in
from rlm_pipeline.sources.prose import block, lines, markdown, restructured, tag_reader
from rlm_pipeline.sources.readers import TABLES, open_reading
from rlm_pipeline.sources.recognition import Detected
from rlm_pipeline.sources.stretches import stretches
from rlm_pipeline.sources.tables import batches, dialect, sound, tokeniser
from rlm_pipeline.sources.tables.sound import sound_records

_REFUSED = re.compile(
    r"is empty|holds nothing but white space|, not text;|is a truncated|is a damaged|cannot be read", re.DOTALL
)
"""What may be said of a file whose format nobody named."""

SMALL_BLOCKS = (
    (content, "BLOCK_BYTES", 7),
    (scanner, "_LEAST", 5),
    (markdown, "_PIECE", 40),
    (tag_reader, "_PIECE", 20),
    (sound, "_RUN_LINES", 2),
    (log_reader, "_NUMBERS", 2),
    (fed_lines, "_FED", 16),
)
"""How much is read at once, which must not change what is read."""

SMALL_LIMITS = (
    (block, "BLOCK_LIMIT", 8),
    (lines, "BLOCK_LIMIT", 8),
    (markdown, "BLOCK_LIMIT", 8),
    (restructured, "BLOCK_LIMIT", 8),
    (tag_reader, "BLOCK_LIMIT", 8),
    (markdown, "_LONGEST_BLOCK", 80),
    (markdown, "_LONGEST_FENCE", 80),
    (markdown, "_PIECE", 40),
    (tag_reader, "_LONGEST_TAG", 30),
    (tag_reader, "_PIECE", 20),
    (blocks, "MOST_PARSED", 60),
    (definitions, "MOST_PARSED", 60),
    (blocks, "BLOCK_LIMIT", 20),
    (blocks, "_LEAST", 10),
    (cuts, "BLOCK_LIMIT", 20),
    (definitions, "BLOCK_LIMIT", 20),
    (log_records, "RECORD_LIMIT", 50),
)
"""What is longer is cut into several records, which are still the whole text."""

SMALL_LINES = (
    *((module, "LINE_LIMIT", 64) for module in (encodings, code_reader, json_records, log_reader, log_records)),
    (tokeniser, "LINE_LIMIT", 64),
    *((module, "CELL_LIMIT", 30) for module in (tokeniser, sound)),
    (scanner, "VALUE_LIMIT", 60),
    (scanner, "_RESYNC", 40),
    (scanner, "_LEAST", 8),
    (json_records, "VALUE_LIMIT", 60),
    (dialect, "_SAMPLE_RECORDS", 8),
)
"""What is longer is set aside."""


def check(path: Path, given: Input) -> str:
    """Read one file the whole way; the type it was taken for, or "refused".

    Raises:
        Broken: the reader lost, doubled or misplaced a record.

    """
    try:
        taken_for, read = _checked(path, given)
    except SourceError as error:
        if path.name not in str(error):
            raise Broken(f"an error that does not name the file: {error}") from error
        if given.wanted == "auto" and not _REFUSED.search(str(error)):
            raise Broken(f"text was refused: {error}") from error
        return "refused"
    if given.small:
        with constants(SMALL_BLOCKS):
            again = _read(path, given)
        if again != read:
            error = Broken(f"other records in small blocks: {_difference(read, again)}")
            error.add_note(taken_for)
            raise error
    if given.cut:
        with constants(SMALL_LIMITS):
            _checked(path, given, words=False)
        with constants(SMALL_LINES), contextlib.suppress(SourceError):
            _read(path, given)
    return taken_for


def _difference(read: list, again: list) -> str:
    place = next((place for place, (a, b) in enumerate(zip(read, again, strict=False)) if a != b), -1)
    if place < 0:
        return f"{len(read)} became {len(again)}"
    return f"at {place}, {read[place]!r:.300} became {again[place]!r:.300}"


@contextlib.contextmanager
def constants(values: tuple[tuple[object, str, int], ...]) -> Iterator[None]:
    """Other values for some constants of modules; those that a module does not have are passed over."""
    before = [(module, name, getattr(module, name)) for module, name, _ in values if hasattr(module, name)]
    for module, name, value in values:
        if hasattr(module, name):
            setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def _read(path: Path, given: Input) -> list:
    """All that is read of a file, to be compared."""
    detected = detect(path, given.wanted)
    if detected.detected_type in TABLES:
        told = [record._replace(lines=tuple(record.lines)) for record in sound.records_in(path, detected)]
        return [detected, *told]
    reading = open_reading(path, detected, path.name)
    entries = list(reading.entries)
    order = [entry.line for entry in entries]
    if order != sorted(order) and detected.detected_type != "json":
        raise Broken(f"lines are not in order: {order}")
    return [detected, reading.columns, reading.records_at, *entries]


def _checked(path: Path, given: Input, *, words: bool = True) -> tuple[str, list]:
    """The type of a file, and all that is read of it, once its promises are checked."""
    detected = detect(path, given.wanted)
    try:
        return detected.detected_type, _promised(path, given, detected, words=words)
    except Exception as error:
        error.add_note(detected.detected_type)
        raise


def _promised(path: Path, given: Input, detected: Detected, *, words: bool) -> list:
    with open_decompressed(path) as stream:
        text = decode_head(stream.read(), detected.encoding, whole=True)
    starts = starts_of(text)
    if detected.detected_type in TABLES:
        with Positions() as noted:
            _check_table(path, detected, text, starts, noted)
            _check_tiled(path, detected, text, noted)
        return _read(path, given) if given.small else []
    reading = open_reading(path, detected, path.name)
    read = Read(text=text, starts=starts, reading=reading, entries=list(reading.entries))
    with Positions(has_beside=detected.detected_type == "json") as noted:
        for entry in read.entries:
            noted.add(entry.line, STORED if entry.cells is not None else ASIDE, entry.column)
        _check_tiled(path, detected, text, noted)
    check_entries(read, in_order=detected.detected_type != "json")
    if detected.detected_type in VERBATIM:
        VERBATIM[detected.detected_type](read)
    elif words and detected.detected_type in WORDS:
        WORDS[detected.detected_type](read)
    elif words:
        check_json(read, path, detected)
    return [detected, reading.columns, reading.records_at, *read.entries]


def _check_tiled(path: Path, detected: Detected, text: str, noted: Positions) -> None:
    """The ranges of the records noted are the source, without a gap, and the text of each is what is there."""
    verbatim = detected.detected_type in own_columns.VERBATIM
    count, beside = noted.count, noted.beside
    chars = size = 0
    texts: list[str | None] = []
    rows: list[int] = []
    for ranges in extents.ranges_of(found_in(stretches(path, detected.encoding), noted.in_order()), verbatim=verbatim):
        rows += ranges.rows.tolist()
        texts += ranges.texts.to_pylist() if ranges.texts is not None else []
        for start, end, first, last in zip(*(each.tolist() for each in ranges[3:7]), strict=True):
            if start != chars or first != size or end < start or last < first:
                raise Broken(f"a range from {start} to {end} ({first} to {last}) behind {chars} ({size})")
            chars, size = end, last
    if rows != [*([beside] if beside else []), *(row for row in range(1, count + 1) if row != beside)]:
        raise Broken(f"ranges of the rows {rows}")
    with open_decompressed(path) as stream:
        length = len(stream.read())
    if rows and (chars, size) != (len(text), length):
        raise Broken(f"the last range ends at {chars} ({size}), the source at {len(text)} ({length})")
    if verbatim and rows and "".join(texts) != text:
        raise Broken(f"the texts of the ranges are not the source: {texts!r:.300}")


class Records:
    """Stands in for a records file: compares what is added with the csv module's cells, keeps nothing."""

    def __init__(self) -> None:
        self.rows = 0
        self.batches: batches.Batches | None = None

    def add_columns(self, source: str, rows, lines, columns: list) -> None:
        self.rows += len(rows)
        for place, (column, expected) in enumerate(zip(columns, self.batches._columns_one_by_one(), strict=True)):
            if column.to_pylist() != expected.to_pylist():
                raise Broken(f"column {place}: {column.to_pylist()} where the csv module has {expected.to_pylist()}")


def _check_table(path: Path, detected: Detected, text: str, starts: list[int], noted: Positions) -> None:
    width = len(detected.header)
    table = Records()
    stored = batches.Batches(table, source="x", delimiter=detected.delimiter, width=width, positions=noted, only=None)
    table.batches = stored
    row = aside = 0
    line = detected.data_line
    for start, sound_text, record, more in sound_records(path, detected):
        row += 1
        if start < line or text[starts[line - 1] : starts[start - 1]].strip():
            raise Broken(f"record {row} starts on line {start}, the one before ends above line {line}")
        span = record.span if record is not None else len(starts_of(sound_text)) - 1
        line = start + span
        if line > len(starts):
            raise Broken(f"a record up to line {line - 1} of {len(starts) - 1}")
        written = text[starts[start - 1] : starts[line - 1]]
        if record is None:
            if sound_text != written:
                raise Broken(f"the record on line {start} is not its text: {sound_text!r}")
            stored.add(row, start, sound_text, more)
            row += more
        elif record.cells is None:
            aside += 1
            stored.note_aside(row, start, taken=True)
            _check_aside(record, written)
        else:
            _check_cells(record.cells, written, detected)
            stored.add_cells(row, start, record.cells)
    stored.flush()
    if table.rows + aside != row:
        raise Broken(f"{row} records, but {table.rows} stored and {aside} set aside")
    if text[starts[min(line, len(starts)) - 1] :].strip():
        raise Broken(f"text behind the last record, which ends above line {line}, is lost")


def _check_aside(record: tokeniser.Record, written: str) -> None:
    if not (record.reason and record.lines):
        raise Broken(f"the record on line {record.line} is set aside without a reason or its lines")
    if "".join(record.lines) != written and record.reason != sound.REPEATED_HEADER:
        raise Broken(f"of the record on line {record.line} not all is set aside: {record.lines}")


def _check_cells(cells: list[str], written: str, detected: Detected) -> None:
    """The cells of a record hold every character of it that has no meaning in its dialect."""
    dropped = f"{detected.delimiter}{detected.quoting.quote}{detected.quoting.escape} \r\n"
    table = str.maketrans("", "", dropped)
    if "".join(cells).translate(table) != written.translate(table):
        raise Broken(f"{written!r} became {cells}")
