"""Statements that say a topic and, independent of it, a cause; and models that ask for the cause and answer."""

import random
import re

from rlm_pipeline.configuration import Analysis, ColumnRoles, Discovery
from tests.engine.taxonomy.review.planted import TOPICS, properties, says_nothing, statements_in
from tests.engine.taxonomy.stored import CONFIG

CAUSES = {
    "worn parts": "worn rusty corroded frayed cracked brittle eroded",
    "bad weather": "storm rain frost thunder snow flood hail",
    "human mistake": "forgotten misread overlooked careless hurried untrained confused",
    "late supplies": "undelivered shortage backorder supplier customs shipment warehouse",
    "wrong software": "software firmware bug update crash server database",
}
WORDS = {cause: words.split() for cause, words in CAUSES.items()}
CAUSE_OF = {word: cause for cause, words in WORDS.items() for word in words}
FEW = list(TOPICS)[::2]

QUESTION = {
    "name": "Root cause",
    "question": "Why did it happen?",
    "why": "The topic says what it is about, and not why it came to it.",
}

OFFLINE = CONFIG.model_copy(
    update={
        "columns": ColumnRoles(text=("letter",)),
        "discovery": Discovery(max_statements=400, questions=2, question_statements=240),
    }
)
MODEL = OFFLINE.model_copy(update={"analysis": Analysis(mode="model", budget_usd=20)})


def statements(number, seed=0, *, silent=0.1):
    """That many statements, and topic and cause of each; of that share the cause is not said: None."""
    chance = random.Random(seed)
    found = []
    for _ in range(number):
        topic = chance.choice(FEW)
        cause = chance.choice(list(CAUSES)) if chance.random() >= silent else None
        about = chance.sample(TOPICS[topic], 4)
        why = chance.sample(WORDS[cause], 3) if cause else ["somehow"]
        found.append((f"The {' '.join(about)} came to nothing, {' '.join(why)} it was.", topic, cause))
    return found


def words_of(topic, text):
    """How many words of a topic a text has."""
    return sum(word in TOPICS[topic] for word in re.findall(r"[\w-]+", text.lower()))


def cause_in(text):
    """The words of a text that say its cause, and the cause; None if none does."""
    words = [word for word in re.findall(r"\w+", text.lower()) if word in CAUSE_OF]
    return (" ".join(words), CAUSE_OF[words[0]]) if words else None


def answers(params, of):
    """An answer for each statement that is shown: `of` a text gives answer and quote."""
    said = [(number, *of(text)) for number, text in statements_in(params)]
    return {"answers": [{"statement": number, "answer": answer, "quote": quote} for number, answer, quote in said]}


def in_few_words(text):
    """The cause by its name, the same for all."""
    found = cause_in(text)
    return (found[1], found[0]) if found else ("not stated", "")


def in_its_own_words(text):
    """The cause in the statement's words, so that hardly two are alike."""
    found = cause_in(text)
    return (found[0], found[0]) if found else ("not stated", "")


def model(of=in_few_words, proposals=(QUESTION,)):
    """A model that proposes these questions, and answers each as `of` does; it reviews nothing."""

    def answer(params):
        if "questions" in properties(params):
            return {"questions": list(proposals)}
        if "answers" in properties(params):
            return answers(params, of)
        return says_nothing(params)

    return answer
