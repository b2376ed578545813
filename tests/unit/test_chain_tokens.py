"""Claims are data of others: whatever they hold, they are judged and never believed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from eleva_cli.chain.tokens import PROBLEMS, key_id, of_export, of_session, refused
from eleva_cli.ports import Claim

NOW = 1_700_000_000
NAMES = (
    "sub", "sid", "org_id", "role", "entitlements", "auth_time", "iat", "exp", "nbf",
    "sub_profile", "sub_type",
)  # fmt: skip
LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["user_1", "org_1", "user_1\n", "\ud800"])
    | st.integers(NOW - 99, NOW + 99)
)
JSON = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
    ),
    max_leaves=4,
)


def is_showable(claim: Claim) -> bool:
    """Tell whether every text in a claim can be shown and stored as it is."""
    texts = {claim.user, claim.kid, claim.organization or "", claim.role or ""}
    return all(it.isprintable() for it in texts | set(claim.entitlements or ()))


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_any_claims_are_judged(claims: dict[str, object]) -> None:
    """No shape is an error, and what cannot be shown is not passed on."""
    for judged in (of_session(claims, now=NOW), of_export(claims, now=NOW)):
        assert judged.problem is None or judged.problem in PROBLEMS
        assert judged.problem or judged.user
        assert is_showable(judged)


@given(JSON)
def test_only_ids_of_a_refused_token_are_kept(said: object) -> None:
    """A hostile text in place of an id is not shown."""
    claim = refused("token-forged", user=said, kid=said)

    assert claim.user in ("", said)
    assert claim.kid == key_id(said)
    assert is_showable(claim)
