"""Signs events, and checks who signed them, as each service's own library does.

Stricter than those in two things: a signature from the future is not believed either,
and a time is digits and nothing else. Texts and secrets stand in no answer.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import stripe
from workos.webhooks import _verification as workos_webhooks

from eleva_cli.errors import ConfigError
from eleva_cli.ports import Service

STRIPE_HEADER = "Stripe-Signature"
WORKOS_HEADER = "WorkOS-Signature"
LONGEST = 4096  # characters of a header
NO_AGE = 1 << 60  # the age is judged here, both ways and by the caller's clock

_PART = re.compile(r"\s*([a-z0-9]{1,16})\s*=\s*([!-+\--~]{1,256})\s*")
_TIME = re.compile(r"[0-9]{1,15}")
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What a header says: when, as it is written, and the signatures of our scheme."""

    time: str
    signatures: tuple[str, ...]


class SignatureAdapter:
    """Signs and checks; it keeps nothing."""

    def sign(
        self, service: Service, text: str, secrets: Sequence[str], *, at: float
    ) -> tuple[str, str]:
        """
        Return the header's name and value; times are in seconds.

        Stripe's scheme has room for a signature of each secret. WorkOS's libraries
        read one, which is the first secret's.
        """
        if not secrets or not all(secrets):
            raise ConfigError(
                "there is no secret to sign with",
                code="destination-secret-missing",
                hint="see docs/configuration.md, destinations",
            )
        if service == "workos":
            moment = str(int(at * 1000))
            signature = _hmac(f"{moment}.{text}", secrets[0])
            return WORKOS_HEADER, f"t={moment}, v1={signature}"
        parts = [_of_stripe(text, secret, int(at)) for secret in secrets]
        signatures = (part.partition(",")[2] for part in parts)
        return STRIPE_HEADER, ",".join((f"t={int(at)}", *signatures))

    def problem(  # noqa: PLR0911, PLR0913 - one return for each; what a check needs
        self,
        service: Service,
        body: bytes,
        header: str,
        secrets: Sequence[str],
        *,
        now: float,
        tolerance_s: float,
    ) -> str | None:
        """Return why a body is not to be believed; who signed it comes before when."""
        if not header.strip():
            return "signature-missing"
        if len(header) > LONGEST:
            return "signature-too-long"
        claim = _claim(header)
        if claim is None:
            return "signature-malformed"
        if not claim.signatures:
            return "signature-scheme"
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return "body-not-utf-8"
        if not any(_is_by(service, text, claim, each) for each in secrets if each):
            return "signature-wrong"
        ahead_s = int(claim.time) / (1000 if service == "workos" else 1) - now
        if ahead_s > tolerance_s:
            return "signature-from-future"
        return "signature-too-old" if -ahead_s > tolerance_s else None


def _claim(header: str) -> _Claim | None:
    """Read `t=…,v1=…`; blanks around the parts and other schemes are no matter."""
    parts = [_PART.fullmatch(part) for part in header.split(",")]
    found = [(part[1], part[2]) for part in parts if part is not None]
    times = [value for name, value in found if name == "t"]
    if len(found) < len(parts) or len(times) != 1 or not _TIME.fullmatch(times[0]):
        return None
    signatures = tuple(value for name, value in found if name == "v1")
    return _Claim(time=times[0], signatures=signatures)


def _is_by(service: Service, text: str, claim: _Claim, secret: str) -> bool:
    """Ask the service's library whether one of the signatures is this secret's."""
    return any(
        (_is_of_workos if service == "workos" else _is_of_stripe)(text, one, secret)
        for one in _each(claim)
    )


def _each(claim: _Claim) -> Iterator[_Claim]:
    for signature in claim.signatures:
        # Only hex can be right, and what is not ASCII cannot be compared safely.
        if _HEX.fullmatch(signature):
            yield _Claim(time=claim.time, signatures=(signature,))


def _is_of_stripe(text: str, one: _Claim, secret: str) -> bool:
    header = f"t={one.time},v1={one.signatures[0]}"
    try:
        stripe.WebhookSignature.verify_header(text, header, secret)
    except stripe.SignatureVerificationError:
        return False
    return True


def _is_of_workos(text: str, one: _Claim, secret: str) -> bool:
    try:
        workos_webhooks.verify_header(
            event_body=text.encode(),
            event_signature=f"t={one.time}, v1={one.signatures[0]}",
            secret=secret,
            tolerance=NO_AGE,
        )
    except ValueError:
        return False
    return True


def _of_stripe(text: str, secret: str, at: int) -> str:
    # A text and never bytes: of those it would sign what Python shows of them.
    return str(stripe.WebhookSignature.generate_signature_header(text, secret, at))


def _hmac(text: str, secret: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
