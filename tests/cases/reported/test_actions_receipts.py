"""The number goes out with the report, once, and to no address more than three times a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.cases.conftest import NOW, Nation

from pehra.cases.models.report import Report
from pehra.cases.reported.actions import filing
from pehra.cases.reported.actions.filing import PUBLIC, file_report
from pehra.cases.reported.actions.receipts import MOST_A_DAY, mailbox_of
from pehra.cases.reported.rules import Contact, Door, Filed, Kind, Wish
from pehra.dispatch.models import Envelope
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.settings import Home

pytestmark = pytest.mark.django_db


def send(home: Home, mail: str, place: int, door: Door = Door.FORM, at: datetime = NOW) -> Filed:
    wish = Wish(
        kind=Kind.MESSAGE, door=door, text=f"https://{place}.example/", origin=f"{place}",
        contact=Contact(mail=mail), delivery=f"{place}",
    )  # fmt: skip
    return file_report(home, wish, actor=PUBLIC, now=at, outside="https://c.example")


def receipts() -> list[str]:
    with as_system():
        return list(Envelope.objects.order_by("id").values_list("address", flat=True))


def test_an_address_gets_three_a_day_through_all_doors(home: Home, nation: Nation) -> None:
    del nation
    doors = (Door.FORM, Door.MAIL, Door.API, Door.FORM, Door.MAIL)
    for place, door in enumerate(doors):
        send(home, "bano@home.example" if place % 2 else "Bano+x@home.example", place, door)
    assert len(receipts()) == MOST_A_DAY
    send(home, "other@home.example", 9)
    assert receipts()[MOST_A_DAY:] == ["other@home.example"]
    send(home, "bano@home.example", 10, at=NOW + timedelta(days=1))
    assert receipts()[MOST_A_DAY + 1 :] == ["bano@home.example"]
    with as_system():
        assert Report.objects.count() == 7


def test_a_report_is_not_kept_without_its_answer(
    home: Home, nation: Nation, monkeypatch: pytest.MonkeyPatch
) -> None:
    del nation

    def killed(*given: object, **named: object) -> bool:
        del given, named
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(filing, "acknowledge", killed)
        with pytest.raises(KeyboardInterrupt):
            send(home, "bano@home.example", 1)
    assert send(home, "bano@home.example", 1).again is False
    assert send(home, "bano@home.example", 1).again is True
    assert receipts() == ["bano@home.example"]


def test_what_is_one_mailbox() -> None:
    assert mailbox_of("Bano+News@Home.example") == mailbox_of("bano@home.example")
    assert mailbox_of("a@one.example") != mailbox_of("a@two.example")
