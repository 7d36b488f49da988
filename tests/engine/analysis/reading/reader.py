"""A model that reads as it is told to: it answers about the records it finds in the prompt, from their own words."""

import re

_UNIT = re.compile(
    r"^(?:Record|Element|Definition|Passage) (?P<number>\d+)(?: \(part [^\n]*\))?\n"
    r"(?:from <(?P<where>rlm-data-\w+)>\n.*?\n</(?P=where)>\n)?"
    r"<(?P<tag>rlm-data-\w+)>\n(?P<text>.*?)\n</(?P=tag)>(?P<notes>(?:\nnote .*?</rlm-data-\w+>)*)",
    re.MULTILINE | re.DOTALL,
)
_NOTE = re.compile(r"^note (\d+), ", re.MULTILINE)


def units_in(prompt):
    """Number, text and numbers of the notes of every record shown."""
    return [
        (int(each["number"]), each["text"], [int(number) for number in _NOTE.findall(each["notes"])])
        for each in _UNIT.finditer(prompt)
    ]


def facets_and_types(params):
    properties = params["output_config"]["format"]["schema"]["properties"]
    statement = properties["records"]["items"]["properties"]["statements"]["items"]["properties"]
    return statement["facet"]["enum"], properties["findings"]["items"]["properties"]["type"]["enum"]


def longest_value(text):
    return max((line.split(": ", 1)[-1] for line in text.splitlines()), key=len)


def honest(params, *, findings_of=lambda number, text: True):
    """One statement a record, one finding a record with a quote of its longest value, every note confirmed."""
    facets, types = facets_and_types(params)
    units = units_in(params["messages"][0]["content"])
    return {
        "relevant": bool(units),
        "records": [
            {"record": number, "statements": [{"facet": facets[0], "statement": " ".join(text.split()[:4])}]}
            for number, text, _ in units
        ],
        "verdicts": [
            {"record": number, "note": note, "verdict": "confirmed", "reason": "the record shows it"}
            for number, _, notes in units
            for note in notes
        ],
        "findings": [
            {
                "type": types[0],
                "scope": "",
                "summary": f"it says {longest_value(text)[:30]}",
                "severity": "notice",
                "confidence": "high",
                "quotes": [{"record": number, "quote": longest_value(text)[:80]}],
            }
            for number, text, _ in units
            if findings_of(number, text)
        ],
    }
