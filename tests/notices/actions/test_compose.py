"""What a notice says, read from findings, the lake and the register."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.notices.conftest import AMNA, BILAL, scene

from pehra.kernel.actors import SYSTEM
from pehra.kernel.labels import Tlp
from pehra.kernel.settings import load
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.notices import links, queries
from pehra.notices.actions import rounds
from pehra.notices.actions.compose import composed, composer
from pehra.registry.models.contacts import Contact, ContactKey

if TYPE_CHECKING:
    from tests.findings.conftest import House


def silent(done: int, total: int) -> None:
    del done, total


def test_it_is_written_in_the_language_of_the_contact(told: House) -> None:
    told.telnet("2026-11-20", 130)
    rounds.plan(scene(told), urgent=False, actor=SYSTEM, progress=silent)
    (row,) = queries.notices(viewer=SYSTEM_VIEWER)
    at = composer(told.home, load(told.home), told.now.date())
    made = composed(at, row.id, now=told.now)
    assert made is not None
    out = made.outgoing
    assert (out.letter.language, out.tlp, out.urgent) == ("ur", Tlp.AMBER, False)
    assert (out.key, out.recipient.address) == (f"notice:{row.id}", "abuse@hill-net.example")
    token = out.letter.text.split("/answer/")[1].split("/")[0]
    found = links.read(token, at.key, told.now)
    assert found is not None
    assert found.notice == row.id
    assert composed(at, 999, now=told.now) is None


def test_what_is_for_nobodys_eyes_stays_out_of_every_letter(told: House) -> None:
    columns = "time,ip,port,kind,level,label"
    told.telnet("2026-11-20", 10)
    lines = ["2026-11-20T05:00:00Z,192.0.2.11,23,open-telnet,high,RED"]
    path = told.report("scan_telnet", "2026-11-20", lines, columns)
    options = {
        "time": "time",
        "ip": "ip",
        "port": "port",
        "identifier": "kind",
        "severity": "level",
        "tlp": "label",
        "class": "=vulnerable",
        "type": "=potentially-unwanted-accessible",
    }
    told.take_in(path, source="csv", options=options)
    for person in (AMNA, BILAL):
        rounds.approve("source", ["csv"], actor=person, now=told.now)
    found = rounds.plan(scene(told), urgent=False, actor=SYSTEM, progress=silent)
    assert found is not None
    (row,) = queries.notices(viewer=SYSTEM_VIEWER)
    at = composer(told.home, load(told.home), told.now.date())
    made = composed(at, row.id, now=told.now)
    assert made is not None
    assert made.findings == (1,)
    whole = f"{made.outgoing.letter}"
    assert "192.0.2.10" in whole
    assert "192.0.2.11" not in whole


def test_the_newest_key_that_holds_goes_with_the_letter(told: House) -> None:
    told.telnet("2026-11-20", 10)
    rounds.plan(scene(told), urgent=False, actor=SYSTEM, progress=silent)
    (row,) = queries.notices(viewer=SYSTEM_VIEWER)
    with as_system():
        contact = Contact.objects.get(pk=row.contact)
        for number, days in enumerate((None, 9, -1)):
            ContactKey.objects.create(
                contact=contact,
                kind="openpgp",
                content=b"key %d" % number,
                fingerprint=f"{number}",
                added_at=told.now + timedelta(minutes=number),
                expires_at=None if days is None else told.now + timedelta(days=days),
            )
    at = composer(told.home, load(told.home), told.now.date())
    made = composed(at, row.id, now=told.now)
    assert made is not None
    assert (made.outgoing.openpgp, made.outgoing.smime) == (b"key 1", b"")
