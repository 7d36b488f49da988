"""The reader of JSON documents and JSON lines: first what there is, then the records."""

from collections.abc import Iterator
from pathlib import Path

from rlm_pipeline.sources.encodings import text_blocks
from rlm_pipeline.sources.json_files.census import Census, paths_of, take_census
from rlm_pipeline.sources.json_files.columns import Columns, settle
from rlm_pipeline.sources.json_files.layout import survey
from rlm_pipeline.sources.json_files.records import JsonFile, Notes
from rlm_pipeline.sources.json_files.scanner import Scanner
from rlm_pipeline.sources.reading import Entry, Reading
from rlm_pipeline.sources.recognition import Detected

_PLACES_SHOWN = 8


def read(path: Path, detected: Detected, name: str) -> Reading:
    """The records of a JSON file, cited as `name`, read twice: once for their paths, then for their cells.

    Raises:
        SourceError: the file cannot be read to its end.

    """
    layout = None
    if detected.detected_type == "json":
        layout = survey(lambda: Scanner(text_blocks(path, detected.encoding)))
    file = JsonFile(path=path, encoding=detected.encoding, layout=layout)
    census, notes = take_census(file)
    columns = settle(census, keyed=layout is not None and layout.keyed)
    evidence = [layout.evidence if layout else "", columns.evidence, *notes.evidence()]
    return Reading(
        columns=columns.names,
        entries=_entries(file, columns),
        evidence="; ".join(part for part in evidence if part),
        records_at=_records_at(census),
        paths=paths_of(census, name),
        made=columns.made,
    )


def _entries(file: JsonFile, columns: Columns) -> Iterator[Entry]:
    for record in file.records(Notes()):
        if record.reason:
            yield Entry(record.line, None, record.reason, record.text, record.column)
        else:
            cells, types = columns.cells(record)
            yield Entry(record.line, cells, "", "", record.column, types)


def _records_at(census: Census) -> str:
    places = list(census.places)
    more = f" and {len(places) - _PLACES_SHOWN} more" if len(places) > _PLACES_SHOWN else ""
    return ", ".join(places[:_PLACES_SHOWN]) + more
