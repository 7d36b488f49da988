"""Whether a decision fits the categories as they are, and to which of them it refers."""

from rlm_pipeline.decisions import Decision, Merge, SplitOff
from rlm_pipeline.taxonomy.curation.changes import Fitted, split_id
from rlm_pipeline.taxonomy.curation.references import DoesNotFit, Known


def fitted(decision: Decision, known: Known) -> Fitted:
    """The decision with the ids it is about, or with the reason why it does not fit."""
    dimension = known.dimension
    if decision.kind in {"rename_dimension", "describe_dimension"}:
        return Fitted(decision=decision, dimension=dimension.id)
    if dimension.gate != "passed":
        reason = f"the dimension “{dimension.name}” has no categories: {dimension.gate_reason}"
        return Fitted(decision=decision, dimension=dimension.id, fits=False, reason=reason)
    try:
        if decision.kind == "merge":
            return _merge(decision, known)
        if decision.kind == "split_off":
            return _split_off(decision, known)
        identity = known.category(decision.target[0], as_found=decision.kind in {"rename", "pin"})
    except DoesNotFit as error:
        return Fitted(decision=decision, dimension=dimension.id, fits=False, reason=str(error))
    reason = "discovery finds it no longer; it is kept as it was" if identity in known.kept else ""
    return Fitted(decision=decision, dimension=dimension.id, categories=(identity,), reason=reason)


def _merge(decision: Merge, known: Known) -> Fitted:
    """The first category may have ended: its id stays. Of others that have ended, nothing is left to be merged."""
    first = known.category(decision.merge[0], ended=True)
    members, ended = [first], []
    for reference in decision.merge[1:]:
        try:
            members.append(known.category(reference))
        except DoesNotFit as error:
            ended.append(str(error))
    present = [each for each in members if each in known.found]
    if not present:
        raise DoesNotFit(f"none of the categories is found: {'; '.join(ended)}")
    if len(members) == 1 and not decision.to:
        raise DoesNotFit("; ".join(ended))
    groups = {each.parent for each in known.dimension.categories}
    if len({each in groups for each in present}) > 1 or any(each in known.made for each in present):
        raise DoesNotFit("only categories of one kind can be merged: those that records have, or groups of these")
    if first not in known.found:
        ended.append(f"the category “{decision.merge[0]}” is no longer found; its id stands for the others")
    return Fitted(
        decision=decision,
        dimension=known.dimension.id,
        categories=tuple(dict.fromkeys(members)),
        reason="; ".join(ended),
    )


def _split_off(decision: SplitOff, known: Known) -> Fitted:
    if known.dimension.kind != "text":
        raise DoesNotFit("the categories of a column of values are these values; there is no text to split them by")
    origin = known.category(decision.origin)
    if origin in known.made:
        raise DoesNotFit(f"“{decision.origin}” is split off itself; split both off the category it comes from")
    own = split_id(known.dimension.id, decision.split_off)
    same = [identity for identity, name in known.found.items() if name.casefold() == decision.split_off.casefold()]
    others = ", ".join(each for each in same if each != own)
    return Fitted(
        decision=decision,
        dimension=known.dimension.id,
        categories=(own,),
        origin=origin,
        reason=f"there is a category of that name by itself: {others}" if others else "",
    )
