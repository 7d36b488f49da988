import pytest

from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.readers import open_reading


class Read:
    """What was read of a file: its records as dictionaries without empty cells, and what was set aside."""

    def __init__(self, reading, detected):
        entries = list(reading.entries)
        self.kind = detected.detected_type
        self.columns = reading.columns
        self.at = reading.records_at
        self.evidence = reading.evidence
        self.records = [
            {column: cell for column, cell in zip(reading.columns, entry.cells, strict=True) if cell is not None}
            for entry in entries
            if entry.cells is not None
        ]
        self.lines = [entry.line for entry in entries]
        self.aside = [(entry.line, entry.reason, entry.raw) for entry in entries if entry.cells is None]
        self.paths = {(path, kind): (values, records) for _, path, kind, values, records in reading.paths.iter_rows()}


@pytest.fixture
def read(tmp_path):
    def read_file(content, wanted="auto", name="file"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        detected = detect(path, wanted)
        return Read(open_reading(path, detected, name), detected)

    return read_file
