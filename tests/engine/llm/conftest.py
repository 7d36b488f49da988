"""What the tests of model calls share."""

import pytest

from rlm_pipeline.llm.ledger import FILE, Ledger


@pytest.fixture(autouse=True)
def _no_environment_of_claude(monkeypatch):
    for name in ("ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", "ANTHROPIC_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test")


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / FILE) as opened:
        yield opened
