"""The API answers as its own description says, whatever it is asked; and its page in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.web.test_api import V1, key
from tests.web.test_browser import Watch, chromium

from pehra.web.api.site import api

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pytest_django.live_server_helper import LiveServer
    from tests.web.conftest import Nation

pytestmark = [pytest.mark.service, pytest.mark.either]  # what is asked, not of which database

__all__ = ["chromium"]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
KNOWN = {"number": 1, "slug": "bank", "name": "a" * 32}
EXAMPLES = 4


def tried(operation: Any, headers: dict[str, str]) -> set[int]:  # noqa: ANN401 schemathesis's own
    """Ask an operation what its description allows, each second time by an id that is there."""
    statuses: list[int] = []

    @hypothesis.settings(
        max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @hypothesis.given(case=operation.as_strategy())
    def holds(case: Any) -> None:  # noqa: ANN401 as above
        if len(statuses) % 2 == 0:
            names = KNOWN.keys() & case.path_parameters.keys()
            case.path_parameters |= {name: KNOWN[name] for name in names}
        told = case.call(headers=headers)
        statuses.append(told.status_code)
        case.validate_response(told, checks=CHECKS)

    holds()
    return set(statuses)


@pytest.mark.django_db
def test_it_answers_as_it_is_described(nation: Nation, monkeypatch: pytest.MonkeyPatch) -> None:
    del nation
    monkeypatch.setattr(api.throttle, "num_requests", 10**6)
    headers = {"Authorization": str(key(team="national").defaults["HTTP_AUTHORIZATION"])}
    described = schemathesis.openapi.from_wsgi(f"{V1}/openapi.json", get_wsgi_application())
    operations: list[Any] = [found.ok() for found in described.get_all_operations()]  # type: ignore[union-attr] # one that is wrong raises
    asked = {operation.label: tried(operation, headers) for operation in operations}
    unanswered = {label for label, statuses in asked.items() if 200 not in statuses}
    assert unanswered <= {
        f"POST {V1}/findings/{{number}}/answers",
        f"POST {V1}/organisations/{{slug}}/contacts",
        f"POST {V1}/organisations/{{slug}}/proofs",
        f"POST {V1}/citizen-reports",
        f"GET {V1}/citizen-reports/{{number}}",
        f"POST {V1}/citizen-reports/sms",
        f"POST {V1}/evidence",
        f"GET {V1}/evidence/{{number}}",
        f"PUT {V1}/evidence/{{number}}/pieces",
        f"POST {V1}/evidence/{{number}}/close",
        f"GET {V1}/letters/{{number}}",
        f"POST {V1}/letters/{{number}}/arrival",
        f"GET {V1}/jobs/{{number}}",
        f"GET {V1}/ledger/entries/{{number}}/proof",
    }


@pytest.mark.django_db(transaction=True)
def test_its_page_is_drawn_and_asks_nobody_else(
    chromium: Browser, live_server: LiveServer, nation: Nation
) -> None:
    del nation
    page = chromium.new_page(base_url=live_server.url)
    watch = Watch(page, live_server.url)
    page.goto(f"{V1}/docs")
    page.wait_for_selector("[data-path$=answers]")
    page.close()
    assert (watch.strangers, watch.complaints) == ([], [])
