"""Which chunker cuts which source."""

from collections.abc import Mapping

from rlm_pipeline.chunking import code, configs, fixed, json_elements, logs, prose, tabular
from rlm_pipeline.chunking.packing import packer
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
_RENDERED: Chunker = packer()


def content_type(detected_type: str) -> str:
    """What chunks of a source of this type are called."""
    return "tabular" if detected_type in TABLES else detected_type


def chunker_of(detected_type: str, view: View, layout: Layout) -> tuple[str, Chunker]:
    """The name of a chunker and the chunker, by the type of a source and how it is shown."""
    if detected_type in TABLES:
        return "tabular", tabular.chunker(layout)
    if detected_type in JSON:
        return "json", json_elements.pieces
    name, pieces = _OF_TEXT[detected_type]
    return name, _RENDERED if view.kind == "rendered" else pieces


FIXED: tuple[str, Chunker] = ("fixed", fixed.pieces)
