"""The recorder itself: what it refuses to play, and what it does not keep."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from tests.cassettes import deck, listing, scrub
from tests.cassettes.deck import CassetteError
from tests.rules.test_secrets import addresses_in, secrets_in

SMALL = 12_000
STRANGER = "ana" + "@" + "praxis.de"
SECRET = "whsec_" + "a1B2" * 8

App = Callable[[dict[str, Any], Callable[..., object]], list[bytes]]


def saying(body: object, *headers: tuple[str, str]) -> App:
    def app(environ: dict[str, Any], start: Callable[..., object]) -> list[bytes]:
        start("200 OK", [("Content-Type", "application/json"), *headers])
        return [json.dumps(body).encode()]

    return app


@contextmanager
def client(app: App) -> Iterator[httpx2.Client]:
    transport = httpx2.WSGITransport(app=app)
    with httpx2.Client(transport=transport, base_url="http://here.invalid") as made:
        yield made


def record(path: Path, app: App, act: Callable[[httpx2.Client], object]) -> str:
    with client(app) as http, deck.recording(path, "a test"):
        act(http)
    return path.read_text("utf-8")


def refuse(environ: dict[str, Any], start: Callable[..., object]) -> list[bytes]:
    raise AssertionError("a replay asked a server")


def play(path: Path, act: Callable[[httpx2.Client], object]) -> None:
    with client(refuse) as http, deck.playing(path):
        act(http)


def test_what_was_recorded_is_played(folder: Path) -> None:
    """Nobody is asked, and the source is in the file."""
    record(folder / "a.yaml", saying({"id": 1}), lambda http: http.get("/x?b=1&a=2"))

    play(folder / "a.yaml", lambda http: http.get("/x?a=2&b=1"))

    assert deck.source_of(folder / "a.yaml") == "a test"


def test_the_order_of_names_does_not_count(folder: Path) -> None:
    """In JSON and in forms."""

    def told(*names: str) -> Callable[[httpx2.Client], None]:
        def act(http: httpx2.Client) -> None:
            http.post("/json", json={name: {"of": name} for name in names})
            http.post("/form", data={f"metadata[{name}]": name for name in names})

        return act

    record(folder / "a.yaml", saying({}), told("a", "b"))

    play(folder / "a.yaml", told("b", "a"))


@pytest.mark.parametrize(
    "act",
    [
        lambda http: http.post("/x", json={"a": 2}),
        lambda http: http.post("/x?b=1", json={"a": 1}),
        lambda http: http.post("/y", json={"a": 1}),
        lambda http: http.put("/x", json={"a": 1}),
        lambda http: http.post("/x", data={"a": "1"}),
        lambda http: [http.post("/x", json={"a": 1}) for _ in range(2)],
    ],
)
def test_another_request_is_an_error(
    folder: Path, act: Callable[[httpx2.Client], object]
) -> None:
    """By body, query, path, method or number: none is let through."""
    from vcr.errors import CannotOverwriteExistingCassetteException

    record(folder / "a.yaml", saying({}), lambda http: http.post("/x", json={"a": 1}))

    with pytest.raises(CannotOverwriteExistingCassetteException):
        play(folder / "a.yaml", act)


def test_a_cassette_is_played_in_full(folder: Path) -> None:
    """What is left over is named."""

    def both(http: httpx2.Client) -> None:
        http.get("/one")
        http.get("/two")

    record(folder / "a.yaml", saying({}), both)

    with pytest.raises(CassetteError, match="not played in full: GET /two"):
        play(folder / "a.yaml", lambda http: http.get("/one"))


def test_a_cassette_plays_something(folder: Path) -> None:
    """An empty file and a missing one are errors, and an empty recording is, too."""
    folder.mkdir()
    empty = folder / "empty.yaml"
    empty.write_text("interactions: []\nversion: 1\n")
    with pytest.raises(CassetteError, match="holds nothing"):
        play(empty, lambda http: None)
    with pytest.raises(CassetteError, match="make record"):
        play(folder / "none.yaml", lambda http: None)
    with pytest.raises(CassetteError, match="asked for nothing"):
        record(folder / "a.yaml", saying({}), lambda http: None)


def test_nothing_is_kept_of_a_test_that_failed(folder: Path) -> None:
    """A half recording would be played by nobody."""

    def fail(http: httpx2.Client) -> None:
        http.get("/x")
        raise ValueError("gone")

    with pytest.raises(ValueError, match=r"^gone$"):
        record(folder / "a.yaml", saying({}), fail)
    assert not (folder / "a.yaml").exists()


def test_secrets_and_people_are_scrubbed(folder: Path) -> None:
    """From headers, addresses, requests and answers; a replay matches all the same."""

    def act(http: httpx2.Client) -> None:
        http.headers["Authorization"] = "Bearer sk_test_" + "a1B2" * 6
        http.headers["Idempotency-Key"] = "run-1/cus_1"
        http.get("/users", params={"email": STRANGER})
        http.post("/authenticate", json={"client_secret": "s3", "email": STRANGER})
        http.post("/hooks", data={"url": f"https://x.test/?to={STRANGER}", "code": "9"})

    answered = {
        "secret": SECRET,
        "email": STRANGER,
        "other": "bo@example.com",
        "access_token": "t0k",
        "said": f"key sk_live_{'x' * 24} of {STRANGER}, {SECRET}",
    }
    cookie = ("Set-Cookie", "session=s3")
    text = record(folder / "a.yaml", saying(answered, cookie), act)

    kept = ("praxis", "a1B2", "Bearer", "run-1", "s3", "t0k", "cookie", "user-agent")
    assert [word for word in kept if word in text.lower() or word in text] == []
    assert "here.invalid" not in text
    assert "bo@example.com" in text
    assert "whsec_scrubbed" in text
    assert not [*secrets_in(text), *addresses_in(text)]
    play(folder / "a.yaml", act)


def test_one_address_is_one_nobody() -> None:
    """Joins by address still hold in a recording, in any case and encoded."""
    plain, upper = scrub.text(STRANGER), scrub.text(STRANGER.upper())

    assert plain == upper
    assert scrub.text(STRANGER.replace("@", "%40")) == plain.replace("@", "%40")
    assert plain.endswith("@example.test")
    assert scrub.text("bo" + "@" + "praxis.de") != plain


def test_an_answer_without_a_body_is_kept() -> None:
    """A 204 has none."""
    answered = {"headers": {}, "body": {"string": b""}}

    assert scrub.response(answered)["body"]["string"] == b""


def test_a_body_that_is_no_text_is_compared_as_it_is() -> None:
    """Neither JSON nor a form."""
    one = SimpleNamespace(body=b"\x00\x01", headers={})

    assert deck.meaning(one) == b"\x00\x01"


def test_every_cassette_is_played_by_a_test() -> None:
    """And every test that has one finds it."""
    assert listing.unplayed() == []
    assert [p.name for p in listing.players() if not p.path.is_file()] == []


def test_a_cassette_that_nobody_plays_is_found(folder: Path) -> None:
    """The counter-example, of the wrong service and of no test at all."""
    for name in ("stripe/users_are_listed_and_read.yaml", "old.yaml"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    assert listing.unplayed(folder) == [
        "old.yaml",
        "stripe/users_are_listed_and_read.yaml",
    ]


def test_the_readme_says_which_is_which() -> None:
    """By the files' own word; Stripe's are of the sandbox or of the real service."""
    assert listing.written() == listing.table()
    for player in listing.players():
        source = deck.source_of(player.path)
        told = (
            "the real service",
            "our sandbox" if "stripe" in player.name else "the official",
        )
        assert source.startswith(told), player.name


def test_recordings_are_small() -> None:
    """A page of YAML, not a dump."""
    sizes = {p.name: p.path.stat().st_size for p in listing.players()}

    assert {name: size for name, size in sizes.items() if size > SMALL} == {}


def test_the_recorder_is_no_burden_to_others() -> None:
    """Only what plays a cassette imports it."""
    import subprocess
    import sys

    code = "import sys, tests.cassettes.tape, tests.cassettes.listing as _; "
    code += "sys.exit('vcr' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=listing.HERE.parents[1], check=False
    )
    assert done.returncode == 0
