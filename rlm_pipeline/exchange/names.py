"""Names that people give, where they become file names."""

import re

from rlm_pipeline.errors import QueryError

LONGEST_NAME = 100

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Windows opens a device for these, whatever their suffix.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def checked_name(name: str, what: str) -> str:
    """`name`, if it can be a file name everywhere and stays in its folder.

    Raises:
        QueryError: it cannot; says what a name may hold.

    """
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME or name.endswith(".") or _RESERVED.fullmatch(name):
        raise QueryError(
            f"{what} {name!r} cannot be a file name; use letters, digits, '.', '_' and '-', "
            f"at most {LONGEST_NAME}, a letter or a digit first"
        )
    return name


def safe_name(text: str) -> str:
    """`text` as part of a file name: what cannot stand in one becomes `_`."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._")[:LONGEST_NAME] or "_"
