from assets import metadata
from rlm_pipeline.model import LeftOut, Manifest, SourceManifest
from rlm_pipeline.synthesis import merge
from tests.engine.synthesis.framed import finding, gathered, read


def source(name, quarantined=0):
    return SourceManifest(
        source=name, bytes=1, sha256="", detected_type="markdown", evidence="a | b", encoding="utf-8", delimiter="",
        header_line=0, header=("heading", "block", "text"), reader="records", rows=2, quarantined=quarantined,
        records_file="prose.bundle.parquet",
    )  # fmt: skip


def test_thousands_of_files_are_cut_with_their_number_and_those_with_a_loss_come_first():
    sources = (*(source(f"{place}.md") for place in range(4000)), source("bad.md", quarantined=3))

    found = metadata.of_manifest(Manifest(partition="all", sources=sources))

    text = found["files"].md_str
    assert "bad.md" in text.splitlines()[2]
    assert "and 3,951 more" in text
    assert len(text.splitlines()) < 60
    assert r"a \| b" in text
    assert "| markdown | 4,001 | 8,002 | 3 |" in found["types"].md_str


def test_files_left_out_are_listed_with_their_reasons():
    left_out = (LeftOut(name="logo.png", reason="a PNG picture"),)

    found = metadata.of_manifest(Manifest(partition="all", sources=(source("a.md"),), left_out=left_out))

    assert found["left_out"] == 1
    assert "| logo.png | a PNG picture |" in found["files_left_out"].md_str


def test_the_most_important_findings_are_a_table_with_who_made_them():
    rows = [finding(severity="warning", summary="a | b"), read("Caches are never emptied")]

    found = metadata.of_merged(merge.merge([gathered(rows)], dataset="desk"))

    assert (found["findings"], found["by_specialists"], found["by_models"]) == (2, 1, 1)
    assert r"| warning | code | vulnerability | a \| b |" in found["top"].md_str
