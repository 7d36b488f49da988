"""Which reader reads which type of file, tables aside: they have a reader of their own."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rlm_pipeline.errors import InvariantError
from rlm_pipeline.sources.code import reader as code_reader
from rlm_pipeline.sources.configs import ini_lines, toml_statements, yaml_events
from rlm_pipeline.sources.json_files import reader as json_reader
from rlm_pipeline.sources.logs import reader as log_reader
from rlm_pipeline.sources.prose import html_page, mail, markdown, plain, restructured
from rlm_pipeline.sources.reading import Reading
from rlm_pipeline.sources.recognition import Detected

TABLES = frozenset({"csv", "tsv"})

Reader = Callable[[Path, Detected, str], Reading]
"""(path, how it is to be read, the name it is cited by) -> its records."""

READERS: Mapping[str, Reader] = {
    "text": plain.read,
    "markdown": markdown.read,
    "rst": restructured.read,
    "html": html_page.read,
    "mail": mail.read,
    "yaml": yaml_events.read,
    "toml": toml_statements.read,
    "ini": ini_lines.read,
    "code": code_reader.read,
    "log": log_reader.read,
    "json": json_reader.read,
    "jsonl": json_reader.read,
}
"""By `Detected.detected_type`."""

BUNDLES: Mapping[str, str] = {
    **dict.fromkeys(("text", "markdown", "rst", "html", "mail"), "prose.bundle.parquet"),
    **dict.fromkeys(("yaml", "toml", "ini"), "config.bundle.parquet"),
    "code": "code.bundle.parquet",
}
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
