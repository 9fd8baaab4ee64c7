"""A nation with an evidence room: who keeps, who judges, who asks, and the laws they name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path  # noqa: TC003 msgspec reads the annotation when it runs
from typing import Any

import msgspec
import pytest

from pehra.cases.actions.opened import Opening, open_case
from pehra.cases.evidence.actions import taking
from pehra.cases.evidence.actions.asking import NewRequest, ask
from pehra.cases.evidence.actions.hands import Hand
from pehra.cases.evidence.actions.keeping import Keeper
from pehra.kernel.actors import Actor
from pehra.kernel.settings import Home
from pehra.mandate.models import Clock, Ground, Office, Organisation, Power, Team, Tenure, User
from pehra.mandate.viewers import Viewer

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
PEOPLE = {
    "custodian": "EVC", "second-custodian": "EVC", "lawyer": "LEG", "director": "DIR",
    "officer": "NC", "second-officer": "NC", "liaison": "INV", "analyst": "SC", "head": "ENT",
}  # fmt: skip
POWERS = (
    ("keep-evidence", "EVC", "may"), ("keep-evidence", "LEG", "read"),
    ("evidence-out", "DIR", "approve"), ("evidence-out", "LEG", "approve"),
    ("evidence-out", "EVC", "apply"), ("evidence-out", "INV", "ask"),
    ("evidence-out", "NC", "record"), ("evidence-out", "ENT", "consent"),
)  # fmt: skip


def mail(who: str) -> str:
    return f"{who}@cert.example"


def hand(who: str, typed_by: str = "") -> Hand:
    """A person who types for themselves, or for whom another types."""
    return Hand(mail(who), mail(typed_by or who))


class Room(msgspec.Struct, frozen=True):
    """Where a test works: a home, a case, its team, another's, and who asks."""

    home: Home
    case: int
    team: int
    other: int
    agency: int
    bank: int

    @property
    def keeper(self) -> Keeper:
        """The custodian of the team that leads."""
        return Keeper(Viewer(mail("custodian"), teams=frozenset({self.team})),
                      Actor(mail("custodian"), "custodian"))  # fmt: skip

    def add(self, data: bytes = b"evidence" * 100, **facts: Any) -> int:  # noqa: ANN401 any of `New`
        """An item that is kept."""
        number = taking.begin(self.home, new(self, len(data), **facts), actor=self.keeper.actor,
                              now=NOW)  # fmt: skip
        taking.take(self.home, number, BytesIO(data), actor=self.keeper.actor, watch=WATCH)
        return number

    def asked(self, **facts: Any) -> int:  # noqa: ANN401 any of `NewRequest`
        """A request by the investigator's liaison."""
        return ask(wanted(self, **facts), hand=hand("liaison"), now=NOW).number


WATCH = taking.Watch(lambda: NOW, lambda *_: None)


def new(room: Room, size: int, **facts: Any) -> taking.New:  # noqa: ANN401 any of `New`
    given: dict[str, Any] = {
        "case": room.case, "name": "disk.img", "size": size, "source": "mail server",
        "collector": "A. Collector", "acquired_at": NOW - timedelta(hours=3),
        "clock_offset_seconds": -2.5, "tool": "dc3dd", "tool_version": "7.3",
    }  # fmt: skip
    return taking.New(**given | facts)


def wanted(room: Room, **facts: Any) -> NewRequest:  # noqa: ANN401 any of `NewRequest`
    given: dict[str, Any] = {
        "case": room.case, "kind": "traffic", "agency": "investigators", "reference": "FIR 12/2026",
        "ground": "law-32", "scope": "Traffic data of the mail server in November",
    }  # fmt: skip
    return NewRequest(**given | facts)


@pytest.fixture(name="room")
def evidence_room(db: None, tmp_path: Path) -> Room:
    del db
    team = Team.objects.create(slug="ncert", name="National CERT", tier="national")
    other = Team.objects.create(slug="fincert", name="FinCERT", tier="sectoral")
    bank = Organisation.objects.create(slug="river-bank", name="River Bank")
    agency = Organisation.objects.create(
        slug="investigators", name="Investigators", role="investigator",
        valid_from=date(2025, 4, 1),
    )  # fmt: skip
    Organisation.objects.create(
        slug="old-investigators", name="Old investigators", role="investigator",
        valid_to=date(2025, 4, 1),
    )  # fmt: skip
    for act, role, does in POWERS:
        Power.objects.create(act=act, role=role, does=does)
    for who, role in PEOPLE.items():
        of = {"INV": agency, "ENT": bank}.get(role)
        place = {"organisation": of} if of else {"team": team}
        office = Office.objects.create(slug=who, name=who, role=role, **place)
        person = User.objects.create(email=mail(who))
        Tenure.objects.create(office=office, person=person)
    Ground.objects.create(slug="law-32", instrument="An Act", section="section 32",
                          acts=["evidence-out", "evidence-traffic"])  # fmt: skip
    Ground.objects.create(slug="law-31", instrument="An Act", section="section 31",
                          acts=["evidence-preserve"], longest_days=90)  # fmt: skip
    Ground.objects.create(slug="law-34", instrument="An Act", section="section 34",
                          acts=["evidence-content"], unconfirmed=True)  # fmt: skip
    Ground.objects.create(slug="consent", instrument="Consent", acts=["evidence-own"])
    Clock.objects.create(kind="evidence-paper", hours=24)
    Clock.objects.create(kind="evidence-retention", hours=26280)
    case = open_case(
        Opening(title="Mail of River Bank was read", affected=(bank.pk,), team=team.pk),
        actor=Actor(mail("officer"), "officer"), at=NOW - timedelta(days=1),
    )  # fmt: skip
    return Room(Home(tmp_path), case, team.pk, other.pk, agency.pk, bank.pk)
