"""Where settings come from, what wins, and how each mistake in them is told."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from eleva_cli.bootstrap import App
from eleva_cli.clock import SystemClock
from eleva_cli.config.checks import check_keys, check_live
from eleva_cli.config.document import read_document
from eleva_cli.config.settings import Flags, Profile, resolve, resolve_as
from eleva_cli.errors import ElevaError
from eleva_cli.output.terminal import Terminal
from eleva_cli.shell import Shell

STRIPE, WORKOS, CLIENT = "sk_test_one", "sk_test_two", "client_one"
LOOPBACK = "http://127.0.0.1:1"


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Both keys and the client id in the environment."""
    monkeypatch.setenv("STRIPE_SECRET_KEY", STRIPE)
    monkeypatch.setenv("WORKOS_API_KEY", WORKOS)
    monkeypatch.setenv("WORKOS_CLIENT_ID", CLIENT)
    return monkeypatch


def written(folder: Path, text: str | bytes, name: str = "eleva.toml") -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def told(folder: Path, **flags: Any) -> tuple[str, str]:
    """Return code and words of the error that resolving and checking end in."""
    with pytest.raises(ElevaError) as caught:
        check_keys(resolve(Flags(**flags), folder))
    return caught.value.code, f"{caught.value} | {caught.value.hint}"


@pytest.mark.parametrize(
    ("stripe", "workos", "code", "words"),
    [
        (None, None, "key-missing", "STRIPE_SECRET_KEY and WORKOS_API_KEY not set"),
        (STRIPE, None, "key-missing", "WORKOS_API_KEY not set"),
        ("", WORKOS, "key-missing", "STRIPE_SECRET_KEY not set"),
        ("pk_test_one", WORKOS, "key-malformed", "a publishable key"),
        ("whsec_one", WORKOS, "key-malformed", "webhook endpoint"),
        ("client_one", WORKOS, "key-malformed", "a client id"),
        ('"sk_test_one"', WORKOS, "key-malformed", "in quotes"),
        ("sk_one", WORKOS, "key-malformed", "does not tell test from live"),
        ("sk_test_o ne", WORKOS, "key-malformed", "a space, a line break"),
        ("sk_test_o\nne", WORKOS, "key-malformed", "a space, a line break"),
        ("sk_test_ö", WORKOS, "key-malformed", "a character that no key has"),
        (STRIPE, "nonsense", "key-malformed", "WORKOS_API_KEY (from environment)"),
        (STRIPE, "rk_test_two", "key-malformed", "is a Stripe key"),
        (STRIPE, "sk_test_51Two", "key-malformed", "are the two swapped?"),
        ("sk_test_a2V5XzAx", "sk_test_51Two", "key-malformed", "is a WorkOS key"),
        (STRIPE, STRIPE, "key-malformed", "are the same key"),
        (STRIPE, "sk_live_two", "keys-of-two-modes", "test, the WorkOS key live"),
        ("rk_live_one", WORKOS, "keys-of-two-modes", "live, the WorkOS key test"),
    ],
)
def test_each_bad_pair_of_keys_is_told(  # noqa: PLR0917 - one for each column
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stripe: str | None,
    workos: str | None,
    code: str,
    words: str,
) -> None:
    """By name and source, and never by the key itself."""
    for name, value in (("STRIPE_SECRET_KEY", stripe), ("WORKOS_API_KEY", workos)):
        if value is not None:
            monkeypatch.setenv(name, value)

    found, message = told(tmp_path)

    assert found == code
    assert words in message
    assert not {value for value in (stripe, workos) if value and value in message}


@pytest.mark.parametrize("workos", [WORKOS, "sk_two", f" {WORKOS}\n"])
def test_good_keys_pass(tmp_path: Path, keys: pytest.MonkeyPatch, workos: str) -> None:
    """Space around a key is from copying; WorkOS keys may not tell their mode."""
    keys.setenv("WORKOS_API_KEY", workos)

    check_keys(resolve(Flags(), tmp_path))


@pytest.mark.parametrize(
    ("stripe", "workos", "code"),
    [
        (LOOPBACK, None, "base-contradiction"),
        (None, LOOPBACK, "base-contradiction"),
        ("https://api.stripe.com/", LOOPBACK, "base-contradiction"),
        (LOOPBACK, "https://API.workos.com:443", "base-contradiction"),
        ("https://api.workos.com", "https://api.stripe.com", "base-contradiction"),
        ("https://api.workos.com", LOOPBACK, "base-contradiction"),
        ("http://api.stripe.com", "https://api.workos.com", "base-malformed"),
        ("127.0.0.1:1", "127.0.0.1:1", "base-malformed"),
        ("ftp://127.0.0.1", LOOPBACK, "base-malformed"),
        ("http://127.0.0.1:port", LOOPBACK, "base-malformed"),
        ("http://me:secret@127.0.0.1:1", LOOPBACK, "base-malformed"),
        ("http://", LOOPBACK, "base-malformed"),
    ],
)
def test_bases_that_contradict_are_refused(
    tmp_path: Path,
    keys: pytest.MonkeyPatch,
    stripe: str | None,
    workos: str | None,
    code: str,
) -> None:
    """No key reaches a real host while the other service is a sandbox."""
    for service, base in (("STRIPE", stripe), ("WORKOS", workos)):
        if base is not None:
            keys.setenv(f"ELEVA_{service}_API_BASE", base)

    found, message = told(tmp_path)

    assert found == code
    assert "secret" not in message


def test_both_bases_may_be_overridden(tmp_path: Path, keys: pytest.MonkeyPatch) -> None:
    """A closing slash makes no other place."""
    assert not resolve(Flags(), tmp_path).is_elsewhere
    keys.setenv("ELEVA_STRIPE_API_BASE", "https://api.stripe.com/")
    assert not resolve(Flags(), tmp_path).is_elsewhere
    keys.setenv("ELEVA_STRIPE_API_BASE", LOOPBACK + "/")
    keys.setenv("ELEVA_WORKOS_API_BASE", LOOPBACK)
    assert resolve(Flags(), tmp_path).stripe_base == LOOPBACK


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("[profile.a]", "config-unknown-name", "did you mean profiles?"),
        (
            '[profiles.a]\nstripe_acount = "x"',
            "config-unknown-name",
            "there is no profiles.a.stripe_acount | did you mean stripe_account?",
        ),
        ("[scope]\nexclude_product = []", "config-unknown-name", "exclude_products?"),
        ("[facts]\nzzz = 1", "config-unknown-name", "known there: backfill_on_link"),
        (
            '[profiles.a]\nstripe_secret_key = "sk_test_x"',
            "config-unknown-name",
            "keys never stand in it",
        ),
        ('[profiles.a]\nmode = "prod"', "config-value", "profiles.a.mode"),
        ("[profiles.a]\nleave = 1.5", "config-value", "profiles.a.leave"),
        ("[tokens]\nissuer = []", "config-unknown-name", "did you mean issuers?"),
        ("[tokens]\nissuers = ['auth.example.com']", "config-value", "tokens.issuers"),
        ("[limits]\nworkos-all = 'x'", "config-value", "limits.workos-all"),
        ("profiles = 1", "config-value", "profiles"),
        ("a = 1\n[scope\n", "config-syntax", "line 2"),
        (b"\xff\xfe", "config-syntax", "is not UTF-8"),
        ("default_profile = 'a'", "profile-unknown", "eleva init --profile a"),
        ("default_profile = '../a'", "profile-name", "cannot be a profile's name"),
        ("[profiles.default]\nenv_file = 'no'", "env-file-missing", "is not there"),
    ],
)
def test_each_mistake_in_the_file_is_told(
    tmp_path: Path, keys: pytest.MonkeyPatch, text: str | bytes, code: str, words: str
) -> None:
    """The table, the name, and the name that was probably meant."""
    written(tmp_path, text)

    found, message = told(tmp_path)

    assert found == code
    assert words in message
    assert "sk_test_x" not in message


def test_an_unreadable_file_is_told(tmp_path: Path, keys: pytest.MonkeyPatch) -> None:
    """A file that is there and cannot be read is not an absent one."""
    written(tmp_path, "")

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    keys.setattr(Path, "read_bytes", refuse)

    code, message = told(tmp_path)
    assert code == "config-unreadable"
    assert "eleva.toml: Permission denied" in message


def test_an_env_file_that_is_no_text_is_told(
    tmp_path: Path, keys: pytest.MonkeyPatch
) -> None:
    """Not a bug of ours."""
    written(tmp_path, "[profiles.default]\nenv_file = 'keys.env'")
    written(tmp_path, b"\xff\xfe\x00", "keys.env")

    assert told(tmp_path)[0] == "env-file-unreadable"


@pytest.mark.parametrize("name", ["prod", "../prod", "sandbox", ""])
def test_a_profile_that_is_not_there_is_told(
    tmp_path: Path, keys: pytest.MonkeyPatch, name: str
) -> None:
    """Named by flag or environment, also where there is no file at all."""
    if name:
        assert told(tmp_path, profile=name)[0].startswith("profile-")
    written(tmp_path, "[profiles.production]")
    keys.setenv("ELEVA_PROFILE", name or "production")
    if name:
        assert told(tmp_path)[0].startswith("profile-")
    else:
        assert resolve(Flags(), tmp_path).profile_name == "production"


def test_what_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment, then the profile's env file, then the file; "" is not a value."""
    written(
        tmp_path,
        "[profiles.default]\nenv_file = 'keys.env'\nworkos_client_id = 'client_toml'\n"
        f"stripe_api_base = '{LOOPBACK}/toml'\nworkos_api_base = '{LOOPBACK}/toml'\n",
    )
    text = f"STRIPE_SECRET_KEY={STRIPE}\nWORKOS_API_KEY=sk_test_file\n"
    env_file = written(
        tmp_path, text + f"ELEVA_STRIPE_API_BASE={LOOPBACK}/file\n", "keys.env"
    )
    monkeypatch.setenv("WORKOS_API_KEY", WORKOS)
    monkeypatch.setenv("STRIPE_SECRET_KEY", "")

    found = resolve(Flags(), tmp_path)

    assert (found.stripe_key, found.workos_key) == (STRIPE, WORKOS)
    assert found.workos_client_id == "client_toml"
    assert found.stripe_base == f"{LOOPBACK}/file"
    assert found.workos_base == f"{LOOPBACK}/toml"
    assert found.sources == {
        "STRIPE_SECRET_KEY": str(env_file),
        "WORKOS_API_KEY": "environment",
        "WORKOS_CLIENT_ID": str(tmp_path / "eleva.toml"),
    }


def test_an_env_file_is_read_only_where_a_profile_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `.env` that happens to lie there is somebody else's."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path, f"STRIPE_SECRET_KEY={STRIPE}\n", ".env")

    assert resolve(Flags(), tmp_path).stripe_key == ""


def test_bare_names_do_not_leak_in(tmp_path: Path, keys: pytest.MonkeyPatch) -> None:
    """`MODE` and `PROFILE` of some other tool mean nothing here."""
    before = resolve(Flags(), tmp_path)
    for field in ("mode", "profile", "catalog", "state_dir", "leave", "stripe_key"):
        keys.setenv(field.upper(), "stray")
    for service in ("STRIPE", "WORKOS"):
        keys.setenv(f"{service}_API_BASE", LOOPBACK)

    assert resolve(Flags(), tmp_path) == before


def test_no_text_form_shows_a_key(tmp_path: Path, keys: pytest.MonkeyPatch) -> None:
    """Neither the settings' nor the file's."""
    found = resolve(Flags(), tmp_path)

    assert "sk_test" not in repr(found) + str(found) + repr(found.document)


def test_the_banner_names_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each place that gave a key."""
    written(tmp_path, "[profiles.default]\nenv_file = 'keys.env'")
    written(tmp_path, f"STRIPE_SECRET_KEY={STRIPE}\n", "keys.env")
    monkeypatch.setenv("WORKOS_API_KEY", WORKOS)
    app = App(
        shell=Shell(lambda: Terminal.detect(StringIO(), StringIO(), StringIO(), {})),
        settings=resolve(Flags(), tmp_path),
        clock=SystemClock(),
    )

    assert app.banner() == (
        f"profile default, test mode, keys from {tmp_path / 'keys.env'}, environment"
    )


@pytest.mark.parametrize(
    ("profile", "flags", "code"),
    [
        ("", {"live": True}, "profile-unpinned"),
        ("mode = 'test'", {"live": True}, "mode-contradiction"),
        (
            "mode = 'live'\nstripe_account = 'a'\nwitness_organization = 'o'",
            {},
            "live-guard",
        ),
    ],
)
def test_live_keys_are_guarded(
    tmp_path: Path,
    keys: pytest.MonkeyPatch,
    profile: str,
    flags: dict[str, Any],
    code: str,
) -> None:
    """A pinned profile of their own mode, and the flag."""
    keys.setenv("STRIPE_SECRET_KEY", "sk_live_one")
    written(tmp_path, f"[profiles.default]\n{profile}")

    with pytest.raises(ElevaError) as caught:
        check_live(resolve(Flags(**flags), tmp_path))

    assert caught.value.code == code


def test_a_new_profile_is_resolved_before_it_is_written(
    tmp_path: Path, keys: pytest.MonkeyPatch
) -> None:
    """As `eleva init` does; the file need not be there."""
    document = read_document(None)
    env_file = written(tmp_path, "WORKOS_CLIENT_ID=client_file\n", "k.env")
    keys.delenv("WORKOS_CLIENT_ID")

    found = resolve_as(
        Flags(),
        file=tmp_path / "eleva.toml",
        document=document,
        name="new",
        profile=Profile(env_file=env_file),
    )

    assert found.workos_client_id == "client_file"
