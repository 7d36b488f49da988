"""The categories of a question's answers as they are published: named from the answers, cited, under ids that last."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rlm_pipeline import fingerprint
from rlm_pipeline.profiling.schema import CanonicalColumn
from rlm_pipeline.retrieval.encoders import Encoder
from rlm_pipeline.store import DatasetStore
from rlm_pipeline.taxonomy import distinctiveness, exemplars, levels, lineage, naming, terms
from rlm_pipeline.taxonomy.discovery import Read
from rlm_pipeline.taxonomy.distinctiveness import Space
from rlm_pipeline.taxonomy.document import Category, Citation, Dimension
from rlm_pipeline.taxonomy.graph import Labels
from rlm_pipeline.taxonomy.hierarchy import centroids
from rlm_pipeline.taxonomy.lineage import Descent, Former
from rlm_pipeline.taxonomy.naming import Naming
from rlm_pipeline.taxonomy.questions.asking import Answer, normalised
from rlm_pipeline.taxonomy.questions.grouping import Categories

SHOWN_ANSWERS = 6
_MOSTLY = 0.5
_DIGITS = 4


def publish(
    store: DatasetStore,
    read: Read,
    given: Mapping[int, Answer],
    found: Categories,
    labels: Labels,
    *,
    proven: NDArray[np.bool_],
    identity: str,
    before: Dimension | None,
    encoder: Encoder,
) -> tuple[Category, ...]:
    """The categories in the order of `labels` (n,), which is -1 for statements that are in none.

    `given` are the answers by position in the sample; `proven` (K,) are categories that a classifier tells from the
    text; `before` is the dimension as it is stored, `encoder` the one that discovers.

    Raises:
        InvariantError: a statement's record is gone.

    """
    inside = np.flatnonzero(labels >= 0)
    own = labels[inside]
    answers = [given[at] for at in inside.tolist()]
    forms = [normalised(each.text) for each in answers]
    vectors = np.array([found.vectors[form] for form in forms], dtype=np.float32)
    centres = centroids(vectors, own)
    descent = lineage.leaves(former(store, before), read.statements.head(len(labels))["statement"].to_list(), labels)
    counted = terms.count([each.text for each in answers], own)
    ranked = [_ranked(found, number) for number in range(found.number)]
    names = naming.name_all(counted, centres, kept=_kept(_prevailing(found, ranked), descent))
    shown = exemplars.choose(vectors, own, centres)
    if found.recurrence is None:  # what is the same answer is not nearer to another one
        shown = replace(shown, border=((),) * found.number)
    positions = [int(inside[at]) for group in (*shown.nearest, *shown.border) for at in group]
    cited = cite(store, read, given, positions)
    siblings = distinctiveness.siblings(Space(statements=read.vectors[inside], encoder=encoder), own)
    scores = siblings.scores([each.name for each in names]) if siblings else None
    return tuple(
        Category(
            id=descent.id_of(number, _fresh_id(identity, ranked[number][0], descent)),
            name=each.name,
            definition=_definition(found, ranked[number], answered=len(own)),
            status="established" if proven[number] and _is_stable(found, number) else "tentative",
            keywords=_keywords(each, found, ranked[number]),
            exemplars=tuple(cited[int(inside[at])] for at in shown.nearest[number]),
            border_cases=tuple(cited[int(inside[at])] for at in shown.border[number]),
            stability=round(float(found.recurrence[number]), _DIGITS) if found.recurrence is not None else None,
            distinctiveness=round(float(scores[number]), _DIGITS) if scores is not None else None,
            lineage=descent.lineage[number],
        )
        for number, each in enumerate(names)
    )


def former(store: DatasetStore, before: Dimension | None) -> Former | None:
    """A stored question with its categories' members, without the statements that are in none."""
    past = lineage.former(store, before) if before else None
    if past is None:
        return None
    members = past.members
    inside = np.flatnonzero(members.known_categories < len(members.categories))
    known = tuple(members.known[at] for at in inside.tolist())
    return replace(past, members=replace(members, known=known, known_categories=members.known_categories[inside]))


def cite(store: DatasetStore, read: Read, given: Mapping[int, Answer], positions: Sequence[int]) -> dict[int, Citation]:
    """Citations of statements by position, each with the words that its answer rests on."""
    column: CanonicalColumn = read.column
    cited = exemplars.cite(read.statements, positions, column, store)
    return {
        at: citation.model_copy(update={"quote": exemplars.quote_of(given[at].quote)}) for at, citation in cited.items()
    }


def _ranked(found: Categories, number: int) -> list[str]:
    """Its answers in normal form, the most frequent first."""
    own = [form for form, category in found.of.items() if category == number and form in found.times]
    return sorted(own, key=lambda form: (-found.times[form], form))


def _prevailing(found: Categories, ranked: Sequence[Sequence[str]]) -> dict[int, str]:
    """As names of categories the one answer that most of their statements give."""
    names: dict[int, str] = {}
    for number, forms in enumerate(ranked):
        if found.times[forms[0]] > _MOSTLY * sum(found.times[form] for form in forms):
            name = found.written[forms[0]]
            names[number] = name[0].upper() + name[1:]
    return names


def _kept(prevailing: Mapping[int, str], descent: Descent) -> dict[int, str]:
    """Names that are given: those of an earlier run, and prevailing answers that are none of these."""
    earlier = {name.casefold() for name in descent.names.values()}
    return {**{at: name for at, name in prevailing.items() if name.casefold() not in earlier}, **descent.names}


def _definition(found: Categories, forms: Sequence[str], *, answered: int) -> str:
    shares = ", ".join(
        f"“{found.written[form]}” ({found.times[form] / answered:.1%})" for form in forms[:SHOWN_ANSWERS]
    )
    rest = len(forms) - SHOWN_ANSWERS
    more = f" or {rest} rarer {'answer' if rest == 1 else 'answers'}" if rest > 0 else ""
    return f"Answered with {shares}{more}; shares are of the {answered:,} answers in categories."


def _keywords(named: Naming, found: Categories, forms: Sequence[str]) -> tuple[str, ...]:
    return named.keywords or tuple(found.written[form] for form in forms[: naming.KEYWORDS])


def _is_stable(found: Categories, number: int) -> bool:
    return found.recurrence is None or bool(found.recurrence[number] >= levels.STABLE)


def _fresh_id(dimension: str, answer: str, descent: Descent) -> str:
    parts: tuple[str, ...] = ("answer", dimension, answer)
    identity = fingerprint.short(*parts)
    while identity in descent.taken:
        parts = (*parts, identity)
        identity = fingerprint.short(*parts)
    return identity
