"""The templates of a log's messages, mined by Drain (He et al., ICWS 2017; the library drain3) in one pass.

Drain puts a message into the cluster of its length and first word that it shares most words with. Two things are
ours. Messages are masked first, and a masked piece counts as a shared word. And Drain's templates call every word that
differed a variable, so that `link is up` and `link is down` become one event: here a word is a variable only once it
has had more than `_FEW` different forms in its place, or forms of which one is masked; until then each form has a
template of its own. A record's template is what its cluster is at the end of the file, not when the record was read.

Memory and time are bounded: beyond `_MOST_CLUSTERS`, and beyond `_MOST_ALIKE` that begin alike (lines of a dump), a
message that fits none has its own masked text as its template.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rlm_pipeline.sources.logs.masks import VARIABLE, masked

if TYPE_CHECKING:
    from drain3.drain import Drain

_SIMILARITY = 0.7  # share of words, those masked among them, that a message has in common with its cluster
_DEPTH = 4  # of Drain's tree: length, then the first two words less one
_FEW = 3
_MOST_CLUSTERS = 5_000
_MOST_ALIKE = 50  # of one length and first word, which Drain compares a message with one by one
_MOST_REMEMBERED = 20_000  # masked messages whose cluster is known
_MINED = 1_000  # characters of a message that its template is mined from

_UNCLUSTERED = 0


@dataclass(slots=True)
class _Forms:
    """The forms each word of a cluster had, by place; None where it is a variable."""

    words: list[tuple[str, ...] | None]
    settled: str = ""

    def add(self, words: list[str]) -> None:
        for place, word in enumerate(words):
            forms = self.words[place]
            if forms is not None and word not in forms:
                more = (*forms, word)
                masked_too = any(VARIABLE in form for form in more)
                self.words[place] = None if masked_too or len(more) > _FEW else more

    def settle(self) -> None:
        """Remember the template if no word has several forms, so that it is the same for all messages."""
        if all(forms is None or len(forms) == 1 for forms in self.words):
            self.settled = " ".join(VARIABLE if forms is None else forms[0] for forms in self.words)

    def template(self, words: list[str]) -> str:
        pairs = zip(words, self.words, strict=True)
        return " ".join(VARIABLE if forms is None else word for word, forms in pairs)


def _new_drain() -> "Drain":
    from drain3.drain import Drain  # 0.09 CPU s

    # Drain's own sign for a variable is one no message has, so that a masked piece counts as a shared word.
    return Drain(depth=_DEPTH, sim_th=_SIMILARITY, param_str="\0")


@dataclass(slots=True)
class TemplateMiner:
    """Templates of one file's messages: every message is added in order, then `settle`, then they can be asked for."""

    _drain: "Drain" = field(default_factory=_new_drain)
    _forms: dict[int, _Forms] = field(default_factory=dict)
    _alike: Counter[tuple[int, str]] = field(default_factory=Counter)
    _known: dict[str, int] = field(default_factory=dict)

    def add(self, message: str) -> int:
        """The number of the cluster that `message` is in, to be given to `template` with the same message."""
        text = masked(_mined(message))
        cluster = self._known.get(text)
        if cluster is None:
            cluster = self._clustered(text)
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[text] = cluster
        return cluster

    def _clustered(self, text: str) -> int:
        words = text.split()
        drain = self._drain
        alike = len(words), words[0] if words else ""
        full = drain.clusters_counter >= _MOST_CLUSTERS or self._alike[alike] >= _MOST_ALIKE
        if full and drain.tree_search(drain.root_node, words, drain.sim_th, include_params=False) is None:
            return _UNCLUSTERED
        number = int(drain.add_log_message(text)[0].cluster_id)
        forms = self._forms.get(number)
        if forms is None:
            self._forms[number] = _Forms([(word,) for word in words])
            self._alike[alike] += 1
        else:
            forms.add(words)
        return number

    def settle(self) -> None:
        """Make the templates final; none is added after it."""
        for forms in self._forms.values():
            forms.settle()
        self._known.clear()

    def template(self, cluster: int, message: str) -> str:
        """The final template of a message whose number is `cluster`."""
        if cluster != _UNCLUSTERED and self._forms[cluster].settled:
            template = self._forms[cluster].settled
        else:
            text = masked(_mined(message))
            template = text if cluster == _UNCLUSTERED else self._forms[cluster].template(text.split())
        cut = len(message) > _MINED and VARIABLE not in template.rpartition(" ")[2]
        return f"{template} {VARIABLE}" if cut else template


def _mined(message: str) -> str:
    """The words of `message` that its template is mined from."""
    if len(message) <= _MINED:
        return message
    start = message[:_MINED]
    return start.rpartition(" ")[0] or start
