import itertools

from rlm_pipeline.sources.prose import markdown
from rlm_pipeline.sources.prose.lines import Line
from rlm_pipeline.sources.prose.markdown import markdown_blocks
from tests.engine.sources.prose.reading_back import records

PAGE = """---
title: x
# no heading
---
# One *it* #

text
wrapped

Two
---

```sh
# no heading
```

> # no heading
> quoted

- a
  - b

  c
- d

| h | i |
|---|---|
| 1 | 2 |

<div># no heading</div>

<!-- aside -->

[ref]: https://x.example

    indented

***

### Three

end"""


def test_every_kind_of_block_is_below_its_headings(tmp_path):
    found = [(line, heading, kind) for line, heading, kind, _ in records(tmp_path, PAGE, "a.md")]

    assert found == [
        (1, "", "front_matter"),
        (5, "One *it*", "heading"),
        (7, "One *it*", "paragraph"),
        (10, "One *it* > Two", "heading"),
        (13, "One *it* > Two", "code"),
        (17, "One *it* > Two", "quote"),
        (20, "One *it* > Two", "list"),
        (26, "One *it* > Two", "table"),
        (30, "One *it* > Two", "html"),
        (32, "One *it* > Two", "comment"),
        (34, "One *it* > Two", "definition"),
        (36, "One *it* > Two", "code"),
        (38, "One *it* > Two", "rule"),
        (40, "One *it* > Two > Three", "heading"),
        (42, "One *it* > Two > Three", "paragraph"),
    ]


def test_blocks_are_verbatim(tmp_path):
    texts = {kind: text for _, _, kind, text in records(tmp_path, PAGE.replace("\n", "\r\n"), "a.md")}

    assert texts["list"] == "- a\r\n  - b\r\n\r\n  c\r\n- d"
    assert texts["table"] == "| h | i |\r\n|---|---|\r\n| 1 | 2 |"


def test_a_higher_heading_closes_the_lower_ones(tmp_path):
    text = "# A\n\n## B\n\n### C\n\n## D\n\n# E\n\nlast\n"

    assert [heading for _, heading, *_ in records(tmp_path, text, "a.md")] == [
        "A", "A > B", "A > B > C", "A > D", "E", "E",
    ]  # fmt: skip


def test_what_is_parsed_in_pieces_is_as_if_parsed_at_once(monkeypatch):
    text = PAGE + "\n\n" + "\n\n".join(f"## H{n}\n\n- a\n\n- b {n}\n\n```\n# x\n\n# y\n```\n\npara" for n in range(50))
    lines = [Line(number, line) for number, line in enumerate(text.splitlines(keepends=True), 1)]
    at_once = list(markdown_blocks(iter(lines)))

    monkeypatch.setattr("rlm_pipeline.sources.prose.markdown._PIECE", 40)

    assert list(markdown_blocks(iter(lines))) == at_once


def test_a_text_of_any_length_is_read_as_it_goes():
    endless = (Line(number, "word\n" if number % 3 else "\n") for number in itertools.count(1))

    assert next(markdown_blocks(endless)).text == "word\nword"


def test_an_unclosed_front_matter_is_a_rule(tmp_path):
    assert [record[2] for record in records(tmp_path, "---\n\n# A\n\nb", "a.md")] == ["rule", "heading", "paragraph"]


def test_headings_in_html_open_a_section_as_any(tmp_path):
    text = '<h1 align="center">\n<img src="a" alt="Logo"> <b>My</b> &amp; yours\n</h1>\n\ntext\n\n'
    text += '<h2><img alt="Badge" src="b"></h2>\n\nmore\n\n<!-- <h1>no</h1> -->\n\nend\n'

    assert [record[1:3] for record in records(tmp_path, text, "a.md")] == [
        ("My & yours", "html"), ("My & yours", "paragraph"),
        ("My & yours > Badge", "html"), ("My & yours > Badge", "paragraph"),
        ("My & yours > Badge", "comment"), ("My & yours > Badge", "paragraph"),
    ]  # fmt: skip


def test_a_note_and_a_tab_of_mkdocs_keep_their_content(tmp_path):
    text = '# A {#a .b}\n\n!!! note "T"\n    In it.\n\n    More.\n\nOut.\n\n    code\n\n=== "Tab"\n\n    x\n'

    assert [record[1:3] for record in records(tmp_path, text, "a.md")] == [
        ("A", "heading"), ("A", "directive"), ("A", "directive"), ("A", "paragraph"), ("A", "code"),
        ("A", "directive"), ("A", "directive"),
    ]  # fmt: skip


def test_a_directive_goes_on_where_the_text_is_parsed_in_pieces(monkeypatch, tmp_path):
    text = "# A\n\n!!! note\n\n    in it\n\n    and this\n\nout of it\n"
    whole = records(tmp_path, text, "a.md")
    assert [kind for _, _, kind, _ in whole] == ["heading", "directive", "directive", "paragraph"]

    for size in (5, 20, 30, 40):
        monkeypatch.setattr(markdown, "_PIECE", size)
        assert records(tmp_path, text, "a.md") == whole
