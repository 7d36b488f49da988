"""Which reader reads which type of file, tables aside: they have a reader of their own."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rlm_pipeline.errors import InvariantError
from rlm_pipeline.sources.reading import Reading
from rlm_pipeline.sources.recognition import Detected

TABLES = frozenset({"csv", "tsv"})

Reader = Callable[[Path, Detected, str], Reading]
"""(path, how it is to be read, the name it is cited by) -> its records."""

READERS: Mapping[str, Reader] = {}
"""By `Detected.detected_type`."""

BUNDLES: Mapping[str, str] = {}
"""Types of which a dataset has thousands of small files -> the one records file that all of a bundle share.

All readers of a bundle have the same columns, whatever the file.
"""


def open_reading(path: Path, detected: Detected, name: str) -> Reading:
    """The records of a file that is no table.

    Raises:
        SourceError: the file cannot be read.

    """
    reader = READERS.get(detected.detected_type)
    if reader is None:
        raise InvariantError(f"{name} was taken for {detected.detected_type}, which no reader reads; please report it")
    return reader(path, detected, name)
