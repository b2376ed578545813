"""Who answered `eleva doctor`: a service that names no request, or somebody else."""

from __future__ import annotations

import pytest

from eleva_cli.commands.diagnosis.line import Line
from eleva_cli.commands.diagnosis.reach import accepted, reached
from eleva_cli.ports import Service
from tests.clock import FakeClock
from tests.contract.adapter_world import LOCAL, Answer, opened

STRIPES = {"error": {"message": "Invalid API Key", "type": "invalid_request_error"}}
WORKOS = {"message": "Unauthorized"}


def codes(service: Service, body: object) -> tuple[str, str]:
    """Return what the first two checks came to where a 401 has no request id."""
    with opened(lambda _: Answer(body, 401)) as (ports, _):
        line = Line(service=service, base=LOCAL, ports=ports, clock=FakeClock())
        first, second = reached(line), accepted(line)
    return first.code or first.verdict, second.code or second.verdict


@pytest.mark.parametrize(("service", "body"), [("stripe", STRIPES), ("workos", WORKOS)])
def test_an_error_in_the_services_own_form_is_its_own(
    service: Service, body: object
) -> None:
    """The key is what is wrong, and not the address."""
    assert codes(service, body) == ("pass", "key-rejected")


@pytest.mark.parametrize(
    ("service", "body"),
    [("stripe", {"error": "login"}), ("stripe", WORKOS), ("workos", {"login": "/"})],
)
def test_an_error_in_another_form_is_somebody_elses(
    service: Service, body: object
) -> None:
    """Nothing is said of the key."""
    assert codes(service, body) == ("not-the-api", "unknown")
