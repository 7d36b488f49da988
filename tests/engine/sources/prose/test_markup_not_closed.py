"""Markup that never ends hides what follows it; that is set aside, not dropped."""

import pytest

from rlm_pipeline.sources.prose import tag_reader
from tests.engine.sources.prose.reading_back import entries_as


@pytest.mark.parametrize(
    ("text", "aside"),
    [
        ("<html><p>a\n<!-- b\n<p>c", "<!-- b\n<p>c"),
        ("<html><p>a\n<script> b\n<p>c", " b\n<p>c"),
        ("<html><p>a\n<style>b", "b"),
        ("<html><p>a\n<?php b", "<?php b"),
        ("<html><p>a\n<template>b<p>c", "bc"),
        ("<?xml version='1.0'?><r><e>a\n<![CDATA[ b", "<![CDATA[ b"),
    ],
)
@pytest.mark.parametrize("piece", [5, 1 << 16])
def test_what_follows_markup_that_never_ends_is_set_aside(tmp_path, monkeypatch, text, aside, piece):
    monkeypatch.setattr(tag_reader, "_PIECE", piece)
    path = tmp_path / "a.html"
    path.write_text(text)

    first, last = entries_as("html", path)

    assert first.cells[2] == "a"
    assert (last.line, last.cells, last.raw) == (2, None, aside)
    assert last.reason == "a comment, script or declaration that does not end"


def test_scripts_and_templates_that_end_are_left_out(tmp_path):
    path = tmp_path / "a.html"
    path.write_text("<html><script>b</script><template>c<template>d</template>e</template><p>a")

    assert [entry.cells[2] for entry in entries_as("html", path)] == ["a"]
