"""Re-checks as they are begun and kept: consent, the hour over many workers, and the facts."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from pehra.engines.http.knock import Heard, Knock
from pehra.findings.actions.rechecks import ask, begin, consent, end_consent, record
from pehra.findings.models import Finding
from pehra.findings.queries.rechecks import claimed_unchecked, consent_views, rechecks_of
from pehra.findings.rules import State
from pehra.jobs.models import Job
from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.time import micros
from pehra.ledger.queries import recent
from pehra.mandate.models import Organisation
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer

HEAD = Actor("head@bank.example", "head")
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A moment."""
    return NOW


def made(now: datetime, *, number: int = 1, asset: str = "127.0.0.1") -> Finding:
    """A finding on the loopback whose holder says that it is fixed."""
    with as_system():
        holder = Organisation.objects.get_or_create(slug="bank", name="Bank")[0]
        return Finding.objects.create(
            id=number, key=number, asset_kind=Finding.AssetKind.ADDRESS, asset=asset, port=23,
            identifier="open-telnet", rsit_class="vulnerable", rsit_type="weak-crypto",
            exposed=True, organisation=holder, state=State.FIX_CLAIMED, opened_at=now - DAY,
            severity=3, fix_claimed_at=now,
        )  # fmt: skip


def start(row: Finding, now: datetime, holder: int | None = None) -> int:
    ours = row.organisation_id if holder is None else holder
    return begin(
        row.id, ours, viewer=SYSTEM_VIEWER, actor=HEAD, now=now, loopback=True
    )[0]  # fmt: skip


@pytest.mark.django_db
def test_nothing_is_begun_without_a_consent_in_force(now: datetime) -> None:
    row = made(now)
    holder = row.organisation_id or 0
    with pytest.raises(Refused, match="not consented"):
        start(row, now)
    consent(holder, now + DAY, actor=HEAD, now=now)
    with pytest.raises(Refused, match="register does not know"):
        start(row, now, holder=holder + 1)
    with pytest.raises(Refused, match="not consented"):
        start(row, now + DAY)
    number = start(row, now)
    record(number, Knock(Heard.CLOSED), actor=HEAD, now=now)
    (told,) = rechecks_of(row.id, viewer=SYSTEM_VIEWER)
    assert (told.heard, told.status, told.at) == ("closed", None, now)
    # A closed port is a fact beside what reports say: the state waits for coverage.
    with as_system():
        assert Finding.objects.get().state == State.FIX_CLAIMED
    end_consent(holder, actor=HEAD, now=now)
    with pytest.raises(Refused, match="not consented"):
        start(row, now + timedelta(hours=2))
    with pytest.raises(Refused, match="No consent"):
        end_consent(holder, actor=HEAD, now=now)
    acts = [entry.act for entry in recent()]
    assert sorted(acts) == ["findings.consent", "findings.end-consent", "findings.recheck"]


@pytest.mark.django_db
def test_a_host_has_one_turn_an_hour_whatever_the_finding(now: datetime) -> None:
    first, second = made(now), made(now, number=2)
    consent(first.organisation_id or 0, now + DAY, actor=HEAD, now=now)
    start(first, now)
    for later in (timedelta(), timedelta(minutes=59)):
        with pytest.raises(Refused, match="within the hour"):
            start(second, now + later)
    start(second, now + timedelta(hours=1))


@pytest.mark.django_db
def test_a_new_consent_takes_the_place_of_the_old(now: datetime) -> None:
    holder = made(now).organisation_id or 0
    consent(holder, now + DAY, actor=HEAD, now=now)
    consent(holder, now + 2 * DAY, actor=HEAD, now=now + timedelta(hours=1))
    with pytest.raises(UsageError):
        consent(holder, now - DAY, actor=HEAD, now=now)
    told = [(one.until, one.ended_at) for one in consent_views(holder, viewer=SYSTEM_VIEWER)]
    assert told == [(now + 2 * DAY, None), (now + DAY, now + timedelta(hours=1))]


@pytest.mark.django_db
def test_what_is_said_to_be_fixed_is_looked_at_once(now: datetime) -> None:
    row = made(now)
    assert claimed_unchecked(now, viewer=SYSTEM_VIEWER) == []
    consent(row.organisation_id or 0, now + DAY, actor=HEAD, now=now)
    assert claimed_unchecked(now, viewer=SYSTEM_VIEWER) == [row.id]
    number = start(row, now)
    # Killed in between, nothing was heard: it is looked at again once the hour is over.
    assert claimed_unchecked(now, viewer=SYSTEM_VIEWER) == [row.id]
    record(number, Knock(Heard.CLOSED), actor=HEAD, now=now)
    assert claimed_unchecked(now, viewer=SYSTEM_VIEWER) == []
    with as_system():
        Finding.objects.update(fix_claimed_at=micros(now + timedelta(minutes=1)))
    assert claimed_unchecked(now + timedelta(minutes=1), viewer=SYSTEM_VIEWER) == [row.id]


@pytest.mark.django_db
def test_what_is_never_looked_at_keeps_nothing_else_waiting(now: datetime) -> None:
    for number in range(1, 5):
        consent(made(now, number=number).organisation_id or 0, now + DAY, actor=HEAD, now=now)
    with as_system():
        Finding.objects.filter(id=1).update(identifier="open-snmp")  # UDP
        Finding.objects.filter(id=2).update(port=None)
        Finding.objects.filter(id=3).update(fix_claimed_at=micros(now - DAY))
    assert claimed_unchecked(now, viewer=SYSTEM_VIEWER, size=1) == [4]


@pytest.mark.django_db
def test_who_asks_gets_a_job_or_is_told_why_not(now: datetime) -> None:
    row = made(now)

    def asked(viewer: Viewer = SYSTEM_VIEWER) -> None:
        ask(row.id, viewer=viewer, actor=HEAD, now=now, loopback=True)

    with pytest.raises(UsageError, match="no finding F1"):
        asked(Viewer(name="eve", organisations=frozenset({(row.organisation_id or 0) + 1})))
    with pytest.raises(Refused, match="not consented"):
        asked()
    consent(row.organisation_id or 0, now + DAY, actor=HEAD, now=now)
    asked()
    asked()
    (job,) = Job.objects.filter(kind="findings.recheck")
    assert job.payload == {"finding": 1, "actor": HEAD.name, "office": HEAD.office}


SCRIPT = """
import sys
from datetime import datetime
import django
django.setup()
from pehra.findings.actions.rechecks import begin, consent
from pehra.findings.queries.rechecks import service_of
from pehra.kernel.errors import Refused
from pehra.mandate.viewers import SYSTEM_VIEWER
from tests.findings.actions.test_rechecks import DAY, HEAD, NOW, made
if sys.argv[1] == "make":
    consent(made(NOW).organisation_id, NOW + DAY, actor=HEAD, now=NOW)
print("ready", flush=True)
for line in sys.stdin:
    now = datetime.fromisoformat(line.strip())
    holder = service_of(1, viewer=SYSTEM_VIEWER).organisation
    try:
        begin(1, holder, viewer=SYSTEM_VIEWER, actor=HEAD, now=now, loopback=True)
        print("turn", flush=True)
    except Refused as refused:
        print(str(refused).partition(".")[0], flush=True)
"""
"""A worker that knocks when it is told the time."""


def worker(house: dict[str, str], how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, how],
        env={**house, "DJANGO_SETTINGS_MODULE": "pehra.web.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.database
def test_of_two_workers_one_gets_the_turn(house: dict[str, str]) -> None:
    """Two processes at once, with a host that was never seen, and with one seen an hour ago."""
    workers = [worker(house, how) for how in ("make", "work")]
    lines = [(one.stdin, one.stdout) for one in workers if one.stdin and one.stdout]
    began = [out.readline() for _, out in lines]
    assert began == ["ready\n"] * 2, [one.communicate()[1] for one in workers]
    for hours in range(3):
        for into, _ in lines:
            into.write(f"{(NOW + timedelta(hours=hours)).isoformat()}\n")
            into.flush()
        told = sorted(out.readline() for _, out in lines)
        assert told == ["The host was checked within the hour\n", "turn\n"]
    assert [one.communicate()[1] for one in workers] == ["", ""]
