"""State, call log, settings, and two processes on one file."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.store import FRESH_S, Store
from tests.sandbox.harness import Sandbox
from tests.sandbox.sources import ours

BAD_MOMENT = json.dumps(
    {
        "workos": {
            "organizations": [
                {"id": "o", "name": "n", "created_at": "2026-99-99T99:99:99Z"}
            ]
        }
    }
).encode()


def test_the_log_tells_what_changed_and_not_who(sandbox: Sandbox) -> None:
    """Names and addresses are hidden, ids and metadata are shown."""
    sandbox.stripe().customers.update(
        "cus_1", {"email": "new@example.test", "metadata": {"a": "b@example.test"}}
    )
    sandbox.stripe().customers.list({"email": "ana@example.test"})
    assert sandbox.effects() == [
        {
            "kind": "customer",
            "id": "cus_1",
            "change": "updated",
            "fields": {
                "email": ["<hidden>", "<hidden>"],
                "metadata.a": [None, "<e-mail>"],
            },
        }
    ]
    text = json.dumps(sandbox.get("calls"))
    assert "@" not in text
    assert "sk_test" not in text


def test_a_link_is_logged_with_before_and_after(sandbox: Sandbox) -> None:
    """What was linked before is in the log."""
    organizations = sandbox.workos().organizations
    for customer in ("cus_1", "cus_2", "cus_2"):
        organizations.update_organization("org_1", stripe_customer_id=customer)
    assert [effect["fields"] for effect in sandbox.effects()] == [
        {"stripe_customer_id": [None, "cus_1"]},
        {"stripe_customer_id": ["cus_1", "cus_2"]},
    ]


def test_the_log_is_read_on_from_a_row(sandbox: Sandbox) -> None:
    """`after` gives what came since."""
    sandbox.raw("GET", "/v1/account")
    first = sandbox.get("calls")
    assert [row["template"] for row in first["data"]] == ["/v1/account"]
    sandbox.raw("GET", "/organizations")
    later = sandbox.get("calls", after=first["after"])["data"]
    assert [row["service"] for row in later] == ["workos"]
    assert sandbox.get("calls/summary")["data"][0]["calls"] == 1


def test_reset_forgets_everything_but_the_settings(sandbox: Sandbox) -> None:
    """A test can start again without a new file."""
    sandbox.raw("POST", "/v1/customers", data={"name": "B"})
    sandbox.post("faults", kind="status")
    assert sandbox.post("reset")["counts"] == {}
    assert sandbox.get("calls")["data"] == []
    assert sandbox.get("faults")["data"] == []
    assert sandbox.get("settings")["limits_enabled"] is False


@pytest.mark.parametrize(
    "wrong",
    [{"latency": 1}, {"latency_ms": "1"}, {"livemode": 1}, {"account_kind": "x"}],
)
def test_a_wrong_setting_is_named(sandbox: Sandbox, wrong: dict[str, object]) -> None:
    """And nothing is changed."""
    before = sandbox.get("settings")
    answer = sandbox.raw("POST", "/_sandbox/settings", json=wrong)
    assert answer.status_code == 400
    assert f"settings.{next(iter(wrong))}" in answer.json()["error"]
    assert sandbox.get("settings") == before


def test_state_is_kept_in_the_file(sandbox: Sandbox, tmp_path: Path) -> None:
    """A second application on the same file sees it all, settings too."""
    sandbox.workos().organizations.update_organization(
        "org_1", stripe_customer_id="cus_1"
    )
    sandbox.post("settings", latency_ms=1)
    again = Store(tmp_path / "sandbox.db")
    with again.read() as session:
        assert (session.get("organization", "org_1") or {})[
            "stripe_customer_id"
        ] == "cus_1"
    assert again.settings().latency_ms == 1
    again.close()


def test_a_change_of_settings_reaches_another_process(tmp_path: Path) -> None:
    """Both read the one file, at most a moment later."""
    one, two = Store(tmp_path / "s.db"), Store(tmp_path / "s.db")
    assert two.settings().livemode is False
    one.set_settings(one.settings().updated({"livemode": True}))
    time.sleep(FRESH_S)
    assert two.settings().livemode is True


def test_a_temporary_store_is_removed(tmp_path: Path) -> None:
    """Without a path, nothing is left behind."""
    store = Store(None)
    folder = store.path.parent
    assert folder.exists()
    store.close()
    del store
    assert not folder.exists()


def test_creating_an_app_twice_keeps_the_objects(tmp_path: Path) -> None:
    """The schema is made once."""
    for _ in range(2):
        assert create_app(tmp_path / "s.db") is not None


def test_a_fleet_can_be_asked_for(sandbox: Sandbox) -> None:
    """With the truth about it."""
    sandbox.post("reset")
    made = sandbox.post("fleet", size=60, seed=3)
    state = sandbox.get("state")["counts"]
    assert made["counts"]["subscription"] == state["subscription"]
    assert len(made["truth"]["customers"]) >= 60


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("settings", b"\xff"),
        ("settings", b'{"clock_offset_s": NaN}'),
        ("settings", b'{"clock_offset_s": 1e300}'),
        ("settings", b'{"events_retention_days": Infinity}'),
        ("settings", b'{"limits": {"stripe-global": "x"}}'),
        ("settings", b'{"client_id": "\\ud800"}'),
        ("clock", b'{"advance_s": NaN}'),
        ("tokens", b'{"user_id": "user_1", "age_s": 1e400}'),
        ("tokens", b'{"user_id": "user_1", "lifetime_s": NaN}'),
        ("seed", b'{"stripe": {"account": "x"}}'),
        ("seed", b'{"workos": {"users": [{"id": "u", "email": "a@example.test",'),
        ("seed", BAD_MOMENT),
    ],
)
@ours
def test_what_cannot_be_is_a_400(sandbox: Sandbox, path: str, body: bytes) -> None:
    """Said in JSON, and the sandbox answers as before."""
    before = sandbox.get("settings")
    answer = sandbox.raw("POST", f"/_sandbox/{path}", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert sandbox.get("settings") == before


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "after=-1", f"after={2**70}"])
@pytest.mark.parametrize("path", ["objects/user", "calls", "deliveries"])
@ours
def test_a_wrong_page_is_named(sandbox: Sandbox, path: str, query: str) -> None:
    """The parameter and what it must be."""
    answer = sandbox.raw("GET", f"/_sandbox/{path}?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(query.partition("=")[0])
