"""Numbers that states give to people, by the checks their issuers publish; bare digits with a word beside them."""

import re
from collections.abc import Callable

from rlm_pipeline.sources.redaction import checksums
from rlm_pipeline.sources.redaction.pattern import APART_BEFORE, APART_BEHIND, SEPARATOR, Pattern, Value, digits_if

_NO_LETTERS = re.compile(r"[^A-Z0-9]+")


def _letters_if(check: Callable[[str], bool]) -> Callable[[str], Value | None]:
    def accept(text: str) -> Value | None:
        code = _NO_LETTERS.sub("", text.upper())
        return Value(code, len(text)) if check(code) else None

    return accept


def us_ssn(digits: str) -> bool:
    """Whether a social security number may have been given: no area 000, 666 or 9xx, no group of zeros."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in {"000", "666"} and area[0] != "9" and group != "00" and serial != "0000"


def german_tax_number(digits: str) -> bool:
    """Whether it is a Steuerliche Identifikationsnummer: one digit of ten repeats, and ISO 7064 MOD 11,10."""
    return digits[0] != "0" and checksums.one_digit_repeats(digits[:10]) and checksums.mod_11_10(digits)


def french_nir(code: str) -> bool:
    """Whether sex, month and department can be, and the key is right."""
    month = int(code[3:5])
    return (1 <= month <= 12 or 20 <= month <= 42 or month >= 50) and checksums.nir_key(code[:13], code[13:])


def spanish_id(code: str) -> bool:
    """Whether the letter of a DNI, or of a NIE, which begins with a letter, is right."""
    return checksums.dni_letter(code[:-1].translate(str.maketrans("XYZ", "012")), code[-1])


def canadian_sin(digits: str) -> bool:
    """Whether the number is of a person and right by Luhn."""
    return digits[0] not in "08" and checksums.luhn(digits)


def brazilian_cpf(digits: str) -> bool:
    """Whether both check digits are right, and not all digits are the same."""
    return len(set(digits)) > 1 and checksums.two_of_11(digits, highest=11)


def brazilian_cnpj(digits: str) -> bool:
    """Whether both check digits are right, and not all digits are the same."""
    return len(set(digits)) > 1 and checksums.two_of_11(digits, highest=9)


def _with_keyword(pattern: Pattern, body: str, keyword: str) -> Pattern:
    return Pattern(kind=pattern.kind, body=body, accept=pattern.accept, keyword=keyword)


_SSN = Pattern(kind="ssn", body=r"[0-9]{3}-[0-9]{2}-[0-9]{4}", accept=digits_if(us_ssn))
_SIN = Pattern(kind="sin", body=r"[0-9]{3}-[0-9]{3}-[0-9]{3}", accept=digits_if(canadian_sin))
_CPF = Pattern(kind="cpf", body=r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}", accept=digits_if(brazilian_cpf))
_CNPJ = Pattern(kind="cnpj", body=r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}", accept=digits_if(brazilian_cnpj))
_AADHAAR = Pattern(
    kind="aadhaar",
    body=r"[2-9][0-9]{3}[ -][0-9]{4}[ -][0-9]{4}",
    accept=digits_if(checksums.verhoeff),
    before=APART_BEFORE,
    behind=APART_BEHIND,
)

NATIONAL_IDS = (
    _SSN,
    _with_keyword(_SSN, r"[0-9]{3}[ .]?[0-9]{2}[ .]?[0-9]{4}", r"ssn|social[ _-]?security"),
    _SIN,
    _with_keyword(_SIN, r"[0-9]{3} ?[0-9]{3} ?[0-9]{3}", r"sin|nas|social[ _-]?insurance"),
    _CPF,
    _with_keyword(_CPF, r"[0-9]{11}", r"cpf"),
    _CNPJ,
    _with_keyword(_CNPJ, r"[0-9]{14}", r"cnpj"),
    _AADHAAR,
    _with_keyword(_AADHAAR, r"[2-9][0-9]{11}", r"aadhaar|aadhar|uidai"),
    Pattern(
        kind="bsn",
        body=r"[0-9]{4}[ .]?[0-9]{2}[ .]?[0-9]{3}|[0-9]{3}[ .]?[0-9]{3}[ .]?[0-9]{3}",
        accept=digits_if(checksums.eleven_proof),
        keyword=r"bsn|burgerservicenummer|sofinummer|sofi[ _-]?nummer",
    ),
    Pattern(
        kind="nino",
        body=r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]",
        accept=_letters_if(lambda code: code[:2] not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}),
    ),
    Pattern(
        kind="steuer-id",
        body=r"[1-9][0-9] [0-9]{3} [0-9]{3} [0-9]{3}|[1-9][0-9]{10}",
        accept=digits_if(german_tax_number),
    ),
    Pattern(
        kind="nir",
        body=rf"[123478]{SEPARATOR}[0-9]{{2}}{SEPARATOR}[0-9]{{2}}{SEPARATOR}(?:[0-9]{{2}}|2[AB]){SEPARATOR}"
        rf"[0-9]{{3}}{SEPARATOR}[0-9]{{3}}{SEPARATOR}[0-9]{{2}}",
        accept=_letters_if(french_nir),
    ),
    Pattern(kind="dni", body=r"(?:[0-9]{8}|[XYZ]-?[0-9]{7})-?[A-HJ-NP-TV-Z]", accept=_letters_if(spanish_id)),
    Pattern(
        kind="codice-fiscale",
        body=r"(?:[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]"
        r"|[a-z]{6}[0-9lmnp-v]{2}[abcdehlmprst][0-9lmnp-v]{2}[a-z][0-9lmnp-v]{3}[a-z])",
        accept=_letters_if(checksums.codice_letter),
    ),
)  # fmt: skip
"""US SSN, Canadian SIN, Brazilian CPF and CNPJ, Indian Aadhaar, Dutch BSN, British NINO, German tax number, French NIR,
Spanish DNI and NIE, Italian codice fiscale."""
