"""Reporters who left an address are written to once, by the one door, in their language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.cases.conftest import AMNA, NOW, Nation
from tests.cases.reported.conftest import say

from pehra.cases.models.report import Told
from pehra.cases.reported import jobs
from pehra.cases.reported.actions import telling
from pehra.cases.reported.actions.deciding import Decision, decide
from pehra.cases.reported.rules import Contact, State
from pehra.dispatch.models import Envelope
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from pehra.kernel.settings import Home

pytestmark = pytest.mark.django_db


def quiet(done: int, total: int) -> None:
    del done, total


def test_each_is_told_once(home: Home, nation: Nation, monkeypatch: pytest.MonkeyPatch) -> None:
    del nation
    monkeypatch.setattr(telling, "_AT_ONCE", 2)
    filed = [
        say(
            home, NOW, "https://one.example/", origin=str(number), language=language,
            contact=Contact(mail=f"a{number}@b.example"),
        )
        for number, language in enumerate(("en", "ur", "en"))
    ]  # fmt: skip
    say(home, NOW, "https://one.example/", origin="phone", contact=Contact(phone="0300 1234567"))
    say(home, NOW, "https://one.example/", origin="none")
    decide(filed[0].cluster, Decision(what=State.SPAM), viewer=SYSTEM_VIEWER, actor=AMNA, now=NOW)
    with as_system():
        told = Told.objects.get().pk
    assert telling.tell_reporters(home, told, "https://c.example", now=NOW, progress=quiet) == 3
    assert jobs.tell({"told": told}, now=NOW, progress=quiet) == {"letters": 0}
    with as_system():
        found = list(
            Envelope.objects.order_by("id").values_list("kind", "address", "language", "tlp")
        )
        assert Told.objects.get().done is True
    assert found == [
        ("answer-to-report", "a0@b.example", "en", "CLEAR"),
        ("answer-to-report", "a1@b.example", "ur", "CLEAR"),
        ("answer-to-report", "a2@b.example", "en", "CLEAR"),
    ]
