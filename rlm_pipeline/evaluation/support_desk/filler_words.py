"""Words that filler columns are named with and filled from."""

GROUPS = (
    "asset", "network", "hr", "facility", "survey", "sla", "cmdb", "vendor", "legacy", "contract", "billing", "audit",
    "change", "incident", "shift", "site", "rack", "handset", "seat", "backup", "compliance", "training", "travel",
    "fleet", "energy", "parking", "badge", "visitor", "courier", "stock", "purchase", "quote", "tax", "cost_centre",
    "project", "budget", "campaign", "partner", "reseller", "warranty", "inspection", "safety", "calibration",
    "firmware", "agent", "queue", "callback", "telephony", "session", "intranet", "mailroom", "archive", "migration",
    "import", "export", "sync", "loader", "crm", "ledger", "geo",
)  # fmt: skip

_CODES = ("code", "class", "type", "status", "group", "level", "band", "tier", "grade", "mode", "reason", "scheme")
_NUMBERS = ("qty", "amount", "score", "count", "rate", "hours", "days", "cost", "weight", "index", "limit", "balance")
_RESERVED = ("reserved", "spare", "unused", "version", "tenant", "format", "origin", "placeholder", "filler", "extra")
_FLAGS = ("flag", "indicator", "checked", "required", "exempt", "active", "verified", "billable", "visible", "locked")

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "empty": _RESERVED + _CODES,
    "constant": _RESERVED,
    "near_constant": _RESERVED,
    "flag": _FLAGS,
    "categorical": _CODES,
    "sparse_categorical": _CODES,
    "measure": _NUMBERS,
    "sparse_measure": _NUMBERS,
    "date": ("date", "due", "start", "end", "reviewed_on", "approved_on", "valid_from", "valid_to"),
    "identifier": ("ref", "key", "serial", "document_no"),
    "duplicate": tuple(f"{word}_copy" for word in _CODES),
    "recoded_duplicate": tuple(f"{word}_id" for word in _CODES),
}

VOCABULARIES: tuple[tuple[str, ...], ...] = (
    ("open", "closed", "pending", "on hold"),
    ("A", "B", "C", "D", "E"),
    ("internal", "external", "mixed"),
    ("low", "medium", "high", "very high"),
    ("A1", "A2", "B1", "B2", "C1", "C2", "D9"),
    ("gold", "silver", "bronze"),
    ("EUR", "USD", "GBP", "SEK", "CHF"),
    ("weekly", "monthly", "quarterly", "yearly"),
    ("leased", "owned", "borrowed"),
    ("001", "002", "005", "010", "011", "020", "099"),
    ("draft", "review", "approved", "rejected", "void"),
    ("K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8", "K9", "K10"),
    ("red", "amber", "green"),
    ("manual", "batch", "interface", "upload"),
    ("new", "used", "refurbished"),
    ("tower", "blade", "cabinet", "shelf", "closet"),
    ("E-mail", "Letter", "Fax", "Courier"),
    ("0", "1", "2", "3"),
    ("full", "partial", "none"),
    ("lot 4", "lot 7", "lot 12", "lot 15", "lot 21", "lot 30"),
)

CONSTANTS = ("not applicable", "tenant-emea-01", "release 4.2.1", "see contract", "imported 2011", "Y", "0", "standard")
