"""Access tokens as we use them: what a claim says, and who tells whether it is true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """
    What a verified access token says of one user in one organization.

    `entitlements` is `None` where the claim is absent, which an empty one may be.
    `problem` is a code where the token proves nothing: expired, foreign, unsigned;
    then `user` is only whom it names, "" where that cannot be read.

    `source` is `unsigned-export` where nobody signed the claim: whoever wrote the
    file vouches for it. `line` is where it stood, `kid` the key that it names.
    """

    user: str
    organization: str | None
    entitlements: frozenset[str] | None
    role: str | None
    issued_at: int
    expires_at: int
    problem: str | None = None
    source: Literal["token", "unsigned-export"] = "token"
    line: int = 0
    kid: str = ""


class TokenPort(Protocol):
    """Tells what an access token proves; the token's text stays here."""

    def claims(self, token: str, *, now: float) -> Claim:
        """
        Return what it says, with a problem where it proves nothing.

        Raise a `RemoteError` where the keys to check it with cannot be read, and
        `ConfigError` where the client whose keys they are is not known.
        """
        ...


class NoTokens:
    """Stands in where no command reads tokens; to ask it is a fault of ours."""

    def claims(self, token: str, *, now: float) -> Claim:
        raise NotImplementedError("these ports check no tokens")
