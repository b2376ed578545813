"""The JUnit report against the rules of Jenkins' schema, version 10, in our own words.

Elements, their children and attributes, which are required and what they may hold;
counts are held against the cases themselves, which no schema can.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from eleva_cli.audit import Audit
from eleva_cli.outcome import Failure, Result
from eleva_cli.output import Format
from eleva_cli.output.render import render, render_failure
from eleva_cli.output.terminal import Terminal
from tests import audit_sample

PIPE = Terminal.detect(io.StringIO(), io.StringIO(), io.StringIO(), {})
SECONDS = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
OUTCOME = {"type", "message"}
# element → its children, the attributes it must have, those it may have
RULES: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (
        {"testsuite"},
        set(),
        {"name", "time", "tests", "failures", "errors"},
    ),
    "testsuite": (
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file"},
    ),
    "properties": ({"property"}, set(), set()),
    "property": (set(), {"name", "value"}, set()),
    "testcase": (
        {"skipped", "error", "failure", "system-out", "system-err"},
        {"name"},
        {"time", "classname", "group"},
    ),
    "failure": (set(), set(), OUTCOME),
    "error": (set(), set(), OUTCOME),
    "skipped": (set(), set(), OUTCOME),
}
MIXED = {"failure", "error", "skipped"}


def faults(element: ET.Element) -> list[str]:
    """Name what breaks the rules, from an element down."""
    rule = RULES.get(element.tag)
    if rule is None:
        return [f"no element {element.tag}"]
    children, required, optional = rule
    given = set(element.attrib)
    found = [f"{element.tag} lacks {name}" for name in sorted(required - given)]
    found += [
        f"{element.tag} has {name}" for name in sorted(given - required - optional)
    ]
    if not SECONDS.fullmatch(element.get("time", "")):
        found.append(f"{element.tag} took {element.get('time')}")
    texts = [element.text, *(child.tail for child in element)]
    if element.tag not in MIXED and any((text or "").strip() for text in texts):
        found.append(f"{element.tag} has text")
    for child in element:
        if child.tag not in children:
            found.append(f"{child.tag} in {element.tag}")
        found += faults(child)
    return found


def miscounts(element: ET.Element) -> list[str]:
    """Name the counts that the cases below do not bear out."""
    found = []
    for tag, name in (
        ("testcase", "tests"),
        ("failure", "failures"),
        ("error", "errors"),
        ("skipped", "skipped"),
    ):
        counted = len(list(element.iter(tag)))
        if name in element.attrib and element.get(name) != str(counted):
            found.append(f"{element.get('name')}: {name} is {counted}")
    return found + [each for child in element for each in miscounts(child)]


def junit(audit: Audit, *failures: Failure) -> ET.Element:
    result = Result(command="verify", headline="", audit=audit, errors=failures)
    text = render(result, Format.JUNIT, PIPE)
    assert not FORBIDDEN.search(text)
    return ET.fromstring(text)


@pytest.mark.parametrize(
    "audit",
    [
        audit_sample.sample(),
        audit_sample.hostile(),
        audit_sample.audit(),
        audit_sample.audit(people=[audit_sample.person(1)]),
        audit_sample.fleet(50, 20),
        replace(audit_sample.sample(), partial="half", ended_at=audit_sample.NOW - 5),
    ],
    ids=["sample", "hostile", "clean", "one", "fleet", "partial"],
)
def test_it_keeps_the_schema_s_rules_and_counts_right(audit: Audit) -> None:
    """Whatever was found, and whatever it is called."""
    found = junit(audit, Failure(code="x", message="\x00<&>\"'\ufffe", hint="]]>"))

    assert faults(found) == []
    assert miscounts(found) == []


def test_a_flaw_is_a_case_and_so_is_each_sound_person() -> None:
    """What counts fails, what does not is skipped, the others pass."""
    found = junit(audit_sample.sample())
    names = [suite.get("name") for suite in found]

    assert (found.get("tests"), found.get("failures")) == ("10", "3")
    assert names == [
        "customer-unlinked",
        "entitled-without-paying",
        "role-stale",
        "pending-next-period",
        "sound",
    ]
    cases = [
        (case.get("classname"), case.get("name")) for case in found.iter("testcase")
    ]
    assert len(set(cases)) == 10


def test_names_stay_apart_and_the_same_from_night_to_night() -> None:
    """Ids are cut to few characters; what follows them is not."""
    names = [
        [
            case.get("name")
            for case in junit(audit_sample.fleet(300, 0)).iter("testcase")
        ]
        for _ in range(2)
    ]

    assert len(set(names[0])) == 300
    assert names[0] == names[1]


def test_a_look_that_broke_off_is_never_green() -> None:
    """Nothing found, and yet an error."""
    found = junit(replace(audit_sample.audit(), partial="no permission to read prices"))

    assert (found.get("failures"), found.get("errors")) == ("0", "1")
    error = next(found.iter("error"))
    assert "no permission" in error.get("message", "")


def test_nobody_checked_is_one_case_that_says_so() -> None:
    """A report without a case is a failure to many readers."""
    found = junit(audit_sample.audit())

    assert [case.get("name") for case in found.iter("testcase")] == [
        "no findings: 412 users, 96 organizations checked"
    ]


def test_a_command_that_could_not_answer_is_an_error() -> None:
    """Valid as well, and told on stderr too."""
    failure = Failure(code="unreachable", message="no <answer>", hint="try later")
    out, err = render_failure(failure, Format.JUNIT, "verify", PIPE)
    found = ET.fromstring(out)

    assert (faults(found), miscounts(found)) == ([], [])
    assert found.get("errors") == "1"
    assert "no <answer>" in err


@pytest.mark.parametrize(
    "text",
    [
        "<testsuites><testsuite name='a' tests='1' failures='0'/></testsuites>",
        "<testsuites><testcase name='a'/></testsuites>",
        "<testsuites skipped='1'/>",
        "<testsuites time='1h'/>",
        "<testsuites>text</testsuites>",
        "<report/>",
    ],
)
def test_what_breaks_the_rules_is_found(text: str) -> None:
    """The counter-examples."""
    assert faults(ET.fromstring(text))


def test_a_wrong_count_is_found() -> None:
    """The counter-example."""
    inner = "<testsuite tests='1'><testcase/></testsuite>"
    text = f"<testsuites tests='2'>{inner}</testsuites>"

    assert miscounts(ET.fromstring(text)) == ["None: tests is 1"]
