import pytest

from rlm_pipeline.retrieval.encoders import open_encoder
from rlm_pipeline.taxonomy import boilerplate
from tests.engine.taxonomy.letters import letters


@pytest.fixture(scope="module")
def found():
    texts, matters = letters(300)
    # Half of the letters about trains end alike: what they have in common is their matter, not a formula.
    repeated = [
        f"{text}\nPlease refund the ticket." if matter == "train" and place % 2 else text
        for place, (text, matter) in enumerate(zip(texts, matters, strict=True))
    ]
    return boilerplate.find(repeated, open_encoder("static"))


def test_greetings_and_closings_are_found(found):
    assert set(found) == {
        "dear friends", "hello there", "good evening all",
        "with kind regards", "sent from my tablet", "thank you for your time",
    }  # fmt: skip


def test_a_sentence_repeated_about_one_matter_is_not_boilerplate(found):
    assert "please refund the ticket" not in found


def test_boilerplate_is_removed_whatever_its_case_and_punctuation(found):
    text = "HELLO THERE!\nThe hedge needs pruning.\n\nSent from my tablet"

    assert boilerplate.without(text, frozenset(found)) == "The hedge needs pruning."


def test_a_text_of_nothing_but_boilerplate_is_kept(found):
    assert (
        boilerplate.without("Hello there,\nWith kind regards.", frozenset(found)) == "Hello there, With kind regards."
    )


def test_few_texts_have_no_boilerplate():
    assert boilerplate.find(["Hello. One.", "Hello. Two."], open_encoder("static")) == ()
