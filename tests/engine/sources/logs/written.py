"""A log written to disk and read back."""

from rlm_pipeline.sources.detect import detect
from rlm_pipeline.sources.readers import open_reading


def entries(path, text, wanted="auto"):
    """The entries of a log with this text; its line ends are kept as they are."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    detected = detect(path, wanted)
    assert detected.detected_type == "log", detected.evidence
    return list(open_reading(path, detected, path.name).entries)


def columns(entry):
    """An entry's cells by the names of their columns."""
    return dict(zip(("prefix", "timestamp", "level", "component", "message", "template"), entry.cells, strict=True))
