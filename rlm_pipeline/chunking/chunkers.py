"""Which chunker cuts which source."""

from collections.abc import Mapping

from rlm_pipeline.chunking import code, configs, fixed, json_elements, logs, packing, prose, tabular
from rlm_pipeline.chunking.packing import Cut
from rlm_pipeline.chunking.piece import Chunker
from rlm_pipeline.chunking.tabular import Layout
from rlm_pipeline.chunking.views import TABLES, View

JSON = frozenset({"json", "jsonl"})

_OF_TEXT: Mapping[str, tuple[str, Chunker]] = {
    "log": ("log", logs.pieces),
    "code": ("code", code.pieces),
    **dict.fromkeys(("text", "markdown", "rst", "html", "mail"), ("prose", prose.pieces)),
    **dict.fromkeys(("yaml", "toml", "ini"), ("config", configs.pieces)),
}


def content_type(detected_type: str) -> str:
    """What chunks of a source of this type are called."""
    return "tabular" if detected_type in TABLES else detected_type


def chunker_of(detected_type: str, view: View) -> tuple[str, Chunker | None]:
    """The name of a chunker, and the chunker; None where records that are rendered are packed, see `cut_of`."""
    if detected_type in TABLES:
        return "tabular", None
    if detected_type in JSON:
        return "json", None
    name, pieces = _OF_TEXT[detected_type]
    return name, None if view.kind == "rendered" else pieces


def cut_of(detected_type: str, layout: Layout) -> Cut:
    """How a rendered record that is longer than a chunk is cut, by the type of its source."""
    if detected_type in TABLES:
        return tabular.cutter(layout)
    return json_elements.by_key if detected_type in JSON else packing.anywhere


FIXED: tuple[str, Chunker] = ("fixed", fixed.pieces)
