"""Signatures: believed by the official libraries, and nothing forged is by us."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import stripe
import workos

from eleva_cli.adapters.signatures import STRIPE_HEADER, WORKOS_HEADER, SignatureAdapter
from eleva_cli.errors import ConfigError
from eleva_cli.ports import Service
from tests.outside.installed import NPM, node, why_not

SECRET, OLD, THEIRS = "whsec_present", "whsec_former", "whsec_theirs"
NOW = 1_790_000_000.5
ADAPTER = SignatureAdapter()
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "customer.updated",
    "data": {"object": {"id": "cus_1", "object": "customer", "name": "Ana Ökonomou"}},
}
WORKOS_EVENT = {
    "id": "event_1",
    "object": "event",
    "event": "user.of_tomorrow",
    "created_at": "2026-01-01T00:00:00.000Z",
    "data": {"object": "user", "id": "user_1", "name": "Ana 💶"},
}
# compact, pretty-printed as Stripe sends it, escaped, half a character, odd blanks
TEXTS = (
    json.dumps(EVENT, separators=(",", ":"), ensure_ascii=False),
    json.dumps(EVENT, indent=2, ensure_ascii=False),
    json.dumps({**EVENT, "note": "€ 💶 \u2028"}, ensure_ascii=True),
    json.dumps({**EVENT, "note": "\ud83d"}),
    json.dumps({**EVENT, "note": "日本語\u2028\u00a0"}, ensure_ascii=False) + "\r\n",
)


def said(service: Service, at: float, *secrets: str, text: str = TEXTS[0]) -> str:
    return ADAPTER.sign(service, text, secrets or (SECRET,), at=at)[1]


def problem(
    header: str, service: Service = "stripe", body: bytes = b"", *secrets: str
) -> str | None:
    return ADAPTER.problem(
        service,
        body or TEXTS[0].encode(),
        header,
        secrets or (SECRET, OLD),
        now=NOW,
        tolerance_s=300,
    )


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("secret", [SECRET, OLD])
def test_stripe_s_library_believes_what_is_signed(text: str, secret: str) -> None:
    """Each text as bytes, under both secrets while they are rotated."""
    name, header = ADAPTER.sign("stripe", text, (SECRET, OLD), at=time.time())
    construct: Any = stripe.Webhook.construct_event

    assert name == STRIPE_HEADER
    assert construct(text.encode(), header, secret).id == "evt_1"
    with pytest.raises(stripe.SignatureVerificationError):
        construct(text.encode(), header, THEIRS)


def test_stripe_s_node_library_believes_it_too() -> None:
    """All texts in one process, with the bytes that would be sent."""
    home = NPM / "node_modules" / "stripe"
    if why_not() or not home.exists():
        pytest.skip("npm's stripe is not installed with the outside artefacts")
    assert believed_by_node(NPM) == ["evt_1"] * len(TEXTS) * 2


def believed_by_node(home: Path) -> list[str]:
    asked = [
        {"body": text, "header": said("stripe", time.time(), SECRET, OLD, text=text),
         "secret": secret}
        for text in TEXTS for secret in (SECRET, OLD)
    ]  # fmt: skip
    script = Path(__file__).with_name("verify_events.mjs")
    done = subprocess.run(
        [node(), str(script), str(home)],
        input=json.dumps(asked), capture_output=True, text=True, encoding="utf-8",
        check=True,
    )  # fmt: skip
    told: list[str] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("indent", [None, 2])
def test_workos_library_believes_what_is_signed(indent: int | None) -> None:
    """Milliseconds, a blank after the comma, and the present secret alone."""
    text = json.dumps(WORKOS_EVENT, indent=indent, ensure_ascii=False)
    name, header = ADAPTER.sign("workos", text, (SECRET, OLD), at=time.time())
    webhooks = workos.WorkOSClient(api_key="sk_x", client_id="client_x").webhooks

    def verified(secret: str) -> Any:
        return webhooks.verify_event(
            event_body=text.encode(), event_signature=header, secret=secret
        )

    assert name == WORKOS_HEADER
    assert verified(SECRET).raw_data == WORKOS_EVENT
    with pytest.raises(ValueError, match="does not match"):
        verified(OLD)


@pytest.mark.parametrize("service", ["stripe", "workos"])
@pytest.mark.parametrize("away_s", [0, -299, 300])
def test_what_we_sign_we_believe(service: Service, away_s: int) -> None:
    """By either secret, up to the tolerance on both sides."""
    for secret in (SECRET, OLD):
        assert problem(said(service, int(NOW) + away_s, secret), service) is None


def test_there_is_no_signing_without_a_secret() -> None:
    """An empty one would sign, and everybody has it."""
    for secrets in ((), ("",), (SECRET, "")):
        with pytest.raises(ConfigError):
            ADAPTER.sign("stripe", "{}", secrets, at=NOW)
    empty = ADAPTER.sign("workos", TEXTS[0], ("x",), at=NOW)[1]
    assert problem(empty, "workos", b"", "") == "signature-wrong"


GOOD = said("stripe", NOW)
HEX = GOOD.partition("v1=")[2]
T = int(NOW)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (GOOD, None),
        (GOOD.replace(",", ", "), None),
        (f" {GOOD} ", None),
        (f"{GOOD},v0={HEX}", None),
        (f"t={T},v1={'0' * 64},v1={HEX}", None),
        ("", "signature-missing"),
        ("  ", "signature-missing"),
        (f"{GOOD},v0={'a' * 200}" + f",v0={HEX}" * 60, "signature-too-long"),
        ("nonsense", "signature-malformed"),
        (f"v1={HEX}", "signature-malformed"),
        (f"t={T},t={T},v1={HEX}", "signature-malformed"),
        (f"t=,v1={HEX}", "signature-malformed"),
        (f"t=+{T},v1={HEX}", "signature-malformed"),
        (f"t={T}.5,v1={HEX}", "signature-malformed"),
        (f"t={T},v1={HEX},", "signature-malformed"),
        (f"t={T},v1={HEX},v1=é", "signature-malformed"),
        (f"t=١٧٩,v1={HEX}", "signature-malformed"),  # not our digits
        (f"t={'9' * 40},v1={HEX}", "signature-malformed"),
        (f"t={T}", "signature-scheme"),
        (f"t={T},v0={HEX}", "signature-scheme"),
        (f"t={T},v1={HEX[:-1]}", "signature-wrong"),
        (f"t={T},v1={HEX[:-1]}0x", "signature-wrong"),
        (f"t={T},v1={HEX.upper()}", "signature-wrong"),
        (f"t={T + 1},v1={HEX}", "signature-wrong"),
        (said("stripe", NOW, THEIRS), "signature-wrong"),
        (said("stripe", NOW, text=TEXTS[1]), "signature-wrong"),
        (said("workos", NOW), "signature-from-future"),
        (said("stripe", NOW - 301), "signature-too-old"),
        (said("stripe", NOW + 302), "signature-from-future"),
        (said("stripe", NOW + 86_400), "signature-from-future"),
        (said("stripe", NOW - 301, THEIRS), "signature-wrong"),
    ],
)
def test_what_is_forged_cut_or_stale_is_told(header: str, told: str | None) -> None:
    """Who signed comes before when; blanks and other schemes are no matter."""
    assert problem(header) == told


@pytest.mark.parametrize("service", ["stripe", "workos"])
@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"\xff\xfe{}", "body-not-utf-8"),
        (TEXTS[0].encode() + b" ", "signature-wrong"),
        (TEXTS[0].encode("utf-16"), "body-not-utf-8"),
    ],
)
def test_the_body_is_what_was_signed(service: Service, body: bytes, told: str) -> None:
    """Byte for byte, and text."""
    assert problem(said(service, NOW), service, body) == told
