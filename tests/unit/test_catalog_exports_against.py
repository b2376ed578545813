"""A TypeScript file held against the catalogue: it never agrees by accident."""

from __future__ import annotations

import re

import pytest

from eleva_cli.catalog import Catalogue, Mistake
from eleva_cli.catalog.exports import export
from eleva_cli.catalog.exports.against import against
from tests import wares

KEY = re.compile(r"""['"`]((?:community|top|lecturer|team)-[a-z-]+)['"`]""")
TWO = ("LECTURER_LOOKUP_KEYS", "ALL_LOOKUP_KEYS")
LOCAL = """\
const LECTURER_LOOKUP_KEYS = { annual: 'lecture' };
const ALL_LOOKUP_KEYS = ['lecture'];"""
LONE = "export const LECTURER_LOOKUP_KEYS = "
CATALOGUES = (wares.default(), wares.changed(), wares.empty(), wares.hostile())


def lecturer() -> Catalogue:
    """Return a catalogue of one price."""
    return wares.with_product(
        wares.empty(), wares.product("lecturer"), wares.annual("lecture")
    )


def told(value: str, rest: str = "") -> list[Mistake]:
    """Hold a value of the one constant against that catalogue."""
    listed = "export const ALL_LOOKUP_KEYS = ['lecture'];"
    return against(f"{LONE}{value}\n{listed}{rest}", lecturer())


@pytest.mark.parametrize("text", wares.STYLES)
def test_files_of_other_styles_agree(text: str) -> None:
    """Quotes, commas, comments, types, spreads: however it was written."""
    assert against(text, wares.default()) == []


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_our_own_export_agrees(catalogue: Catalogue) -> None:
    """With the catalogue it was made of, and with no other."""
    made = export(catalogue, "typescript")

    for other in CATALOGUES:
        assert (against(made, other) == []) == (other is catalogue)


@pytest.mark.parametrize("text", [*wares.STYLES, export(wares.default(), "typescript")])
def test_every_wrong_key_is_found(text: str) -> None:
    """One letter of one key at a time, wherever it stands outside of comments."""
    constants = text.partition("export type")[0]
    found = list(KEY.finditer(constants))

    assert len(found) >= 13
    for key in found:
        wrong = f"{text[: key.start(1)]}X{text[key.start(1) + 1 :]}"
        if key[1] in {"team-starter-monthly", "team-starter-annual"}:
            continue  # named again by what is spread over it
        assert against(wrong, wares.default()), key[0]


def test_every_missing_line_is_found() -> None:
    """Of the constants that the application imports."""
    lines = export(wares.default(), "typescript").split("\n")
    end = lines.index("export type ExpertLookupKey = (typeof ALL_LOOKUP_KEYS)[number];")
    keys = [
        number
        for number, line in enumerate(lines[:end])
        if KEY.search(line) and "seat" not in line
    ]

    assert len(keys) == 28
    for number in keys:
        without = "\n".join(lines[:number] + lines[number + 1 :])
        assert against(without, wares.default()), lines[number]


def test_a_difference_names_constant_path_key_and_line() -> None:
    """So that it is found at once."""
    made = export(wares.default(), "typescript")
    wrong = made.replace("monthly: 'top-expert-monthly'", "monthly: 'top-monthly'")
    (mistake,) = against(wrong, wares.default())
    line = wrong[: wrong.index("'top-monthly'")].count("\n") + 1

    assert mistake.code == "export-differs"
    assert mistake.place == "EXPERT_LOOKUP_KEYS.top.monthly"
    assert mistake.line == line
    assert mistake.message == (
        "EXPERT_LOOKUP_KEYS.top.monthly is 'top-monthly', in the catalogue "
        "'top-expert-monthly'"
    )


@pytest.mark.parametrize(
    ("before", "after", "code", "place"),
    [
        ("  community: {", "  society: {", "export-missing", ".community"),
        ("  community: {", "  society: {", "export-extra", ".society"),
        ("export const EXPERT_", "const EXPERT_", "export-missing", ""),
        ("export const EXPERT_", "export let EXPERT_", "export-unreadable", ""),
    ],
)
def test_a_name_is_part_of_it(before: str, after: str, code: str, place: str) -> None:
    """What is called otherwise, or is not exported, is not there."""
    made = export(wares.default(), "typescript").replace(before, after, 1)
    found = {(one.code, one.place) for one in against(made, wares.default())}

    assert (code, f"EXPERT_LOOKUP_KEYS{place}") in found


@pytest.mark.parametrize(
    ("listed", "code", "message"),
    [
        ("['lecture', 'lecture']", "export-extra", "has 'lecture' twice"),
        ("['lecture', 'x']", "export-extra", "has 'x', no key of the catalogue"),
        ("[]", "export-missing", "lacks 'lecture'"),
        ("'lecture'", "export-unreadable", "no array"),
        ("[['lecture']]", "export-unreadable", "no string"),
        ("new Set(['lecture'])", "export-unreadable", "new"),
    ],
)
def test_all_keys_are_compared_one_by_one(listed: str, code: str, message: str) -> None:
    """Each is there once."""
    text = f"{LONE}{{ annual: 'lecture' }};\nexport const ALL_LOOKUP_KEYS = {listed};"
    found = against(text, lecturer())

    assert (code, 2) in {(one.code, one.line) for one in found}
    assert any(message in one.message for one in found)


@pytest.mark.parametrize(
    "value",
    [
        "{ annual: 'lecture' }",
        '{ "annual": "lecture", } as const;',
        "{ annual: `lecture` } satisfies { readonly annual: string };",
        "({ ['annual']: 'lecture' as 'lecture' | Foo.Bar<string>['x'] });",
        "Object.freeze({ annual: 'lecture' });",
        "{ // a comment's 'quote'\n annual: /* 'x' */ 'lecture' }",
        "{ ...{ annual: 'other' }, annual: '\\u006cecture' };",
        "{ annual: 'lec\\\nture' };",
        "{ annual: A, }; const A = 'lecture', B = 'x';",
        "T.a.b!; const T = { a: { b: { annual: 'lecture' } } } as const;",
    ],
)
def test_what_means_the_same_agrees(value: str) -> None:
    """A reader that is too narrow would cry wolf."""
    assert told(value) == []


@pytest.mark.parametrize(
    "value",
    [
        "make();",
        "{ annual: 'lec' + 'ture' };",
        "{ annual: `lec${'ture'}` };",
        "{ annual: isOld ? 'x' : 'lecture' };",
        "{ annual: process.env.KEY ?? 'lecture' };",
        "{ annual: 'lecture' }.annual.length;",
        "{ annual: 'lecture' }\n  && other;",
        "{ annual: 'lecture' } as const && other;",
        "{ annual: 'lecture' } as any ?? other;",
        "{ annual: 'lecture' as string + 'x' };",
        "{ annual: 'lecture' satisfies string ? 'x' : 'y' };",
        "{ annual() { return 'lecture' } };",
        "{ get annual() { return 'lecture' } };",
        "{ annual: 'x', annual: 'lecture' };",
        "{ __proto__: { annual: 'lecture' } };",
        "{ [name]: 'lecture' };",
        "{ ...imported, annual: 'lecture' };",
        "{ annual: LECTURER_LOOKUP_KEYS.annual };",
        "{ annual: '\\lecture\\7' };",
        "{ annual: 'lecture",
        "{ annual: `lecture",
        "{ annual: 'lecture' /* };",
        "{ annual: 'lecture' ",
        "['lecture'];",
        "{ annual: ['lecture'] };",
        "{ annual: null };",
        "{ annual: 12 };",
        "",
        "(" * 5000,
        "[" * 5000,
        "`${" * 5000,
    ],
)
def test_what_cannot_be_read_never_agrees(value: str) -> None:
    """Whatever it would come to at run time: it is said instead."""
    assert "export-unreadable" in {one.code for one in told(value)}


@pytest.mark.parametrize(
    "rest",
    [
        "\nLECTURER_LOOKUP_KEYS.annual = 'other';",
        "\n(LECTURER_LOOKUP_KEYS as any)['annual'] = 'other';",
        "\n(LECTURER_LOOKUP_KEYS as { annual: string }).annual = 'other'",
        "\ndelete LECTURER_LOOKUP_KEYS.annual;",
        "\nObject.assign(LECTURER_LOOKUP_KEYS, { annual: 'other' });",
        "\nfunction f() { LECTURER_LOOKUP_KEYS['annual'] = 'other'; }",
        "\nexport const LECTURER_LOOKUP_KEYS = { annual: 'lecture' };",
    ],
)
def test_what_is_written_to_later_never_agrees(rest: str) -> None:
    """Its value at the top is not the one it has."""
    assert [one.code for one in told("{ annual: 'lecture' };", rest)] == [
        "export-unreadable"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "export { LECTURER_LOOKUP_KEYS, ALL_LOOKUP_KEYS } from './elsewhere';",
        f"{LOCAL}\nexport {{ {', '.join(TWO)} }} from './elsewhere';",
        "export * from './elsewhere';",
        "import { A } from './a';" + "".join(f"export {{ A as {n} }};" for n in TWO),
    ],
)
def test_what_stands_elsewhere_never_agrees(text: str) -> None:
    """One file is read, not those it imports."""
    found = [one for one in against(text, lecturer()) if one.place in TWO]

    assert [one.code for one in found] == ["export-unreadable"] * 2


def test_an_empty_file_lacks_everything() -> None:
    """Five constants, each with what it should have."""
    assert [one.code for one in against("", wares.default())] == ["export-missing"] * 5


def test_an_alias_is_followed() -> None:
    """The name that others import counts."""
    text = (
        "const KEYS = { annual: 'lecture' };\nconst every = [KEYS.annual];\n"
        "export { KEYS as LECTURER_LOOKUP_KEYS, every as ALL_LOOKUP_KEYS };"
    )

    assert against(text, lecturer()) == []


def test_the_applications_own_constants_may_hold_known_keys_only() -> None:
    """A name that we do not know is its affair, a key that nobody sells is ours."""
    known = "\nexport const FREE_LOOKUP_KEYS = ['lecture'];"
    stale = "\nexport const OLD_LOOKUP_KEYS = { 2019: ['gone'] };"
    value = "{ annual: 'lecture' };"

    assert told(value, known) == []
    (mistake,) = told(value, stale)
    assert (mistake.place, mistake.line) == ("OLD_LOOKUP_KEYS.2019[0]", 3)


def test_a_pattern_with_quotes_does_not_hide_what_follows() -> None:
    """Nor does a division begin one."""
    before = "export const q = (t: string) => /['\"`]/.test(t) ? 4 / 2 : 1 / 1;\n"
    text = f"{before}{LONE}{{ annual: 'wrong' }};\nexport const ALL_LOOKUP_KEYS = [];"

    assert {one.code for one in against(text, lecturer())} == {
        "export-differs",
        "export-missing",
    }


@pytest.mark.parametrize("change", ["push('x')", "sort()", "splice(0)"])
def test_all_keys_that_are_changed_later_never_agree(change: str) -> None:
    """Neither by a method, nor past the type."""
    value = "{ annual: 'lecture' };"

    for name in ("ALL_LOOKUP_KEYS", "(ALL_LOOKUP_KEYS as unknown as string[])"):
        found = told(value, f"\n{name}.{change};")
        assert [(one.code, one.line) for one in found] == [("export-unreadable", 3)]
