"""The ledger's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from pehra.kernel.actors import SYSTEM
from pehra.ledger.actions import append
from pehra.ledger.models import Entry

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation

    from pehra.ledger.body import JSON


def record(nation: Nation, count: int) -> None:
    with transaction.atomic():
        for number in range(count):
            facts: dict[str, JSON] = {"rows": number, "sha256": "ab" * 32}
            append("findings.open", actor=SYSTEM, subject="finding:1", facts=facts, now=nation.now)


def test_entries_go_down_page_by_page(officer: Client, nation: Nation) -> None:
    record(nation, 60)
    first = officer.get("/ledger/").context
    rows = first["sections"][0].table.rows
    assert (rows[0][0][1].text, rows[0][1][1].sub) == ("59", "rows: 59 · sha256: abababababab…")
    second = officer.get(first["pages"].next).context
    assert [cells[0][1].text for cells in second["sections"][0].table.rows] == [
        str(seq) for seq in range(9, -1, -1)
    ]
    assert first["facts"][0].text == "60"


def test_acts_stand_on_the_page_of_their_finding(officer: Client, nation: Nation) -> None:
    record(nation, 1)
    assert officer.get("/findings/1/").context["history"][0].act == "Opened"


def test_it_is_verified_on_asking(officer: Client, nation: Nation) -> None:
    record(nation, 3)
    assert officer.get("/ledger/").context["note"] is None
    note = officer.get("/ledger/", {"verify": "1"}).context["note"]
    assert note == {
        "tone": "note--good",
        "text": "Verified: all 3 entries and 0 checkpoints hold.",
    }


def test_an_altered_entry_is_named(officer: Client, nation: Nation) -> None:
    record(nation, 3)
    Entry.objects.filter(seq=1).update(act="findings.forget")
    note = officer.get("/ledger/", {"verify": "1"}).context["note"]
    assert note["tone"] == "note--bad"
    assert note["text"].startswith("The record does not hold at entry 1: ")


def test_others_do_not_read_it(contact: Client) -> None:
    assert contact.get("/ledger/").status_code == 403
