"""A small nation for the pages: two organisations, three people, findings, reports, work."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation

from pehra.findings.keys import keys_of_asset
from pehra.findings.models import Finding, FindingSeen, SourceNumber, Step
from pehra.findings.rules import State
from pehra.intake.models import Batch, Reject
from pehra.jobs.models import Job, Schedule
from pehra.kernel.labels import Severity
from pehra.kernel.settings import home_path
from pehra.kernel.time import TEST_CLOCK
from pehra.mandate.models import Office, Organisation, Power, Sector, Team, Tenure, User
from pehra.mandate.tenancy import as_system
from pehra.registry.models import Asset, Claim, Contact, WorkItem

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django.fixtures import Settings

PASSWORD = "a long night watch"  # noqa: S105 of accounts that live for one test
SECRET = "of a home that lives for one run"  # noqa: S105 opens nothing
NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
"""A second before every test of pages: no midnight and no month's end falls into one."""


@dataclass
class Nation:
    """What a test may name."""

    national: Team
    bank: Organisation
    school: Organisation
    officer: User
    contact: User
    nobody: User
    password: str = PASSWORD
    now: datetime = NOW
    numbers: list[int] = field(default_factory=list)

    def finding(self, holder: Organisation | None, **given: Any) -> Finding:  # noqa: ANN401 any column of two tables
        """One more finding; `seen_` values go to what reports say of it."""
        number = len(self.numbers) + 1
        seen = {
            name: given.pop(name) for name in ("severity", "last_seen", "count") if name in given
        }
        facts: dict[str, Any] = {
            "asset": f"192.0.2.{number % 256}",
            "identifier": "open-telnet",
            "port": 23,
            "exposed": True,
            "asn": 64500,
            "country": "PK",
            "asset_kind": Finding.AssetKind.ADDRESS,
        } | given
        key = keys_of_asset(facts["asset"], SECRET)[0] + number
        with as_system():
            row = Finding.objects.create(
                id=number,
                key=key,
                lake_key=key,
                rsit_class="vulnerable",
                rsit_type="weak-crypto",
                organisation=holder,
                team=self.national,
                opened_at=NOW - timedelta(days=1),
                severity=seen.setdefault("severity", Severity.MEDIUM),
                **facts,
            )
            FindingSeen.objects.create(
                finding=row,
                first_seen=NOW - timedelta(days=2),
                holder=holder.pk if holder else None,
                sources=1,
                **{"last_seen": NOW, "count": 3} | seen,
            )
        self.numbers.append(number)
        return row


@pytest.fixture(autouse=True)
def fresh_house(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget sign-ins, observations and the language of the test before; hash quickly."""
    frozen = home_path().root / "now"
    frozen.write_text((NOW + timedelta(seconds=1)).isoformat())
    monkeypatch.setenv(TEST_CLOCK, str(frozen))
    cache.clear()
    translation.deactivate()
    # The database takes a test's rows back by itself; the lake of the worker's home does not.
    shutil.rmtree(home_path().lake, ignore_errors=True)
    secret = home_path().keys / "finding.key"
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.write_text(SECRET)
    settings.SECOND_FACTOR = "offered"  # tests that are about it ask for `staff`
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def _person(email: str, office: Office | None) -> User:
    person = User(email=email)
    person.set_password(PASSWORD)
    person.save()
    if office is not None:
        Tenure.objects.create(office=office, person=person)
    return person


def _register(nation: Nation) -> None:
    with as_system():
        for number, holder in enumerate((nation.bank, nation.school)):
            asset = Asset.objects.create(kind="prefix", value=f"192.0.2.{number * 128}/25")
            Claim.objects.create(asset=asset, organisation=holder, source="manual", recorded_at=NOW)
            Contact.objects.create(
                organisation=holder, purpose="abuse", email=f"abuse@{holder.slug}.example"
            )
        WorkItem.objects.create(kind="conflict", subject="192.0.2.0/25", opened_at=NOW)
        SourceNumber.objects.create(slug="shadowserver", number=0)


def _powers() -> None:
    """Who may do what, as far as the pages ask."""
    held = {
        "handle-reports": ("NC", "SUP", "DIR"),
        "send-notice": ("NC", "SC"),
        "work-cases": ("NC",),
        "merge-cases": ("NC",),
        "move-grade": ("NC",),
        "close-cases": ("NC",),
        "manage-offices": ("SUP", "DIR"),
        "review-break-glass": ("SUP", "DIR"),
        "change-rule": ("CNL",),
        "publish-advisories": ("NC",),
        "handle-breaches": ("NC",),
        "triage-reports": ("NC",),
    }
    Power.objects.bulk_create(
        Power(act=act, role=role, tier="national") for act, roles in held.items() for role in roles
    )


def _reports() -> None:
    batch = Batch.objects.create(
        id="a" * 32,
        sha256="b" * 64,
        source="shadowserver",
        file_name="2026-11-21-scan_telnet.csv",
        size=2_000,
        received_at=NOW,
        kind="scan_telnet",
        state=Batch.State.APPLIED,
        rows=12,
        accepted=9,
        rejected=2,
        duplicates=1,
    )
    Reject.objects.create(
        batch=batch,
        row=3,
        line=4,
        offset=310,
        reason="fields",
        detail="expected 42 fields, found 2",
        raw=b"=cmd|' /C calc'!A0,<script>alert(1)</script>\xff",
    )
    Reject.objects.create(
        batch=batch, row=5, line=6, offset=600, reason="time", detail="", raw=b"x"
    )


@pytest.fixture
def nation(db: None) -> Nation:
    """Two organisations with a finding or two each, an officer, a contact, and somebody new."""
    del db
    national = Team.objects.create(slug="national", name="National CERT", tier="national")
    sector = Sector.objects.create(slug="banking", name="Banking", name_ur="بینکاری")
    bank = Organisation.objects.create(slug="bank", name="First Bank", sector=sector)
    school = Organisation.objects.create(slug="school", name="A School")
    duty = Office.objects.create(slug="duty", name="Duty officer", role="NC", team=national)
    ciso = Office.objects.create(slug="ciso", name="CISO", role="ENT", organisation=bank)
    made = Nation(
        national=national,
        bank=bank,
        school=school,
        officer=_person("officer@cert.example", duty),
        contact=_person("ciso@bank.example", ciso),
        nobody=_person("new@cert.example", None),
    )
    _register(made)
    _powers()
    _reports()
    made.finding(bank, severity=Severity.CRITICAL, identifier="open-mongodb", port=27017)
    made.finding(school, severity=Severity.HIGH)
    made.finding(None, severity=Severity.LOW, asn=64501)
    closed = made.finding(bank, state=State.GONE, gone_at=NOW)
    with as_system():
        Step.objects.create(
            finding=closed, at=NOW, state=State.GONE, by=f"batch {'a' * 32}", why="3 clean cycles"
        )
    Job.objects.create(kind="findings.ingest", run_after=NOW, queued_at=NOW, error="disk full")
    Schedule.objects.create(name="fetch", kind="intake.fetch", every_seconds=3600, next_at=NOW)
    return made


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which a person is signed in."""

    def sign_in(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def officer(nation: Nation, signed_in: Callable[[User], Client]) -> Client:
    """The browser of national staff."""
    return signed_in(nation.officer)


@pytest.fixture
def contact(nation: Nation, signed_in: Callable[[User], Client]) -> Client:
    """The browser of the bank's own officer."""
    return signed_in(nation.contact)
