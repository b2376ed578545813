"""Every endpoint of WorkOS's side, through the SDK's strict models and the witness."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from eleva_cli.sandbox.app import create_app
from eleva_cli.sandbox.settings import Settings
from tests.fidelity import workos_witness
from tests.fidelity.workos_check import NOT_DESCRIBED
from tests.fidelity.workos_schema import operation_of_template
from tests.fidelity.workos_tour import CALLS, WORLD
from tests.outside.installed import why_not
from tests.sandbox.harness import IN_PROCESS, Sandbox


@pytest.mark.parametrize("endpoint", CALLS)
def test_an_endpoint_is_read_by_the_sdk(endpoint: str, tmp_path: Path) -> None:
    """Its answers have what the models want, and fit the published description."""
    settings = Settings(limits_enabled=False)
    app = create_app(tmp_path / "tour.db", settings=settings)
    workos_witness.watch(app)
    with httpx2.Client(transport=httpx2.WSGITransport(app=app)) as client:
        sandbox = Sandbox(app=app, base_url=IN_PROCESS, http=client)
        sandbox.seed(WORLD)
        CALLS[endpoint](sandbox.workos())
        called = {
            f"{c['method']} {c['template']}" for c in sandbox.get("calls")["data"]
        }
    assert endpoint in called
    workos_witness.settle()


def test_the_tour_leaves_no_endpoint_out() -> None:
    """Nor does it name one that is not there."""
    assert set(CALLS) == set(workos_witness.TEMPLATES)


def test_every_endpoint_is_described() -> None:
    """What the description does not have is named, with a reason."""
    if reason := why_not():
        pytest.skip(reason)
    unknown = {
        name
        for name, template in workos_witness.TEMPLATES.items()
        if operation_of_template(name.split()[0], template) is None
    }
    assert unknown == set(NOT_DESCRIBED)
