import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from rlm_pipeline.sources.content import is_compressed
from rlm_pipeline.sources.encodings import settle_encoding
from rlm_pipeline.sources.prose import block, lines, markdown
from tests.engine.sources.prose.reading_back import READERS, UTF8, entries_as, text_of, unaccounted

PIECES = st.sampled_from(
    [
        "\n",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        " ",
        "    ",
        "\t",
        "word",
        "Two words.",
        "# ",
        "## Head",
        "===",
        "---",
        "===\n",
        "---\n",
        "- ",
        "* a",
        "1. ",
        "1.2 Sec",
        "> ",
        ">",
        "```",
        "~~~\n",
        "|a|b|\n|-|-|\n",
        "|",
        "[a]: b",
        "<div>",
        "</div>",
        "<!--",
        "-->",
        ".. note::",
        ".. _a:",
        "::",
        "+---+",
        "==  ==",
        ">>> ",
        "CAPITALS HERE",
        "From a@b 10:00 2001",
        "Subject: x\n",
        "Content-Type: multipart/mixed; boundary=b\n",
        "--b\n",
        "--b--\n",
        "\x0c",
        "\x00",
        "\x85",
        "\u2028",
        "é",
        "<h1>",
        "<td>",
        "<pre>",
        "<script>",
        "<![x[",
        "&amp;",
        "&#xd800;",
        "<?xml ",
        "<a b='c'>",
        "</a>",
        "+++\n",
    ]
)
TEXTS = (
    st.lists(PIECES | st.text(max_size=5), max_size=40)
    .map("".join)
    .map(lambda text: text.encode(errors="replace").decode())
)
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
VERBATIM = ("text", "markdown", "rst")


def _line(text, number):
    return LINE.findall(text)[number - 1]


def written(content):
    path = Path(tempfile.mkdtemp()) / "file"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", VERBATIM)
@given(text=TEXTS)
@example(text="# a\n\n- b\n\n\n  c\n\n# d")
@example(text=".. note::\n\n   a\n\n\n\nb::\n\n  c\nd")
def test_blocks_and_white_space_are_the_whole_text(kind, text):
    entries = entries_as(kind, written(text.encode()))

    assert not unaccounted(text, entries).strip()
    starts = [entry.cells[2][:1] for entry in entries]
    assert starts == [_line(text, entry.line)[:1] for entry in entries]


@pytest.mark.parametrize("kind", VERBATIM)
@settings(max_examples=50)
@given(text=TEXTS)
def test_blocks_cut_at_the_limit_are_still_the_whole_text(kind, text):
    with pytest.MonkeyPatch.context() as patch:
        for module in (block, lines, markdown):
            patch.setattr(module, "BLOCK_LIMIT", 8)
        patch.setattr(markdown, "_PIECE", 10)
        patch.setattr(markdown, "_LONGEST_BLOCK", 20)
        entries = entries_as(kind, written(text.encode()))

    assert not unaccounted(text, entries).strip()
    assert max((len(entry.cells[2]) for entry in entries), default=0) <= 9


@pytest.mark.parametrize("kind", list(READERS))
@given(content=st.binary(max_size=400) | TEXTS.map(str.encode))
@example(content=b"<![foo[<!")
@example(content=b"\xff\xfe<\x00a\x00")
def test_any_bytes_are_read_without_an_error(kind, content):
    path = written(content)
    assume(not is_compressed(path))
    encoding = settle_encoding(path, content)

    entries = entries_as(kind, path, encoding)

    lines_in_file = len(text_of(path, encoding).splitlines()) + 1
    assert all(len(entry.cells) == 3 if entry.cells else entry.reason and entry.raw for entry in entries)
    assert all(1 <= entry.line <= lines_in_file for entry in entries)
    assert [entry.line for entry in entries] == sorted(entry.line for entry in entries)
    for entry in entries:
        (entry.cells[2] if entry.cells else entry.raw).encode()


@given(text=st.text(st.characters(exclude_characters="<>&\x00", exclude_categories=["Cs"]), min_size=1, max_size=80))
def test_no_readable_character_of_a_page_is_lost(text):
    page = f"<html><body><p>{text}</p><b>{text}</b>"

    entries = entries_as("html", written(page.encode()), UTF8)

    read = "".join("".join(entry.cells[2].split()) for entry in entries)
    assert read == "".join((text + text).split())


@given(text=TEXTS)
def test_every_word_of_a_mail_without_structure_is_kept(text):
    body = text.replace("\r", "\n")
    message = f"From: a@b.c\nSubject: s\n\nx\n{body}"

    entries = entries_as("mail", written(message.encode()))

    read = "".join("".join(entry.cells[2].split()) for entry in entries)
    assert read == "".join(message.split())
