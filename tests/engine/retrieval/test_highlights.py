from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.retrieval import word_index
from rlm_pipeline.retrieval.highlights import find
from rlm_pipeline.retrieval.word_search import Words, words_of

words = st.sampled_from(
    ["fail", "failed", "FAILING", "Failure", "belt", "belts", "b", "3", "x3", "é", "naïve", "a" * 45]
)
between = st.sampled_from([" ", "_", "-", ", ", "\n", "\t", ".", "é ", "\x00", "''"])
texts = st.lists(st.tuples(words, between), max_size=12).map(lambda pairs: "".join(map("".join, pairs)))


@settings(max_examples=400, deadline=None)
@given(text=texts, query=words, language=st.sampled_from(["english", "german", "none"]))
def test_every_word_that_the_index_takes_for_the_same_is_highlighted(text, query, language):
    asked = Words(stems=words_of(query, language).stems)

    found = {(each.start, each.end) for each in find(text, asked, language)}

    tokens = word_index.word_analyzer(language).pre_tokenize(text).tokens
    assert found == {(each.char_offset_from, each.char_offset_to) for each in tokens if each.text in asked.stems}


def test_a_part_of_a_name_in_camel_case_is_highlighted_whatever_stands_beside():
    found = find("call getUserName, XMLParser", words_of("user parser", "english"), "english")

    assert [each.word for each in found] == ["User", "Parser"]
