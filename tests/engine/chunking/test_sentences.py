import pytest
from hypothesis import given

from rlm_pipeline.chunking.sentences import sentences
from tests.engine.chunking.cut_sources import TEXTS


@given(TEXTS)
def test_the_sentences_joined_are_the_text(text):
    found = list(sentences(text))

    assert "".join(found) == text
    assert all(found)


@pytest.mark.parametrize(
    "found",
    [
        ["Mr. Smith met Dr. J. R. Jones at 3 p.m. on Jan. 15, 1990. ", "They left."],
        ["See No. 5 and Fig. 3, e.g. the U.S. Senate. ", "It grew 3.14 percent."],
        ["“Stop!” ", "He stopped. ", "“Why?” she asked."],
        ["1. Wash the car.\n", "2. Dry it."],
        ["The rate fell (see p. 7). ", "Was it real? ", "Nobody knew... and then it rose."],
        ["Er kam am 3. Oktober an. ", "Das war z.B. ein Montag."],
        ["今日は晴れ。", "明日は雨\uff1f", "「はい。」", "そうです"],
        ["यह पहला वाक्य है। ", "यह दूसरा है।"],
        ["هل هذا صحيح؟ ", "نعم."],
        ["Это Москва. ", "Да!"],
        ["ይህ ዓረፍተ ነገር ነው። ", "ሁለተኛ ነው።"],
        ["It was cited.[12] ", "Then it was not."],
        ["Visit example.com or read v1.2.3 today! ", "Done."],
    ],
    ids=lambda found: found[0][:12],
)
def test_a_text_is_cut_where_a_reader_sees_a_sentence_end(found):
    assert list(sentences("".join(found))) == found


def test_marks_without_end_are_read_in_one_go():
    assert list(sentences("." * 300_000)) == ["." * 300_000]
