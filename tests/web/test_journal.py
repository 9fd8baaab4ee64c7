"""Requests are numbered and logged by route, without what was looked at."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from pehra.kernel import log

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """Logs of a service, for this test only."""
    root = logging.getLogger()
    kept, level = list(root.handlers), root.level
    log.set_up("INFO")
    yield
    root.handlers[:] = kept
    root.setLevel(level)


@pytest.mark.django_db
def test_a_request_is_one_line_by_route(capsys: pytest.CaptureFixture[str]) -> None:
    response = Client().get("/findings/?asset=192.0.2.7", HTTP_X_REQUEST_ID="forged")
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert told["request"] == response["X-Request-ID"] != "forged"
    assert (told["route"], told["status"], told["method"]) == ("findings", 302, "GET")
    assert told["account"] is None
    assert "192.0.2" not in line


@pytest.mark.django_db
def test_each_request_has_its_own_number_and_leaves_none_behind(
    capsys: pytest.CaptureFixture[str],
) -> None:
    numbers = {Client().get("/nothing/here/")["X-Request-ID"] for _ in range(3)}
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {one["request"] for one in told} == numbers
    assert [(one["route"], one["status"]) for one in told] == [("", 404)] * 3
    log.logger("pehra.tests").info("after")
    assert "request" not in json.loads(capsys.readouterr().err)
