"""What one tenant is told does not depend on whether another tenant exists.

Each query that takes a viewer is asked twice, before and after another tenant's rows are added; the
answers must be equal. Then the same is asked as one who sees all, and with the predicates taken
away, and the answers must differ: a question that would not notice a leak does not count.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec
import polars as pl
import pytest
from django.db.models import Q

import pehra.findings.queries
import pehra.intake.queries
import pehra.observations.queries
import pehra.registry.queries
from pehra.findings.models import (
    BulkAct,
    BulkRow,
    CountedDay,
    DayCount,
    Finding,
    FindingSeen,
    Step,
)
from pehra.findings.queries import Filter
from pehra.intake.health import Kind
from pehra.intake.models import Alarm, Batch, Hold, Reject
from pehra.kernel.addresses import bounds, pack, sort_key
from pehra.kernel.settings import Home
from pehra.mandate.models import Organisation, Team, Territory
from pehra.mandate.tenancy import unseen
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer
from pehra.observations.schema import OBSERVATION, complete
from pehra.observations.store import open_lake
from pehra.registry.models import (
    Asset,
    Claim,
    Contact,
    ContactKey,
    ControlProof,
    Subscription,
    WorkItem,
)
from pehra.web.postgresql import base as postgresql

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import ModuleType

NOW = datetime(2026, 11, 22, tzinfo=UTC)
THEIRS = 2
IDENTIFIERS = {1: "open-telnet", THEIRS: "open-ftp"}

findings = pehra.findings.queries
intake = pehra.intake.queries
observations = pehra.observations.queries
registry = pehra.registry.queries


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of its own, with the secret by which findings are found again."""
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "finding.key").write_text("0" * 64)
    return Home(tmp_path)


def add_finding(number: int, organisation: Organisation | None, team: Team) -> None:
    owner = number % 10
    with unseen():
        finding = Finding.objects.create(
            id=number,
            key=number,
            asset_kind=Finding.AssetKind.ADDRESS,
            asset=f"192.0.2.{number}",
            identifier=IDENTIFIERS[owner],
            what=f"family-{owner}",
            rsit_class="vulnerable",
            rsit_type="potentially-unwanted-accessible",
            asn=64500 + owner,
            opened_at=NOW,
            due_at=NOW,
            severity=owner,
            organisation=organisation,
            team=team,
        )
        FindingSeen.objects.create(
            finding=finding, first_seen=NOW, last_seen=NOW, count=1, sources=1, severity=owner
        )
        Step.objects.create(finding=finding, at=NOW, state=1, by=f"batch {owner}")
        act = BulkAct.objects.create(
            id=number, by=f"tenant-{owner}", act="withdraw", asked_at=NOW, last=number, total=1
        )
        BulkRow.objects.create(act=act, finding=finding, refused=True, state=11, settled=False)


def add_holding(number: int, organisation: Organisation, team: Team) -> None:
    asset = Asset.objects.create(kind="prefix", value=f"192.0.2.{number}/32")
    WorkItem.objects.create(kind="gap", subject=f"tenant-{number}", team=team, opened_at=NOW)
    with unseen():
        Claim.objects.create(
            id=number, asset=asset, organisation=organisation, source="manual", recorded_at=NOW
        )
        ControlProof.objects.create(
            id=number,
            asset=asset,
            organisation=organisation,
            method="letter",
            state="proved",
            asked_at=NOW,
        )
        Subscription.objects.create(asset=asset, organisation=organisation, since=NOW)
        contact = Contact.objects.create(
            id=number,
            organisation=organisation,
            purpose="abuse",
            email=f"abuse@tenant-{number}.example",
        )
        ContactKey.objects.create(
            contact=contact, kind="smime", content=b"1", fingerprint=f"{number}", added_at=NOW
        )


def add_count(organisation: Organisation, team: Team) -> None:
    CountedDay.objects.get_or_create(day=NOW.date(), defaults={"at": NOW})
    with unseen():
        DayCount.objects.create(day=NOW.date(), organisation=organisation, team=team, low=1)


def add_tenant(number: int) -> Viewer:
    """An organisation with a finding, its team with another that has no holder; their viewer."""
    slug = f"tenant-{number}"
    place = Territory.objects.create(code=f"ZZ-{number}", name=slug, country="ZZ")
    organisation = Organisation.objects.create(id=number, slug=slug, name=slug, territory=place)
    # A team that is not restricted stands on the page of the structure for everybody.
    team = Team.objects.create(slug=slug, name=slug, tier="sectoral", restricted=True)
    add_holding(number, organisation, team)
    add_count(organisation, team)
    add_finding(number, organisation, team)
    add_finding(number + 10, None, team)
    batch = Batch.objects.create(
        id=str(number) * 32, sha256="0" * 64, source=slug, file_name=slug, size=1, received_at=NOW
    )
    Hold.objects.create(kind=Hold.Kind.SOURCE, value=slug, ground="an order", by="x", since=NOW)
    Alarm.objects.create(source=slug, kind=Kind.SILENT, opened_at=NOW, last_at=NOW)
    Reject.objects.create(
        batch=batch, row=1, line=2, offset=3, reason="fields", detail="", raw=b"x"
    )
    return Viewer(name=slug, teams=frozenset({team.pk}), organisations=frozenset({organisation.pk}))


def add_observation(home: Home, number: int, viewer: Viewer) -> None:
    packed = pack(f"192.0.2.{number}")
    row = {
        "id": bytes([number]) * 16,
        "row": 1,
        "batch": str(number) * 32,
        "source": f"tenant-{number}",
        "received_at": NOW,
        "received_day": date(2026, 11, 22),
        "observed_at": NOW,
        "identifier": IDENTIFIERS[number],
        "ip": packed,
        "ip_key": sort_key(packed),
        "organisation": min(viewer.organisations),
        "team": min(viewer.teams),
        "finding_key": number,
    }
    unheld = row | {"id": bytes([number + 10]) * 16, "row": 2, "organisation": None, "asn": number}
    table = complete(pl.DataFrame([row, unheld], infer_schema_length=None), OBSERVATION)
    open_lake(home.lake).append(table, name=f"batch-{number}", number=1)


Question = Callable[[Viewer], object]

FINDINGS: dict[str, Question] = {
    "page": lambda viewer: [
        findings.page(wanted, viewer=viewer)
        for wanted in (
            Filter(),
            Filter(organisation="tenant-2"),
            Filter(team="tenant-2"),
            Filter(asset="192.0.2.2"),
            Filter(identifier="open-ftp"),
            Filter(what="family-2"),
            Filter(asn=64502),
            Filter(unheld=True),
        )
    ],
    "total": lambda viewer: findings.total(Filter(), viewer=viewer),
    "every": lambda viewer: list(findings.every(Filter(), viewer=viewer)),
    "export": lambda viewer: list(findings.export(Filter(), viewer=viewer)),
    "one": lambda viewer: findings.one(THEIRS, viewer=viewer),
    "steps": lambda viewer: findings.steps(THEIRS, viewer=viewer),
    "fix_first": lambda viewer: findings.fix_first("tenant-2", viewer=viewer),
    "open_by_severity": lambda viewer: findings.open_by_severity(viewer=viewer),
    "preview": lambda viewer: findings.preview(Filter(), viewer=viewer),
    "bulk_act": lambda viewer: findings.bulk_act(THEIRS, viewer=viewer),
    "refused": lambda viewer: findings.refused(THEIRS, viewer=viewer),
    "identifiers": lambda viewer: findings.identifiers(viewer=viewer),
    "most_overdue": lambda viewer: findings.most_overdue("tenant-2", viewer=viewer, now=NOW),
    "present": lambda viewer: findings.present(viewer=viewer),
    "by_day": lambda viewer: findings.by_day(NOW.date(), NOW.date(), viewer=viewer),
    "by_territory": lambda viewer: findings.by_territory(viewer=viewer),
    "unheld_networks": lambda viewer: findings.unheld_networks(viewer=viewer),
    "search": lambda viewer: [
        findings.search(text, viewer=viewer, on=NOW.date())
        for text in ("F2", "192.0.2.2", "open-ftp", "tenant", "2" * 32, "192.0.2.0/30", "family")
    ],
}

REGISTRY: dict[str, Question] = {
    "explain": lambda viewer: registry.explain(THEIRS, None, viewer=viewer),
    "organisation": lambda viewer: registry.organisation("tenant-2", viewer=viewer, on=NOW.date()),
    "organisations": lambda viewer: registry.organisations(viewer=viewer),
    "claims_of": lambda viewer: registry.claims_of(THEIRS, viewer=viewer),
    "contacts_of": lambda viewer: registry.contacts_of(THEIRS, viewer=viewer),
    "control": lambda viewer: registry.control(THEIRS, viewer=viewer),
    "controls_of": lambda viewer: registry.controls_of(THEIRS, viewer=viewer),
    "subscriptions": lambda viewer: registry.subscriptions(viewer=viewer),
    "assets_of": lambda viewer: registry.assets_of(THEIRS, viewer=viewer),
    "proven_assets": lambda viewer: registry.proven_assets(THEIRS, viewer=viewer),
    "contact_card": lambda viewer: registry.contact_card(THEIRS, viewer=viewer),
    "keys_of": lambda viewer: registry.keys_of(THEIRS, viewer=viewer),
    "keys_of_all": lambda viewer: registry.keys_of_all([1, THEIRS], viewer=viewer),
    "contact_cards": lambda viewer: registry.contact_cards(THEIRS, viewer=viewer),
    "reachable_contacts": lambda viewer: registry.reachable_contacts(
        [THEIRS], viewer=viewer, now=NOW
    ).rows(),
    "work_items": lambda viewer: registry.work_items(viewer=viewer),
    "waiting_work": lambda viewer: registry.waiting_work(viewer=viewer),
    "holders_of": lambda viewer: registry.holders_of([("prefix", "192.0.2.2/32")], viewer=viewer),
    "register_rows": lambda viewer: registry.register_rows(viewer=viewer).rows(),
}

INTAKE: dict[str, Question] = {
    "holds": lambda viewer: len(intake.holds(viewer=viewer)),
    "batches": lambda viewer: len(intake.batches(viewer=viewer).rows),
    "count": lambda viewer: intake.count(viewer=viewer),
    "batch": lambda viewer: intake.batch("2" * 32, viewer=viewer),
    "batches_of": lambda viewer: len(intake.batches_of(["2" * 32], viewer=viewer)),
    "rejects": lambda viewer: len(intake.rejects("2" * 32, viewer=viewer).rows),
    "newest_rejects": lambda viewer: len(intake.newest_rejects("", viewer=viewer, size=9)),
    "reject_reasons": lambda viewer: intake.reject_reasons("2" * 32, viewer=viewer),
    "alarms": lambda viewer: len(intake.alarms(viewer=viewer)),
    "came": lambda viewer: intake.came(
        NOW.date(), NOW.date(), ZoneInfo("Asia/Karachi"), viewer=viewer
    ),
    "every_reject": lambda viewer: len(list(intake.every_reject("2" * 32, viewer=viewer))),
    "unfinished": lambda viewer: intake.unfinished(viewer=viewer, before=NOW + timedelta(1)),
    "open_alarms": lambda viewer: intake.open_alarms(viewer=viewer),
}
"""Whole reports, which no tenant sees."""

ROWS = {**FINDINGS, **REGISTRY, **INTAKE}

BY_CODE = {*INTAKE, "organisation", "organisations", "work_items", "waiting_work"}
"""Queries about shared models, which look at the viewer themselves."""

LAKE: dict[str, Callable[[Home, Viewer], list[dict[str, Any]]]] = {
    "of_one_victim": lambda home, viewer: [
        {
            "count": observations.of_one_victim(
                home,
                observations.Asked(network="192.0.2.2"),
                NOW + timedelta(days=1),
                viewer=viewer,
            )
        }
    ],
    "of_finding": lambda home, viewer: [
        row
        for address in (None, bounds("192.0.2.2"))
        for row in observations.of_finding(home, THEIRS, address, viewer=viewer).to_dicts()
    ],
    "told_of_findings": lambda home, viewer: [
        row
        for frame in observations.told_of_findings(
            home, [1, THEIRS], viewer=viewer, since=NOW.date()
        )
        for row in frame.sort("finding_key").to_dicts()
    ],
    "chunks_of_finding": lambda home, viewer: [
        row
        for chunk in observations.chunks_of_finding(home, THEIRS, None, viewer=viewer)
        for row in chunk.to_dicts()
    ],
    "query": lambda home, viewer: (
        observations.query(home, observations.Asked(network="192.0.2.0/24"), viewer=viewer)
        .sort("id")
        .collect()
        .to_dicts()
    ),
    "count": lambda home, viewer: [
        {"count": observations.count(home, observations.Asked(network="192.0.2.2"), viewer=viewer)}
    ],
    "chunks": lambda home, viewer: [
        row
        for chunk in observations.chunks(home, observations.Asked(), viewer=viewer)
        for row in chunk.sort("id").to_dicts()
    ],
    "newest_in": lambda home, viewer: [
        {"count": count, "rows": rows.to_dicts()}
        for rows, count in [
            observations.newest_in(home, "192.0.2.0/24", viewer=viewer, since=NOW.date())
        ]
    ],
    "newest": lambda home, viewer: observations.newest(
        home, observations.Asked(), viewer=viewer, since=NOW.date()
    ).to_dicts(),
    "unattributed": lambda home, viewer: observations.unattributed(home, viewer=viewer).to_dicts(),
}


def takes_viewer(module: ModuleType) -> set[str]:
    return {
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__.startswith(module.__name__)
        and not name.startswith("_")
        and "viewer" in inspect.signature(function).parameters
    }


@pytest.mark.parametrize(
    ("module", "asked"),
    [(findings, FINDINGS), (registry, REGISTRY), (intake, INTAKE), (observations, LAKE)],
)
def test_every_query_that_takes_a_viewer_is_asked(
    module: ModuleType, asked: Mapping[str, object]
) -> None:
    assert takes_viewer(module) == set(asked)


@pytest.mark.django_db
@pytest.mark.parametrize("query", ROWS)
def test_another_tenants_rows_change_nothing(query: str) -> None:
    viewer = add_tenant(1)
    alone = ROWS[query](viewer)
    add_tenant(THEIRS)
    assert ROWS[query](viewer) == alone
    assert ROWS[query](msgspec.structs.replace(viewer, sees_all=True)) != alone


@pytest.mark.django_db
@pytest.mark.parametrize("query", sorted(ROWS.keys() - BY_CODE))
def test_each_question_would_notice_a_lost_predicate(
    query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = add_tenant(1)
    alone = ROWS[query](viewer)
    add_tenant(THEIRS)
    for model in (
        BulkAct,
        BulkRow,
        DayCount,
        Finding,
        FindingSeen,
        Step,
        Claim,
        Contact,
        ContactKey,
        ControlProof,
        Subscription,
    ):
        monkeypatch.setattr(model.objects, "_visible", lambda _: Q())
    # PostgreSQL's second fence would hide the loss: to see the first one fail, it is down too.
    monkeypatch.setattr(postgresql, "looking", lambda: SYSTEM_VIEWER)
    assert ROWS[query](viewer) != alone


@pytest.mark.django_db
@pytest.mark.parametrize("query", LAKE)
def test_another_tenants_observations_change_nothing(
    query: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = add_tenant(1), add_tenant(THEIRS)
    add_observation(home, 1, ours)
    alone = LAKE[query](home, ours)
    add_observation(home, THEIRS, theirs)
    assert LAKE[query](home, ours) == alone
    assert LAKE[query](home, theirs) != alone
    monkeypatch.setattr(observations, "_visible", lambda rows, _: rows)
    assert LAKE[query](home, ours) != alone
