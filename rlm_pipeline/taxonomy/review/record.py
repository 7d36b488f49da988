"""The record of a review: which of a model's changes were made, and which were not and why."""

from dataclasses import dataclass, field

from rlm_pipeline.llm.prompts import Prompt
from rlm_pipeline.taxonomy.document import Refused, Review

LONGEST = 200
MOST_REFUSED = 200


@dataclass(kw_only=True)
class Record:
    """Filled while a review is checked."""

    accepted: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    not_made: list[str] = field(default_factory=list)

    @property
    def why(self) -> str:
        """Why something was not reviewed, in one line."""
        return "; ".join(dict.fromkeys(self.not_made))

    def accept(self, change: str) -> None:
        """A change that is made."""
        self.accepted.append(short(change))

    def refuse(self, change: str, reason: str) -> None:
        """A change that is not."""
        self.refused.append(Refused(change=short(change), reason=reason))

    def review(self, model: str, prompt: Prompt) -> Review:
        """As it is published: of a model that proposes without end, the first changes and how many more."""
        refused = self.refused[:MOST_REFUSED]
        if beyond := len(self.refused) - len(refused):
            refused.append(Refused(change=f"{beyond:,} more changes", reason="they are not listed"))
        return Review(
            model=model,
            prompt_version=prompt.version,
            accepted=tuple(self.accepted),
            refused=tuple(refused),
            not_made=self.why,
        )


def short(text: str) -> str:
    """In one line, cut where it is long: a model's text is shown, but not at any length."""
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"


def quoted(name: str) -> str:
    """A name in quotation marks."""
    return f"“{name.replace('“', '').replace('”', '')}”"
