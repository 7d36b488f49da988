import pytest

from rlm_pipeline.analysis.text_analyst.configs import value_signs
from tests.engine.analysis.text_analyst.read_files import of, told

DEV = "database:\n  host: localhost\n  password: hunter2secret\nlevel: debug\nport: 80\n"
PROD = "database:\n  host: db.example.com\n  password: another9secret\nlevel: warn\nport: 80\n"


def test_values_that_differ_between_environments_are_told_with_both_sides(tmp_path):
    found = told(tmp_path, {"app.dev.yaml": DEV, "app.prod.yaml": PROD})

    differences = {each.scope: each for each in of(found, "difference")}
    assert set(differences) == {"database.host", "level"}
    assert dict(differences["level"].distribution) == {"development: debug": 1, "production: warn": 1}
    assert of(found, "conflict") == []


def test_the_same_file_with_other_values_elsewhere_is_a_conflict(tmp_path):
    found = told(tmp_path, {"one/app.yaml": "port: 80\nname: x\n", "two/app.yaml": "port: 81\nname: x\n"})
    (conflict,) = of(found, "conflict")
    assert (conflict.scope, conflict.severity) == ("port", "notice")
    assert dict(conflict.distribution) == {"one/app.yaml: 80": 1, "two/app.yaml: 81": 1}


def test_a_key_that_is_there_twice_in_a_file_is_a_warning(tmp_path):
    (twice,) = of(told(tmp_path, {"a.ini": "[server]\nport = 80\nname = x\nport = 81\n"}), "duplicate_key")
    assert (twice.scope, twice.total, twice.severity) == ("a.ini: server.port", 2, "warning")


def test_a_secret_is_told_by_its_key_and_never_shown(tmp_path):
    found = told(
        tmp_path,
        {"app.dev.yaml": DEV, "app.prod.yaml": PROD, "b.ini": "# token = abcdef9876\nurl = http://u:pw123@h/x\n"},
    )

    secrets = of(found, "secret")
    assert {value for each in secrets for value, _ in each.distribution} == {"database.password", "url"}
    said = repr(found)
    assert not any(value in said for value in ("hunter2secret", "another9secret", "abcdef9876", "pw123"))


@pytest.mark.parametrize(
    ("key", "value", "secret"),
    [
        ("db.password", "hunter2secret", True),
        ("API_KEY", "abcdef123456", True),
        ("clientSecret", "s3cr3t-value", True),
        ("auth.token", "abcd1234", True),
        ("key", "AKIAIOSFODNN7EXAMPLE", True),
        ("max_tokens", "4096", False),
        ("token_ttl", "3600", False),
        ("password_file", "/run/secrets/db", False),
        ("db.password", "${DB_PASSWORD}", False),
        ("db.password", "<your password>", False),
        ("secret", "true", False),
        ("tokenizer", "wordpiece-large", False),
    ],
)
def test_what_looks_like_a_secret(key, value, secret):
    assert value_signs.is_secret(key, value) is secret


def test_references_are_resolved_to_keys_beside_them_in_full_or_to_the_environment(tmp_path):
    server = "server:\n  host: example.com\n  url: http://${host}/\n"
    text = f"{server}base: ${{server.host}}\nhome: ${{HOME}}\nlost: ${{server.prot}}\n"
    found = told(tmp_path, {"a.yaml": text})

    (broken,) = of(found, "reference", "references to keys that are not there")
    assert broken.distribution == (("server.prot", 1),)
    (sound,) = of(found, "reference", "references to other keys")
    assert dict(sound.distribution) == {"HOME": 1, "host": 1, "server.host": 1}


def test_settings_in_comments_are_told_and_sentences_are_not(tmp_path):
    text = "# workers: 4\n# Note: this is how it works\n# see the manual for it\nport: 80\n# debug = true\nhost: x\n"
    (out,) = of(told(tmp_path, {"a.yaml": text}), "commented_out")
    assert dict(out.distribution) == {"debug": 1, "workers": 1}


@pytest.mark.parametrize(
    ("path", "environment"),
    [
        ("config/prod/app.yaml", "production"),
        ("app.dev.yaml", "development"),
        ("product.yaml", ""),
        ("stage/db.ini", "staging"),
    ],
)
def test_the_environment_of_a_file_is_in_its_path(path, environment):
    assert value_signs.environment_of(path) == environment
