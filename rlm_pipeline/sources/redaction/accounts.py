"""Numbers of payment cards and bank accounts."""

from rlm_pipeline.sources.redaction.checksums import luhn, mod_97_10
from rlm_pipeline.sources.redaction.pattern import SEPARATOR, Pattern, Value, digits_of, place_behind

_LENGTHS = (19, 18, 17, 16, 15, 14)  # of cards
_LONGEST_ID = 16  # digits in a row; longer ones are ids of machines, but for the cards that have no groups

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20,
    "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27,
    "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
"""Characters of an IBAN by country, of the SWIFT IBAN registry."""


def issued(digits: str) -> bool:
    """Whether a card may have these first digits and this length.

    Of Visa, Mastercard, American Express, Discover, JCB, Diners Club or UnionPay.
    """
    first, length = int(digits[:6]), len(digits)
    return (
        (digits[0] == "4" and length in {16, 19})
        or ((510000 <= first <= 559999 or 222100 <= first <= 272099) and length == 16)
        or (digits[:2] in {"34", "37"} and length == 15)
        or ((digits[:4] == "6011" or digits[:2] == "65" or 644000 <= first <= 649999) and length >= 16)
        or (352800 <= first <= 358999 and length >= 16)
        or ((300000 <= first <= 305999 or digits[:2] in {"36", "38", "39"}) and length == 14)
        or (digits[:2] == "62" and length >= 16)
    )


def _card(text: str) -> Value | None:
    """The longest beginning of a text that is a card's number: what follows may be its security code."""
    digits = digits_of(text)
    if len(text) == len(digits) > _LONGEST_ID and not digits.startswith("62"):
        return None
    for length in _LENGTHS:
        number = digits[:length]
        if len(number) == length and len(set(number)) > 1 and issued(number) and luhn(number):
            end = place_behind(text, length)
            if not text[end : end + 1].isdigit():
                return Value(number, end)
    return None


def _iban(text: str) -> Value | None:
    """What follows an IBAN may read as one more group of it, but no group is cut apart."""
    length = IBAN_LENGTHS.get(text[:2].upper(), 0)
    number = "".join(filter(str.isalnum, text))[:length].upper()
    if not length or len(number) < length or not mod_97_10(number[4:] + number[:4]):
        return None
    end = place_behind(text, length)
    return None if text[end : end + 1].isalnum() else Value(number, end)


CARD = Pattern(
    kind="card",
    body="|".join(
        (
            rf"[2-6][0-9]{{3}}(?:{SEPARATOR}[0-9]{{4}}){{3}}(?:{SEPARATOR}[0-9]{{3}})?",
            rf"3[47][0-9]{{2}}{SEPARATOR}[0-9]{{6}}{SEPARATOR}[0-9]{{5}}",
            rf"3[0689][0-9]{{2}}{SEPARATOR}[0-9]{{6}}{SEPARATOR}[0-9]{{4}}",
            r"[2-6][0-9]{13,18}",
        )
    ),
    accept=_card,
)

IBAN = Pattern(
    kind="iban",
    body=rf"(?:[A-Z]{{2}}|[a-z]{{2}})[0-9]{{2}}(?:{SEPARATOR}[A-Za-z0-9]{{4}}){{2,7}}(?:{SEPARATOR}[A-Za-z0-9]{{1,3}})?",
    accept=_iban,
    behind=r"(?![A-Za-z0-9])",
)
