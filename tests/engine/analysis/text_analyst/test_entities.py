import polars as pl
import pytest

from rlm_pipeline.analysis.text_analyst import entities
from rlm_pipeline.analysis.text_analyst.own_records import BATCH, PLACE
from tests.engine.analysis.text_analyst.read_files import of, told


def _found(kind: entities.Kind, text: str) -> list[str]:
    records = pl.DataFrame({PLACE: [0], BATCH: [0], "text": [text]})
    return [value for each in entities.matches(records, "text", kind) for value in each["value"]]


@pytest.mark.parametrize(
    ("kind", "text", "values"),
    [
        (entities.EMAIL, "write to Ann.B+x@mail.example.org, or to @home", ["Ann.B+x@mail.example.org"]),
        (entities.EMAIL, "user@localhost and a@b", []),
        (entities.URL, "https://example.com/a?b=1#c. (http://x.org/y).", ["https://example.com/a?b=1#c", "http://x.org/y"]),
        (entities.URL, "postgres://app:secret@db/app", []),
        (entities.IP, "from 10.0.0.1:80 to 300.1.1.1 via 0.0.0.0", ["10.0.0.1"]),
        (entities.UUID, "id 123e4567-e89b-12d3-a456-426614174000", ["123e4567-e89b-12d3-a456-426614174000"]),
        (entities.DATE, "on 2012-08-03 and 3 August 2012, not 2012-13-40", ["2012-08-03", "3 August 2012"]),
        (entities.DATE, "Aug. 3, 2012", ["Aug. 3, 2012"]),
        (entities.AMOUNT, "$1,200.50, 3 million dollars and €5 for 7", ["$1,200.50", "3 million dollars", "€5"]),
        (entities.VERSION, "v1.2, 3.11.4, 1.2.3-rc1 but 3.14, 10.0.0.1, 03.08.2012", ["v1.2", "3.11.4", "1.2.3-rc1"]),
        (entities.RFC, "RFC 3339 and RFC5424", ["RFC 3339", "RFC5424"]),
        (entities.CVE, "CVE-2014-7169 (CWE-79) CVE-x", ["CVE-2014-7169", "CWE-79"]),
        (entities.TICKET, "OPS-1234 fixes it; UTF-8, SHA-256 and ISO-8859 do not", ["OPS-1234"]),
        (entities.LAW, "Public Law 107-56 and 42 U.S.C. 1983", ["Public Law 107-56", "42 U.S.C. 1983"]),
        (entities.LAW, "H.R. 4499", ["H.R. 4499"]),
        (entities.CITATION, "(Smith et al., 2010) but (May 2010) and (2010)", ["(Smith et al., 2010)"]),
        (entities.PATH, "open /var/log/app.log, not a/b", ["/var/log/app.log"]),
        (entities.PATH, "in C:\\Windows\\System32", ["C:\\Windows\\System32"]),
    ],
    ids=lambda value: value.name if isinstance(value, entities.Kind) else None,
)  # fmt: skip
def test_entities_are_found_by_their_shape(kind, text, values):
    assert _found(kind, text) == values


def test_records_and_occurrences_are_counted_and_quoted_where_they_stand(tmp_path):
    text = "First ask ann@example.org or bob@example.org today.\n\nThen ask ann@example.org, ann@example.org!"
    (mail,) = of(told(tmp_path, {"a.txt": text}), "data", "e-mail addresses")

    assert (mail.total, dict(mail.numbers)) == (2, {"occurrences": 4})
    assert mail.distribution == (("ann@example.org", 2), ("bob@example.org", 1))
    assert "ann@example.org" in mail.evidence[0].quote


def test_values_beyond_those_told_apart_are_counted_together(tmp_path):
    text = "\n\n".join(f"Write to person{n}@example.org about it." for n in range(80))
    (mail,) = of(told(tmp_path, {"a.txt": text}), "data", "e-mail addresses")
    counts = dict(mail.distribution)
    assert sum(counts.values()) == mail.total == 80
    assert counts["(other e-mail addresses)"] == 80 - entities.LISTED
