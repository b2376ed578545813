"""What display and logs hide."""

from __future__ import annotations

import pytest

from eleva_cli.output.mask import mask_email, mask_ids, scrub


@pytest.mark.parametrize(
    ("address", "mask"),
    [
        ("anna@example.com", "a***@e***.com"),
        ("a@b.example.test", "a***@b***.test"),
        ("用户@例子.公司", "用***@例***.公司"),
        ("مستخدم@مثال.مصر", "م***@م***.مصر"),
        ("root@localhost", "r***@l***"),
        ("no address", "n***"),
        ("", ""),
    ],
)
def test_an_address_keeps_two_letters_and_its_top_level(
    address: str, mask: str
) -> None:
    """In any script; how long it was does not show."""
    assert mask_email(address) == mask


def test_a_mask_is_never_long() -> None:
    """Whatever the top-level domain."""
    assert len(mask_email("a@b." + "x" * 60)) == 24


@pytest.mark.parametrize(
    "secret",
    [
        "sk_live_51HabcDEF",
        "sk_test_1",
        "rk_live_a-b",
        "sk_a2V5X2V4YW1wbGU",
        "whsec_Zm9v+/Zm9v=",
        "Bearer abcdef0123456789",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln",
        "ewogICJhbGciOiAiUlMyNTYiCn0.ewogInN1YiI6ICJ1Igp9.c2ln",
        "anna.b+tag@example.com",
        "anna%40example.com",
        '"anna b"@example.com',
        "用户@例子.公司",
        "http://user:hunter2@proxy:8080",
        "Authorization: Basic dTpw",
        "pi_1_secret_abc",
    ],
)
@pytest.mark.parametrize("text", ["{}", "GET /x?q={}&b=1", '{{"a": "{}"}}', "({}), b"])
def test_no_secret_survives_in_any_sentence(secret: str, text: str) -> None:
    """Also in URLs and JSON; and a scrubbed text is left as it is."""
    scrubbed = scrub(text.format(secret))

    assert secret not in scrubbed
    assert "***" in scrubbed
    assert scrub(scrubbed) == scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "link org_01HX to cus_NffrFeUfNV2Hib at 12:00",
        "task_list risk_score disk_full",
        "the bearer is known",
        "@decorator and a @ b",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    """Ids are needed to read a log."""
    assert scrub(text) == text


@pytest.mark.timeout(5)
def test_a_huge_line_does_not_take_long() -> None:
    """A body without spaces must not stall the log: the search is linear."""
    assert scrub("a" * 100_000 + " x@y.test").endswith(" x***@y***.test")


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("cus_NffrFeUfNV2Hib", "cus_…2Hib"),
        ("(org_01HZX3K9Q5W8R7T6Y4P2M1N0AB)", "(org_…N0AB)"),
        ("eleva link set org_1 cus_12AB45", "eleva link set org_… cus_…45"),
        ("/v1/customers/cus_NffrFeUfNV2Hib?x", "/v1/customers/cus_…2Hib?x"),
        ("sub_sched_1QabcDEFghIJKL_old", "sub_sched_…IJKL_old"),
    ],
)  # fmt: skip
def test_an_id_keeps_its_prefix_and_last_four(text: str, cut: str) -> None:
    """Of a short one less; what is cut already stays."""
    assert mask_ids(text).startswith(cut)
    assert mask_ids(mask_ids(text)) == mask_ids(text)


@pytest.mark.parametrize(
    "text",
    ["appointments_manage", "workos_org_id user_id", "utf_8", "org_…N0AB", "in_app"],
)
def test_names_that_look_alike_stay(text: str) -> None:
    """Features, metadata and words are no ids."""
    assert mask_ids(text) == text


@pytest.mark.timeout(5)
@pytest.mark.parametrize("part", ["aa_", "a_", "cus_1", "a", "_"])
def test_ids_are_looked_for_in_linear_time(part: str) -> None:
    """Whatever a name is made of."""
    assert mask_ids(part * 50_000)
