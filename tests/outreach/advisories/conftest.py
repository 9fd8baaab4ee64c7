"""A small nation: a team, a bank that is critical, a school, a club without a mailbox."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from django.conf import settings

from pehra.dispatch.actions import confirm_live, propose_live
from pehra.kernel.actors import Actor
from pehra.kernel.labels import Severity
from pehra.mandate.models import Clock, Organisation, Sector, Team
from pehra.mandate.tenancy import as_system
from pehra.outreach.advisories.actions import publishing, writing
from pehra.outreach.advisories.actions.telling import Desk
from pehra.outreach.advisories.actions.writing import Verdict
from pehra.outreach.advisories.rules import Audience, Kind, Product, Stage, Text
from pehra.registry.models.contacts import Contact

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
AMNA, BILAL, DUA = Actor("amna", "duty"), Actor("bilal", "lead"), Actor("dua", "director")
TEXT = Text(
    title="Mend the gate",
    title_ur="دروازہ ٹھیک کیجیے",
    severity=Severity.CRITICAL,
    summary="It stands open.",
    action="Close it.",
    cves=("CVE-2026-12345",),
    products=(Product("Acme", "Gate"),),
    identifiers=("open-telnet",),
)
DESK = Desk("https://cert.example", "secret", Actor("pehra", "system"))


class Nation(msgspec.Struct, frozen=True):
    """Ids of who is there."""

    bank: int
    school: int
    club: int


@pytest.fixture
def nation(db: None) -> Nation:
    del db
    settings.HOME.keys.mkdir(exist_ok=True)
    Team.objects.create(slug="ncert", name="National CERT", tier="national")
    banking = Sector.objects.create(slug="banking", name="Banking")
    bank = Organisation.objects.create(
        slug="bank", name="First Bank", sector=banking, cii_grade="A"
    )
    school = Organisation.objects.create(slug="school", name="A School")
    club = Organisation.objects.create(slug="club", name="A Club")
    Clock.objects.create(kind="advisory-ack", severity=Severity.CRITICAL, hours=24)
    with as_system():
        for holder, language in ((bank, "en"), (school, "ur")):
            Contact.objects.create(
                organisation=holder,
                purpose="technical",
                email=f"noc@{holder.slug}.example",
                language=language,
            )
    propose_live(actor=AMNA, now=NOW)
    confirm_live(actor=BILAL, now=NOW)
    return Nation(bank.pk, school.pk, club.pk)


def written(text: Text = TEXT) -> int:
    """An advisory that both reviews have passed."""
    number = writing.begin(text, actor=AMNA, now=NOW)
    passed(number)
    return number


def passed(number: int) -> None:
    """Hand the draft of an advisory in, and let two others pass it."""
    writing.move(number, Stage.TECHNICAL, actor=AMNA, now=NOW)
    writing.review(number, Verdict(Kind.TECHNICAL, passed=True), actor=BILAL, now=NOW)
    writing.review(number, Verdict(Kind.LEGAL, passed=True), actor=DUA, now=NOW)


def published(text: Text = TEXT, audience: Audience | None = None, now: datetime = NOW) -> str:
    """Number of an advisory that is public."""
    wanted = audience or Audience(everybody=True)
    return publishing.publish(written(text), wanted, year=2026, actor=AMNA, now=now)
