"""Any sentence-transformers model: one like BGE-M3 with random weights, one with prompts, one without a network."""

import json
from pathlib import Path

import numpy as np
import pytest

from rlm_pipeline.configuration import Embedding
from rlm_pipeline.errors import EncoderError
from rlm_pipeline.retrieval import devices, embeddings, models, transformer, vector_table
from rlm_pipeline.retrieval.encoders import open_encoder, search_encoder
from rlm_pipeline.retrieval.vector_search import semantic_search

torch = pytest.importorskip("torch")

LONGEST = 8192


@pytest.fixture(scope="module")
def like_bge_m3(tmp_path_factory, reports_of_module):
    """BGE-M3's architecture, tokenizer, pooling and input length; two small layers with random weights."""
    return build(tmp_path_factory.mktemp("models") / "bge-m3", reports_of_module)


@pytest.fixture(scope="module")
def reports_of_module():
    return [
        f"Employee number {number} slipped on ice and bruised the left hip at mine {number * 7}."
        for number in range(60)
    ]


def build(folder: Path, texts, *, longest=LONGEST, prompts=None) -> Path:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from tokenizers import Tokenizer
    from tokenizers.models import Unigram
    from tokenizers.pre_tokenizers import Metaspace
    from tokenizers.processors import TemplateProcessing
    from tokenizers.trainers import UnigramTrainer
    from transformers import XLMRobertaConfig, XLMRobertaModel, XLMRobertaTokenizerFast

    torch.manual_seed(0)
    pieces = Tokenizer(Unigram())
    pieces.pre_tokenizer = Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    pieces.train_from_iterator(
        texts, UnigramTrainer(vocab_size=300, special_tokens=special, unk_token="<unk>", show_progress=False)
    )
    pieces.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer = XLMRobertaTokenizerFast(tokenizer_object=pieces, model_max_length=longest)
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=longest + 2, type_vocab_size=1, layer_norm_eps=1e-5,
    )  # fmt: skip
    base = folder.with_name(f"{folder.name}-base")
    XLMRobertaModel(config).save_pretrained(base)
    tokenizer.save_pretrained(base)
    network = Transformer(str(base), max_seq_length=longest)
    pooling = Pooling(network.get_embedding_dimension(), pooling_mode="cls")
    SentenceTransformer(modules=[network, pooling, Normalize()], device="cpu", prompts=prompts).save(str(folder))
    return folder


def test_the_model_is_laid_out_as_bge_m3_is(like_bge_m3):
    modules = [each["type"].rpartition(".")[2] for each in json.loads((like_bge_m3 / "modules.json").read_text())]
    config = json.loads((like_bge_m3 / "config.json").read_text())

    assert modules == ["Transformer", "Pooling", "Normalize"]
    assert config["model_type"] == "xlm-roberta"
    assert config["max_position_embeddings"] == 8194
    assert "XLMRoberta" in json.loads((like_bge_m3 / "tokenizer_config.json").read_text())["tokenizer_class"]


def test_vectors_of_a_model_like_bge_m3_are_its_own(like_bge_m3, reports):
    from sentence_transformers import SentenceTransformer

    encoder = open_encoder(str(like_bge_m3))
    longer = " ".join(reports * 4)  # beyond 512 tokens, where older models cut

    reference = SentenceTransformer(str(like_bge_m3), device="cpu")

    assert encoder.dimension == 32
    assert reference.max_seq_length == LONGEST
    expected = reference.encode([*reports, longer], show_progress_bar=False)
    np.testing.assert_allclose(encoder.encode([*reports, longer]), expected, atol=1e-5)


def test_a_model_like_bge_m3_embeds_and_finds_chunks(store, config, write, like_bge_m3, reports):
    chosen = config.model_copy(update={"embedding": Embedding(search=str(like_bge_m3))})
    write("FY2012", [*reports, " ".join(reports * 60)])

    summary = embeddings.materialise(store, chosen, "FY2012")
    best = semantic_search(store, chosen, reports[3], 1)[0]

    assert (summary.embedded_now, summary.dimension) == (len(reports) + 1, 32)
    assert summary.model_id.startswith("bge-m3@")
    assert best.score == pytest.approx(1.0, abs=1e-5)
    assert embeddings.materialise(store, chosen, "FY2012").embedded_now == 0


@pytest.fixture(scope="module")
def prompted(tmp_path_factory, reports_of_module):
    folder = tmp_path_factory.mktemp("prompted") / "with-prompts"
    return build(folder, reports_of_module, longest=128, prompts={"query": "query: ", "passage": "passage: "})


def test_a_models_prompts_precede_queries_and_documents(prompted, reports):
    from sentence_transformers import SentenceTransformer

    encoder = open_encoder(str(prompted))
    reference = SentenceTransformer(str(prompted), device="cpu")

    query, document = encoder.encode_query(reports[0]), encoder.encode([reports[0]])[0]

    np.testing.assert_allclose(query, reference.encode("query: " + reports[0]), atol=1e-5)
    np.testing.assert_allclose(document, reference.encode("passage: " + reports[0]), atol=1e-5)
    assert not np.allclose(query, document, atol=2e-5)


def test_configured_prompts_win_and_another_document_prompt_is_another_model(prompted):
    own = search_encoder(Embedding(search=str(prompted)))
    asked = search_encoder(Embedding(search=str(prompted), query_prompt="ask: "))
    told = search_encoder(Embedding(search=str(prompted), document_prompt=""))

    assert (own.query_prompt, own.document_prompt) == ("query: ", "passage: ")
    assert (asked.query_prompt, asked.document_prompt) == ("ask: ", "passage: ")
    assert (told.query_prompt, told.document_prompt) == ("query: ", "")
    assert asked.model_id == own.model_id != told.model_id


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("intfloat/multilingual-e5-small", ("query: ", "passage: ")),
        ("intfloat/e5-base-v2", ("query: ", "passage: ")),
        ("intfloat/multilingual-e5-large-instruct", ("", "")),
        ("BAAI/bge-m3", ("", "")),
    ],
)
def test_a_family_whose_files_lack_its_prompts_gets_them(like_bge_m3, name, expected):
    model = open_encoder(str(like_bge_m3))._model

    assert models.prompts_of(model, name, transformer.Run()) == expected


def test_every_window_of_a_long_text_is_seen_and_weighs_as_it_is_long(prompted, reports):
    from sentence_transformers import SentenceTransformer

    encoder = open_encoder(str(prompted))
    long = " ".join(reports)

    windows = encoder._windows([long], "passage: ")
    vector = encoder.encode([long])[0]

    reference = SentenceTransformer(str(prompted), device="cpu")
    each = reference.encode(["passage: " + window.text for window in windows])
    mean = (each * np.array([[window.tokens] for window in windows])).sum(axis=0)
    assert len(windows) > 3
    assert "".join(window.text for window in windows) == long
    tokens = [len(reference.tokenizer("passage: " + window.text)["input_ids"]) for window in windows]
    assert max(tokens) <= 128
    np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)


def test_the_end_of_a_long_chunk_counts_for_minilm(reports):
    encoder = open_encoder("minilm")
    long = " ".join(reports * 2)

    first, second = encoder.encode([f"{long} A fire broke out.", f"{long} Taxes were raised."])

    assert not np.allclose(first, second, atol=1e-4)


def test_another_window_is_another_model(tmp_path, reports_of_module):
    short, long = (build(tmp_path / f"{longest}" / "same", reports_of_module, longest=longest) for longest in (64, 128))
    config = json.loads((long / "sentence_bert_config.json").read_text())
    before = open_encoder(str(long)).model_id
    (long / "sentence_bert_config.json").write_text(json.dumps({**config, "max_seq_length": 32}))
    open_encoder.cache_clear()

    assert open_encoder(str(long)).model_id != before
    assert open_encoder(str(short)).model_id != before


def test_a_model_whose_vectors_are_no_numbers_is_refused_before_anything_is_stored(
    tmp_path, reports_of_module, store, config, write
):
    from safetensors.numpy import load_file, save_file

    folder = build(tmp_path / "damaged", reports_of_module, longest=64)
    weights = load_file(folder / "model.safetensors")
    damaged = {
        name: np.full_like(each, np.nan) if "word_embeddings" in name else each for name, each in weights.items()
    }
    save_file(damaged, folder / "model.safetensors", metadata={"format": "pt"})
    config = config.model_copy(update={"embedding": Embedding(search=str(folder))})
    write("all", reports_of_module)

    with pytest.raises(EncoderError, match=r"no finite vector for \d+ of \d+ texts: its weights are damaged"):
        embeddings.materialise(store, config, "all")

    assert vector_table.open_existing(store, search_encoder(config.embedding)).count_rows() == 0


@pytest.mark.parametrize(
    ("file", "key", "changed"),
    [
        ("config.json", "layer_norm_eps", lambda _: 0.5),
        ("tokenizer.json", "model", lambda model: model | {"vocab": [*model["vocab"][:5], *model["vocab"][:4:-1]]}),
        ("1_Pooling/config.json", "pooling_mode", lambda _: "mean"),
    ],
)
def test_a_folder_changed_in_place_but_for_its_weights_is_another_model(
    tmp_path, reports_of_module, file, key, changed
):
    folder = build(tmp_path / "model", reports_of_module, longest=64)
    before = open_encoder(str(folder))
    settings = json.loads((folder / file).read_text())
    open_encoder.cache_clear()
    same = open_encoder(str(folder)).model_id

    (folder / file).write_text(json.dumps(settings | {key: changed(settings.get(key))}))
    open_encoder.cache_clear()
    after = open_encoder(str(folder))

    assert same == before.model_id
    assert not np.allclose(before.encode(["Employee SLIPPED"]), after.encode(["Employee SLIPPED"]))
    assert after.model_id != before.model_id


def test_a_model_without_a_limit_reads_whole_texts(tmp_path, reports):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    from rlm_pipeline.retrieval import static

    _, vocabulary = static._package_files()
    table = StaticEmbedding(Tokenizer.from_file(str(vocabulary)), embedding_dim=16)
    SentenceTransformer(modules=[table], device="cpu").save(str(tmp_path / "lookup"))
    encoder = open_encoder(str(tmp_path / "lookup"))
    long = " ".join(reports * 50)

    vectors = encoder.encode([*reports, long])

    expected = SentenceTransformer(str(tmp_path / "lookup")).encode([*reports, long], normalize_embeddings=True)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("cuda", "metal", "asked", "chosen"),
    [
        (True, False, "auto", "cuda"),
        (False, True, "auto", "mps"),
        (False, False, "auto", "cpu"),
        (True, True, "cpu", "cpu"),
        (True, True, "mps", "mps"),
    ],
)
def test_the_device_is_the_one_asked_for_or_the_fastest_there_is(monkeypatch, cuda, metal, asked, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: metal)

    assert devices.choose(asked) == chosen


def test_a_device_that_is_not_there_is_refused_before_anything_is_loaded(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(EncoderError, match=r"embedding.device cuda: .* auto or cpu"):
        search_encoder(Embedding(search="minilm", device="cuda"))


def test_a_batch_that_does_not_fit_the_memory_is_halved_and_a_text_that_does_not_is_named(like_bge_m3, reports):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(like_bge_m3), device="cpu")
    forward = model[0].forward

    def runs_out_of_memory(features, **options):
        if features["input_ids"].numel() > 128:
            raise torch.OutOfMemoryError
        return forward(features, **options)

    model[0].forward = runs_out_of_memory
    encoder = transformer.TransformerEncoder(model_id="small", model=model, prompts=("", ""), run=transformer.Run())

    vectors = encoder.encode(reports)

    np.testing.assert_allclose(vectors, open_encoder(str(like_bge_m3)).encode(reports), atol=1e-5)
    with pytest.raises(EncoderError, match=r"one text of .* characters does not fit"):
        encoder.encode([" ".join(reports)])


def test_half_precision_is_stored_as_such_in_a_table_of_its_own(store, config, write, reports):
    half = config.model_copy(update={"embedding": Embedding(search="static", precision="float16")})
    write("FY2012")

    whole = embeddings.materialise(store, config, "FY2012")
    summary = embeddings.materialise(store, half, "FY2012")

    table = vector_table.open_existing(store, search_encoder(half.embedding))
    stored = np.stack(table.to_arrow()["vector"].to_pylist())
    found = semantic_search(store, half, reports[3], 3)
    assert str(table.schema.field("vector").type) == "fixed_size_list<item: halffloat>[256]"
    assert summary.embedded_now == whole.embedded_now == len(reports)
    assert summary.model_id == f"{whole.model_id}-float16"
    assert found[0].score == pytest.approx(1.0, abs=1e-3)
    assert stored.shape == (len(reports), 256)
    exact = semantic_search(store, config, reports[3], 3)
    assert [each.chunk_id for each in found] == [each.chunk_id for each in exact]
