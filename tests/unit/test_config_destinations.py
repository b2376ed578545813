"""Destinations: where events may be sent on, and each mistake in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from eleva_cli.commands.diagnosis import settled
from eleva_cli.config.destinations import destination_named, usable_destinations
from eleva_cli.config.settings import Flags, Settings, resolve
from eleva_cli.errors import ElevaError

SECRET = "whsec_present"
URL = "https://app.example.com/secretpath"
LOOPBACK = "http://127.0.0.1:8420"


def settings(folder: Path, *lines: str, app: str = URL, name: str = "app") -> Settings:
    text = [
        "default_profile = 'here'",
        "[profiles.here]",
        *lines,
        f"[profiles.here.destinations.{name}]",
        f"url = '{app}'",
    ]
    (folder / "eleva.toml").write_text("\n".join(text), "utf-8")
    return resolve(Flags(), folder)


def told(found: Settings, name: str = "app") -> tuple[str, str]:
    with pytest.raises(ElevaError) as caught:
        destination_named(found, name)
    message = f"{caught.value} | {caught.value.hint}"
    assert "secretpath" not in message
    assert not usable_destinations(found)
    return caught.value.code, message


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The secret of `app` in the environment."""
    monkeypatch.setenv("ELEVA_DESTINATION_APP_SECRET", SECRET)
    return monkeypatch


def test_secrets_come_from_the_environment_or_the_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment wins; each one's source is known, and none is shown."""
    (tmp_path / "keys.env").write_text(
        "ELEVA_DESTINATION_MY_APP_SECRET=whsec_file\n"
        "ELEVA_DESTINATION_MY_APP_SECRET_OLD=whsec_old\n"
    )
    monkeypatch.setenv("ELEVA_DESTINATION_MY_APP_SECRET", f" {SECRET}\n")
    found = settings(tmp_path, "env_file = 'keys.env'", name="my-app")

    app = destination_named(found, "my-app")
    assert (app.service, app.url) == ("stripe", URL)
    assert app.secrets == (SECRET, "whsec_old")
    assert usable_destinations(found) == (app,)
    assert found.sources == {
        "ELEVA_DESTINATION_MY_APP_SECRET": "environment",
        "ELEVA_DESTINATION_MY_APP_SECRET_OLD": str(tmp_path / "keys.env"),
    }
    (check,) = settled.destinations(found)
    assert check.evidence.startswith("events of Stripe; ELEVA_DESTINATION_MY_APP_SECR")
    assert "whsec_" not in repr(found) + check.evidence


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("app.example.com", "destination-url"),
        ("ftp://app.example.com", "destination-url"),
        ("file:///etc/passwd", "destination-url"),
        ("https://", "destination-url"),
        ("https://app.example.com:port/x", "destination-url"),
        ("https://app.example.com:0/x", "destination-url"),
        ("https://me:secretpath@app.example.com/", "destination-url"),
        ("https://app.example.com/#secretpath", "destination-url"),
        ("https://app.example.com/a b", "destination-url"),
        ("https://ａpi.stripe.com/", "destination-url"),  # noqa: RUF001 - looks like it
        ("https://api%2estripe.com/", "destination-url"),
        ("http://app.example.com/", "destination-in-clear"),
        ("http://127.0.0.1.example.com/", "destination-in-clear"),
        ("http://0.0.0.0:3000/", "destination-in-clear"),
        ("https://api.stripe.com/v1/customers", "destination-service"),
        ("https://API.Stripe.com./v1", "destination-service"),
        ("https://files.stripe.com/", "destination-service"),
        ("http://api.workos.com/", "destination-service"),
        (LOOPBACK, "destination-service"),
        ("http://localhost:8420/hooks", "destination-service"),
        ("http://[::1]:8420/hooks", "destination-service"),
    ],
)
@pytest.mark.usefixtures("secret")
def test_where_no_event_may_go(tmp_path: Path, url: str, code: str) -> None:
    """Nowhere in clear but to this machine; to neither service, nor a stand-in."""
    bases = [f"{it}_api_base = '{LOOPBACK}'" for it in ("stripe", "workos")]

    assert told(settings(tmp_path, *bases, app=url))[0] == code


@pytest.mark.parametrize(
    "url",
    [URL, "http://127.0.0.1:3000/x", "http://localhost:3000/x?a=b", "http://[::1]:3/"],
)
@pytest.mark.usefixtures("secret")
def test_where_events_may_go(tmp_path: Path, url: str) -> None:
    """Over TLS anywhere; this machine as it is."""
    assert destination_named(settings(tmp_path, app=url), "app").url == url


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        (None, "destination-secret-missing", "ELEVA_DESTINATION_APP_SECRET is not set"),
        ("", "destination-secret-missing", "begins with whsec_: Stripe Dashboard"),
        ("we_1Abc", "destination-secret-kind", "the id of a webhook endpoint"),
        ("sk_test_1Abc", "destination-secret-kind", "an API key"),
        ("rk_live_1Abc", "destination-secret-kind", "an API key"),
        ("https://x.example.com", "destination-secret-kind", "an address"),
        ("'whsec_1'", "destination-secret-kind", "in quotes"),
        ("whsec_a b", "destination-secret-kind", "holds a space"),
        ("whsec-1", "destination-secret-kind", "no signing secret of Stripe's"),
        ("abcdef", "destination-secret-kind", "no signing secret of Stripe's"),
    ],
)
def test_what_is_no_signing_secret(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    value: str | None,
    code: str,
    words: str,
) -> None:
    """It is told what it is and where the right one stands, and not shown."""
    if value is not None:
        monkeypatch.setenv("ELEVA_DESTINATION_APP_SECRET", value)

    found, message = told(settings(tmp_path))
    assert found == code
    assert words in message
    assert not value or value not in message


def test_an_old_secret_is_looked_at_too(
    tmp_path: Path, secret: pytest.MonkeyPatch
) -> None:
    """It signs as well."""
    secret.setenv("ELEVA_DESTINATION_APP_SECRET_OLD", "we_1")

    code, message = told(settings(tmp_path))
    assert code == "destination-secret-kind"
    assert "ELEVA_DESTINATION_APP_SECRET_OLD (from environment)" in message


def test_a_secret_of_workos_has_no_known_beginning(
    tmp_path: Path, secret: pytest.MonkeyPatch
) -> None:
    """But it is no key."""
    secret.setenv("ELEVA_DESTINATION_APP_SECRET", "a1b2")
    found = settings(tmp_path, app=f"{URL}'\nservice = 'workos")
    assert destination_named(found, "app").service == "workos"

    secret.setenv("ELEVA_DESTINATION_APP_SECRET", "sk_test_a1b2")
    found = settings(tmp_path, app=f"{URL}'\nservice = 'workos")
    assert told(found)[0] == "destination-secret-kind"


@pytest.mark.parametrize("name", ["stripe", "Handler", "workos", "'a.b'", "'1a'"])
def test_a_name_that_cannot_be(tmp_path: Path, name: str) -> None:
    """Some are other places that a replay goes to, some are no name of a variable."""
    found = settings(tmp_path, name=name)
    assert told(found, name.strip("'"))[0] == "destination-name"


@pytest.mark.usefixtures("secret")
def test_two_names_must_not_mean_one_secret(tmp_path: Path) -> None:
    """Dashes become underscores, and letters are of one size."""
    lines = ("[profiles.here.destinations.APP]", f"url = '{URL}'")

    code, message = told(settings(tmp_path, *lines))
    assert code == "destination-name"
    assert "destinations app and APP" in message


@pytest.mark.usefixtures("secret")
def test_an_unknown_destination_names_the_nearest(tmp_path: Path) -> None:
    """Else all that there are; else how one is written."""
    found = settings(tmp_path)
    for name, words in (("apps", "did you mean app?"), ("xyz", "known: app")):
        with pytest.raises(ElevaError, match="has no destination") as caught:
            destination_named(found, name)
        assert (caught.value.code, caught.value.hint) == ("destination-unknown", words)
    (tmp_path / "eleva.toml").unlink()
    with pytest.raises(ElevaError) as caught:
        destination_named(resolve(Flags(), tmp_path), "app")
    assert "[profiles.default.destinations.app]" in caught.value.hint


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("urls = 'x", "did you mean url?"),
        ("secret = 'whsec_1", "keys never stand in it"),
        ("service = 'paypal", "see docs/configuration.md"),
    ],
)
def test_a_mistake_in_the_table_is_told(tmp_path: Path, line: str, words: str) -> None:
    """As in any other; a secret has no name there."""
    with pytest.raises(ElevaError) as caught:
        settings(tmp_path, app=f"{URL}'\n{line}")
    assert words in caught.value.hint
    assert "whsec_1" not in str(caught.value)
