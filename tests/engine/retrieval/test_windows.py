import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlm_pipeline.retrieval.encoders import open_encoder
from rlm_pipeline.retrieval.windows import windows_of


@pytest.fixture(scope="module")
def tokenizer():
    return open_encoder("minilm")._model.tokenizer


TEXTS = st.lists(st.text(alphabet="ab Zé1.,-\n東x", max_size=200), max_size=4)


@given(texts=TEXTS, longest=st.integers(2, 30))
@settings(deadline=None)
def test_windows_joined_are_the_texts_and_none_is_longer_than_the_model_reads(tokenizer, texts, longest):
    windows = windows_of(tokenizer, texts, longest)

    assert [window.text_index for window in windows] == sorted(window.text_index for window in windows)
    for index, text in enumerate(texts):
        assert "".join(window.text for window in windows if window.text_index == index) == text
    assert all(window.tokens <= longest for window in windows)


def test_windows_end_between_words(tokenizer, reports):
    text = " ".join(reports)

    windows = windows_of(tokenizer, [text], 20)

    counts = [len(tokenizer(window.text, add_special_tokens=False)["input_ids"]) for window in windows]
    assert counts == [window.tokens for window in windows]
    assert max(counts) <= 20
    assert all(window.text.endswith(" ") for window in windows[:-1])


def test_a_word_longer_than_a_window_is_cut_within(tokenizer):
    windows = windows_of(tokenizer, ["x9" * 45], 20)

    assert len(windows) > 1
    assert all(len(tokenizer(each.text, add_special_tokens=False)["input_ids"]) <= 20 for each in windows)


class WithoutOffsets:
    """A tokenizer that only counts, as those written in Python do."""

    is_fast = False

    def __init__(self, tokenizer):
        self._tokenizer = tokenizer

    def __call__(self, text, **options):
        return {"input_ids": self._tokenizer(text, **options)["input_ids"]}


@given(texts=TEXTS, longest=st.integers(4, 30))
@settings(deadline=None)
def test_a_tokenizer_without_offsets_loses_nothing(tokenizer, texts, longest):
    windows = windows_of(WithoutOffsets(tokenizer), texts, longest)

    for index, text in enumerate(texts):
        assert "".join(window.text for window in windows if window.text_index == index) == text
    assert all(window.tokens <= longest for window in windows)
