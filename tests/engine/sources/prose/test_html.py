import itertools

from rlm_pipeline.sources.prose.html_page import html_blocks, markup_blocks
from rlm_pipeline.sources.prose.lines import Line
from tests.engine.sources.prose.reading_back import records


def page(tmp_path, content):
    return records(tmp_path, content, "a.html")


def test_headings_give_the_path_and_blocks_their_kind(tmp_path):
    content = """<!DOCTYPE html>
<html><head><title>Page</title><meta name="description" content="All about it"></head>
<body><h1>One
 two</h1><p>A <b>bold</b> word<br>and more
<h2><div>Sub</div></h2>
<ul><li>a<ul><li>b</ul><li>c</ul>
after
<table><tr><th>x<th>y<tr><td>1<p>p</p></td><td>2</td></tr></table>
<pre>
 keep
   this</pre><blockquote><p>said</blockquote>
<img alt="A cat"></body></html>"""

    assert page(tmp_path, content) == [
        (2, "Page", "title", "Page"),
        (2, "Page", "description", "All about it"),
        (3, "Page > One two", "heading", "One two"),
        (4, "Page > One two", "paragraph", "A bold word\nand more"),
        (5, "Page > One two > Sub", "heading", "Sub"),
        (6, "Page > One two > Sub", "list", "a"),
        (6, "Page > One two > Sub", "list", "b"),
        (6, "Page > One two > Sub", "list", "c"),
        (7, "Page > One two > Sub", "paragraph", "after"),
        (8, "Page > One two > Sub", "table", "x | y"),
        (8, "Page > One two > Sub", "table", "1 p | 2"),
        (10, "Page > One two > Sub", "code", " keep\n   this"),
        (11, "Page > One two > Sub", "quote", "said"),
        (12, "Page > One two > Sub", "paragraph", "A cat"),
    ]


def test_what_nobody_reads_is_left_out(tmp_path):
    content = """<html><script>if (a < b) "<p>no</p>"</script><style>p {}</style><template><p>no</template>
<!-- no --><p>yes</p></html>"""

    assert [text for *_, text in page(tmp_path, content)] == ["yes"]


def test_entities_are_decoded(tmp_path):
    assert page(tmp_path, "<html><p>&lt;a&gt; &eacute;&#233; &nbsp;&amp;amp;")[0][3] == "<a> éé \xa0&amp;"


def test_a_page_laid_out_in_a_table_keeps_its_headings(tmp_path):
    content = "<html><table><tr><td><h1>Top</h1><p>text</p><ul><li>item</ul></td></tr></table></html>"

    assert [record[1:] for record in page(tmp_path, content)] == [
        ("Top", "heading", "Top"),
        ("Top", "paragraph", "text"),
        ("Top", "list", "item"),
    ]


def test_broken_markup_is_read_as_far_as_it_goes(tmp_path):
    content = "<html><p>one<h2>two<p>three</b></td></li><li>four<table><td>five<![x[ <a href='six>seven"

    texts = [text for *_, text in page(tmp_path, content)]

    assert texts[:4] == ["one", "two", "three", "four"]
    assert texts[4].startswith("five")


def test_the_encoding_is_that_of_the_bytes_not_of_the_meta_tag(tmp_path):
    content = '<html><meta charset="latin-1"><p>é</p></html>'.encode()

    assert page(tmp_path, content)[0][3] == "é"


def test_lines_are_the_files_whatever_they_end_with(tmp_path):
    assert [line for line, *_ in page(tmp_path, "<html>\r\n<p>a\r<p>\rb\n\n<pre>\n\nc</pre>")] == [2, 4, 8]


def test_plain_xml_is_read_by_its_elements(tmp_path):
    content = """<?xml version="1.0"?>
<Catalog><Book id="1" lang='en'>
<title>A &amp; B</title><script>x <i>y</i></script>
<![CDATA[raw <b>]]></Book></Catalog>"""

    assert records(tmp_path, content, "a.xml") == [
        (2, "Catalog > Book", "attributes", "id=\"1\" lang='en'"),
        (3, "Catalog > Book > title", "element", "A & B"),
        (3, "Catalog > Book > script", "element", "x"),
        (3, "Catalog > Book > script > i", "element", "y"),
        (4, "Catalog > Book", "element", "raw <b>"),
    ]


def test_a_page_of_any_length_is_read_as_it_goes():
    endless = itertools.chain([Line(1, "<html>\n")], (Line(n, f"<p>{n} words\n") for n in itertools.count(2)))

    assert next(markup_blocks(endless)).text == "2 words"


def test_a_comment_that_never_ends_does_not_stay_in_memory(monkeypatch):
    monkeypatch.setattr("rlm_pipeline.sources.prose.tag_reader._LONGEST_TAG", 1 << 18)
    held = []

    def lines():
        yield Line(1, "<p>before</p><!-- never\n")
        for number in range(2, 40_000):
            yield Line(number, "closed " * 5 + "\n")
            held.append(number)

    first = next(html_blocks(lines()))

    assert first.text == "before"
    assert len(held) < 4_000


def test_the_title_of_a_drawing_is_not_the_title_of_the_page(tmp_path):
    text = "<html><title>Page</title><h1>One</h1><svg><title>icon</title></svg><p>text"

    assert page(tmp_path, text)[-1][1:] == ("Page > One", "paragraph", "text")
