"""Which records of a log say that something failed: by their level, else by the words of their template."""

import polars as pl

ERROR, WARNING = "error", "warning"

_ERROR_LEVELS = r"(?i)^(?:error|err|e|severe|fatal|f|critical|crit|alert|emerg|emergency|panic|failure)$"
_WARNING_LEVELS = r"(?i)^(?:warn|warning|w)$"

_SAYS_FAILURE = (
    r"(?i)\b(?:errors?|fail(?:s|ed|ing|ures?)?|\w*exceptions?|\w+error|fatal|panic(?:ked)?|refused|denied|"
    r"time[ds]?[ -]?out|timeouts?|invalid|illegal|unable to|cannot|can't|could ?n[o']t|couldn't|not (?:found|"
    r"responding|available|reachable|permitted|allowed)|unreachable|unavailable|abort(?:ed|ing)?|crash(?:ed|es|ing)?|"
    r"corrupt(?:ed|ion)?|reject(?:ed|s)?|segfault|traceback|broken|oops|out of memory|lost|dead|break-in|"
    r"denying|unexpected(?:ly)?|failover|exhausted|overflow(?:ed)?|interrupted)\b"
)
_SAYS_NONE = (
    r"(?i)\b(?:no|zero|0|without(?: any)?|not an?)\s+(?:\w+\s+)?(?:errors?|failures?|exceptions?|timeouts?)\b|"
    r"\b(?:errors?|failures?|failed|exceptions?|timeouts?|lost)\s*[=:]\s*(?:0|none|false|no)\b|"
    r"\berrors? (?:corrected|recovered|cleared|resolved|fixed)\b|\b(?:errors?|failures?) (?:rate|count)[=: ]+0\b"
)


def severity(level: pl.Expr, template: pl.Expr) -> pl.Expr:
    """`ERROR`, `WARNING` or null of each record, from its level and its template.

    An error has a level that says so, or the level of a warning, or none, and a template that says failure: it names
    an error and does not deny it ("no errors", "errors: 0", "error corrected"). A level below that is taken at its
    word.
    """
    said = template.str.replace_all(_SAYS_NONE, " ").str.contains(_SAYS_FAILURE).fill_null(value=False)
    stripped = level.str.strip_chars(" []<>:")
    no_level = stripped.is_null() | (stripped == "")
    warns = stripped.str.contains(_WARNING_LEVELS).fill_null(value=False)
    error = stripped.str.contains(_ERROR_LEVELS).fill_null(value=False) | ((warns | no_level) & said)
    return pl.when(error).then(pl.lit(ERROR)).when(warns).then(pl.lit(WARNING))


def with_severity(records: pl.DataFrame, name: str) -> pl.DataFrame:
    """`records` with a column `name` of their severity; each distinct level and template is looked at once."""
    keys = [key for key in ("level", "template") if key in records.columns]
    if not keys:
        return records.with_columns(pl.lit(None, dtype=pl.String).alias(name))
    level, template = (pl.col(key) if key in keys else pl.lit(None, dtype=pl.String) for key in ("level", "template"))
    kinds = records.select(keys).unique(maintain_order=True).with_columns(severity(level, template).alias(name))
    return records.join(kinds, on=keys, how="left", nulls_equal=True, maintain_order="left")
