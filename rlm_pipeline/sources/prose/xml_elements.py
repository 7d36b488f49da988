"""XML that is not HTML: each element's own text and attributes, below the path of the elements it is in."""

import re

from rlm_pipeline.sources.prose.block import Block
from rlm_pipeline.sources.prose.tag_reader import TagReader

_DEEPEST_NAMED = 32
_DEEPEST_KEPT = 1000
_TAG = re.compile(r"<\s*([^\s/>]+)\s*(.*?)\s*/?>?", re.DOTALL)
_SPACE = re.compile(r"[ \t\n\r]+")


class XmlReader(TagReader):
    """Gathers an XML text's blocks."""

    def __init__(self, root: str = "") -> None:
        super().__init__(root)
        self._names: list[str] = []

    def set_cdata_mode(self, elem: str, **_options: bool) -> None:
        """Nothing: elements that HTML calls script or title are like any other here."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Start an element; its attributes are a block of their own, as written."""
        self.flush()
        match = _TAG.fullmatch(self.get_starttag_text() or "")
        if len(self._names) < _DEEPEST_KEPT:
            self._names.append(match[1] if match else tag)
        if match and attrs and match[2]:
            self.found.append(Block(self.getpos()[0], self._path(), "attributes", match[2]))

    def handle_endtag(self, tag: str) -> None:
        """End the innermost open element of this name, and what is open in it."""
        self.flush()
        for place in range(len(self._names) - 1, -1, -1):
            if self._names[place].lower() == tag:
                del self._names[place:]
                return

    def handle_data(self, data: str) -> None:
        """Text."""
        self.add(data)
        if self.overfull:
            self.flush()

    def unknown_decl(self, data: str) -> None:
        """A CDATA section's text."""
        self.handle_data(data.removeprefix("CDATA["))

    def flush(self) -> None:
        """End the text that is open."""
        line, text = self.gathered()
        text = _SPACE.sub(" ", text).strip(" ")
        if text.strip():
            self.found.append(Block(line, self._path(), "element", text))

    def _path(self) -> str:
        return " > ".join(self._names[:_DEEPEST_NAMED])
