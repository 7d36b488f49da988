"""The columns that readers make themselves, as against those a file names: what is in them is known beforehand."""

from collections.abc import Mapping

from rlm_pipeline.model import Manifest

LOG = ("prefix", "timestamp", "level", "component", "message", "template")
CODE = ("language", "kind", "scope", "name", "text")
PROSE = ("heading", "block", "text")
CONFIG = ("key", "value", "type", "comment")

OWN_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "log": LOG,
    "code": CODE,
    **dict.fromkeys(("text", "markdown", "rst", "html", "mail"), PROSE),
    **dict.fromkeys(("yaml", "toml", "ini"), CONFIG),
}
"""By `SourceManifest.detected_type`; a type that is not here has the columns its files name."""

VERBATIM = frozenset({"text", "markdown", "rst", "log", "yaml", "toml", "ini", "code"})
"""Types whose chunks show the source as it is; of others the records are shown, column by column.

Their extents have the text of each range as the readers decode it: with bytes that are no UTF-8 read as Windows-1252
among text that is, so that it agrees with the records. The source's own bytes are what the byte ranges are for.
"""

_NO_FREE_TEXT = frozenset({"prefix", "timestamp", "template", "scope", "name", "heading", "key"})


def no_free_text(manifest: Manifest) -> frozenset[str]:
    """Columns that only readers made, and that are no free text however many words they have: headers, names, paths."""
    named_by_files = {
        column
        for each in manifest.sources
        for column in frozenset(each.header).difference(OWN_COLUMNS.get(each.detected_type, ()))
    }
    return _NO_FREE_TEXT - named_by_files


def of_logs(manifest: Manifest) -> frozenset[str]:
    """The columns of a partition's logs that no other source of it has."""
    others = {column for each in manifest.sources if each.detected_type != "log" for column in each.header}
    logs = any(each.detected_type == "log" for each in manifest.sources)
    return frozenset(LOG) - others if logs else frozenset()
