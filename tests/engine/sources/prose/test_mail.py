import email.message
import mailbox

import pytest

from rlm_pipeline.sources.prose.mime import MBOX_LINE
from tests.engine.sources.prose.reading_back import records


def message(**headers):
    made = email.message.EmailMessage()
    for name, value in {"From": "Ann <a@b.example>", "To": "c@d.example", "Subject": "Hello", **headers}.items():
        made[name] = value
    return made


def kinds(found):
    return [record[2] for record in found]


def test_a_message_is_its_headers_and_the_blocks_of_its_text(tmp_path):
    text = "From: a@b.c\nSubject: =?utf-8?q?H=C3=A9?= you\n there\nX-Odd\n\nHi,\nyou.\n\n> old\n\n-- \nAnn\n\nPhone 1\n"

    assert records(tmp_path, text.replace("X-Odd\n", ""), "a.eml") == [
        (1, "Hé you there", "headers", "From: a@b.c\nSubject: =?utf-8?q?H=C3=A9?= you\n there"),
        (5, "Hé you there", "paragraph", "Hi,\nyou."),
        (8, "Hé you there", "quote", "> old"),
        (10, "Hé you there", "signature", "-- \nAnn\n\nPhone 1"),
    ]


def test_an_attached_message_may_start_with_its_text(tmp_path):
    head = 'From: a@b.c\nSubject: s\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: message/rfc822\n'

    assert records(tmp_path, f"{head}no header\nX: 1\n\nmore\n", "a.eml")[1:] == [
        (7, "s", "paragraph", "no header\nX: 1"),
        (10, "s", "paragraph", "more"),
    ]


def test_encoded_parts_are_decoded(tmp_path):
    for transfer in ("quoted-printable", "base64"):
        made = message()
        made.set_content("Schöne Grüße, €5\n", cte=transfer)

        assert records(tmp_path, made.as_bytes(), "a.eml")[1][3] == "Schöne Grüße, €5"


def test_attachments_are_read_if_they_are_text_and_named_if_not(tmp_path):
    made = message()
    made.set_content("body\n")
    made.add_alternative("<h1>Head</h1><p>in html", subtype="html")
    made.add_attachment("notes\n", filename="notes.txt")
    made.add_attachment(b"\x00" * 300, maintype="application", subtype="pdf", filename="x.pdf")

    found = [record[1:] for record in records(tmp_path, made.as_bytes(), "a.eml")]

    assert found[1:4] == [
        ("Hello", "paragraph", "body"),
        ("Hello > Head", "heading", "Head"),
        ("Hello > Head", "paragraph", "in html"),
    ]
    assert found[4] == ("Hello > notes.txt", "paragraph", "notes")
    assert found[5][:2] == ("Hello > x.pdf", "attachment")
    assert found[5][2].startswith("x.pdf (application/pdf, ")


def test_a_forwarded_message_is_below_both_subjects(tmp_path):
    inner = message(Subject="Inner")
    inner.set_content("inside\n")
    made = message()
    made.set_content("outside\n")
    made.add_attachment(inner)
    made.add_attachment("behind\n", filename="b.txt")

    paths = {text: heading for _, heading, _, text in records(tmp_path, made.as_bytes(), "a.eml")}

    assert (paths["outside"], paths["inside"], paths["behind"]) == ("Hello", "Hello > Inner", "Hello > b.txt")


@pytest.mark.parametrize("line", ["From " + "<!--" * 100_000, "From a" + " 10:10" * 50_000])
def test_a_line_that_is_almost_an_mbox_s_is_looked_through_once(line):
    assert MBOX_LINE.match(line) is None
    assert MBOX_LINE.match(f"{line} 10:10:10 2020")


def test_an_mbox_is_read_message_by_message(tmp_path):
    box = mailbox.mbox(tmp_path / "made")
    for number in range(3):
        made = message(Subject=f"Number {number}", Date="Mon, 1 Jan 2001 10:00:00 +0000")
        made.set_content(f"From here {number}\n")
        box.add(mailbox.mboxMessage(made))
    box.close()

    found = records(tmp_path, (tmp_path / "made").read_bytes(), "box.mbox")

    assert kinds(found) == ["headers", "paragraph"] * 3
    assert [text for _, _, kind, text in found if kind == "paragraph"] == [f">From here {n}" for n in range(3)]
    assert [heading for _, heading, *_ in found] == [f"Number {n}" for n in (0, 0, 1, 1, 2, 2)]


def test_broken_mail_loses_nothing(tmp_path):
    text = (
        'From: a@b.c\nSubject: =?bad?q?=FF?= s\nContent-Type: multipart/mixed; boundary="x"; charset*=bad\'\n\n'
        "preamble\n--x\nContent-Type: text/plain; charset=nope\nContent-Transfer-Encoding: base64\n\n"
        "not base64 !!!\n--x\nno header here\n--x\nContent-Type: text/plain\n\nlast\n"
    )

    texts = [text for *_, text in records(tmp_path, text, "a.eml")]

    assert texts[1:] == ["preamble", "not base64 !!!", "no header here", "last"]


def test_a_text_that_is_sent_in_two_forms_is_read_once(tmp_path):
    same, other = message(), message()
    same.set_content("Hello Ann,\n\nsee you at ten.\n")
    same.add_alternative("<p>Hello <b>Ann</b>,</p><p>see you at ten.</p>", subtype="html")
    other.set_content("Your mail reader shows no HTML.\n")
    other.add_alternative("<p>Hello Ann, see you at ten.</p>", subtype="html")

    once, twice = (records(tmp_path, made.as_bytes(), "a.eml") for made in (same, other))

    assert kinds(once) == ["headers", "paragraph", "paragraph", "attachment"]
    assert once[-1][3].startswith("the same text as text/html, ")
    assert twice[-1][3] == "Hello Ann, see you at ten."
