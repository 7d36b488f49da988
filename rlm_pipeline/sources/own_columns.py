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
