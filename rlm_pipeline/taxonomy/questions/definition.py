"""The definition of a dimension that a question is: what was asked, how it was answered, what labels it gives."""

from collections.abc import Iterator

from rlm_pipeline.taxonomy.document import Question


def of(question: Question, categories: int, distinct: int, missing: str) -> str:
    """In sentences; `missing` says why some statements were not answered about."""
    return " ".join(_sentences(question, categories, distinct, missing))


def _sentences(question: Question, categories: int, distinct: int, missing: str) -> Iterator[str]:
    yield question.question
    yield (
        f"{question.answered_by} answers for {question.answered:,} of {question.asked:,} statements (of {distinct:,} "
        f"distinct ones) in a few words, each with a quote of the statement; they make {categories} categories."
    )
    if question.kappa is not None:
        yield f"Answers of {question.asked_twice} statements asked twice agree with a kappa of {question.kappa:.2f}."
    if told := question.told:
        yield (
            f"A classifier carries the answers to all others; it agrees with {told.share:.1%} of {told.statements:,} "
            f"answers held out from it, the most frequent category alone with {question.most_frequent or 0.0:.1%}."
        )
    if sure := question.decided:
        yield (
            f"It gives a category to {sure.statements / question.held_out:.1%} of the statements held out, and agrees "
            f"with the answer in {sure.share:.1%} of these; it leaves others open."
        )
    if missing:
        yield f"Not all answers are there: {missing}."
