"""The gate: nobody without signing in, nothing without an office, a strict content policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django import DjangoAssertNumQueries
    from tests.web.conftest import Nation

    from pehra.mandate.models import User

OURS = [
    "/",
    "/find/",
    "/findings/",
    "/findings/export.csv",
    "/findings/1/",
    "/notices/",
    "/batches/",
    f"/batches/{'a' * 32}/",
    f"/batches/{'a' * 32}/rejects.csv",
    "/sources/",
    "/sources/shadowserver/",
    "/unattributed/",
    "/registry/",
    "/registry/work/",
    "/registry/bank/",
    "/structure/",
    "/structure/rules/",
    "/offices/",
    "/sending/check/",
    "/ledger/",
    "/jobs/",
    "/keys/",
]


@pytest.mark.parametrize("path", [path for path in OURS if path != "/"])
def test_every_page_asks_who_you_are(nation: Nation, path: str) -> None:
    del nation
    response = Client().get(path)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("path", OURS)
def test_without_an_office_there_is_an_explanation(
    nation: Nation, signed_in: Callable[[User], Client], path: str
) -> None:
    response = signed_in(nation.nobody).get(path)
    assert response.status_code == 403
    assert "You hold no office today" in response.content.decode()
    assert "First Bank" not in response.content.decode()


@pytest.mark.parametrize("path", OURS)
def test_every_page_answers_under_a_strict_policy(officer: Client, path: str) -> None:
    response = officer.get(path)
    assert response.status_code in {200, 302}
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Cache-Control"] == "private, no-cache"
    if response.headers["Content-Type"].startswith("text/html") and not response.streaming:
        text = response.content.decode()
        assert " style=" not in text
        assert " onclick=" not in text
        assert "<style" not in text


def test_an_office_that_ended_opens_nothing(
    nation: Nation, signed_in: Callable[[User], Client]
) -> None:
    nation.officer.tenure_set.update(valid_to=nation.now.date())
    assert signed_in(nation.officer).get("/findings/").status_code == 403


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("/", 38),
        ("/findings/", 8),
        ("/findings/1/", 13),
        ("/notices/effect/", 4),
        ("/reports/", 7),
        ("/batches/", 4),
        (f"/batches/{'a' * 32}/", 14),
        ("/unattributed/", 4),
        ("/registry/", 5),
        ("/registry/work/", 4),
        ("/registry/bank/", 18),
        ("/structure/", 16),
        ("/ledger/", 6),
        ("/jobs/", 6),
        ("/keys/", 5),
        ("/offices/", 16),
        ("/structure/rules/", 7),
        ("/sending/check/", 15),
    ],
)
def test_what_a_page_costs(
    officer: Client, path: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Three of them are the session, the account and its offices."""
    with django_assert_num_queries(queries):
        officer.get(path)
