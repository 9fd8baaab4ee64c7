"""What one tenant is told does not depend on whether another tenant exists.

Each query that takes a viewer is asked twice, before and after another tenant's rows are added; the
answers must be equal. Then the predicates are taken away, and the answers must differ: a question
that would not notice a leak does not count.
"""

from __future__ import annotations

import inspect
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import pytest
from django.db.models import Q

import pehra.findings.queries
import pehra.intake.queries
import pehra.observations.queries
from pehra.findings.models import Finding, FindingSeen
from pehra.findings.queries import Filter
from pehra.intake.models import Batch, Reject
from pehra.kernel.addresses import bounds, pack, sort_key
from pehra.kernel.settings import Home
from pehra.mandate.models import Organisation, Team
from pehra.mandate.tenancy import unseen
from pehra.mandate.viewers import Viewer
from pehra.observations.schema import OBSERVATION, complete

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType

NOW = datetime(2026, 11, 22, tzinfo=UTC)
THEIRS = 2
IDENTIFIERS = {1: "open-telnet", THEIRS: "open-ftp"}

findings = pehra.findings.queries
intake = pehra.intake.queries
observations = pehra.observations.queries


def add_finding(number: int, organisation: Organisation | None, team: Team) -> None:
    owner = number % 10
    with unseen():
        finding = Finding.objects.create(
            id=number,
            key=number,
            asset_kind=Finding.AssetKind.ADDRESS,
            asset=f"192.0.2.{number}",
            identifier=IDENTIFIERS[owner],
            rsit_class="vulnerable",
            rsit_type="potentially-unwanted-accessible",
            asn=64500 + owner,
            opened_at=NOW,
            organisation=organisation,
            team=team,
        )
        FindingSeen.objects.create(
            finding=finding, first_seen=NOW, last_seen=NOW, count=1, sources=1, severity=owner
        )


def add_tenant(number: int) -> Viewer:
    """An organisation with a finding, its team with another that has no holder; their viewer."""
    slug = f"tenant-{number}"
    organisation = Organisation.objects.create(slug=slug, name=slug)
    team = Team.objects.create(slug=slug, name=slug, tier="sectoral")
    add_finding(number, organisation, team)
    add_finding(number + 10, None, team)
    batch = Batch.objects.create(
        id=str(number) * 32, sha256="0" * 64, source=slug, file_name=slug, size=1, received_at=NOW
    )
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
    table = complete(pl.DataFrame([row]), OBSERVATION)
    observations.lake(home).append(table, name=f"batch-{number}", number=1)


ROWS: dict[str, Callable[[Viewer], object]] = {
    "page": lambda viewer: [
        findings.page(wanted, viewer=viewer)
        for wanted in (
            Filter(),
            Filter(organisation="tenant-2"),
            Filter(team="tenant-2"),
            Filter(asset="192.0.2.2"),
            Filter(identifier="open-ftp"),
            Filter(asn=64502),
            Filter(unheld=True),
        )
    ],
    "total": lambda viewer: findings.total(Filter(), viewer=viewer),
    "export": lambda viewer: list(findings.export(Filter(), viewer=viewer)),
    "one": lambda viewer: findings.one(THEIRS, viewer=viewer),
    "open_by_severity": lambda viewer: findings.open_by_severity(viewer=viewer),
    "identifiers": lambda viewer: findings.identifiers(viewer=viewer),
    "unheld_networks": lambda viewer: findings.unheld_networks(viewer=viewer),
}
"""Questions about findings, by the name of the query."""

BATCHES: dict[str, Callable[[Viewer], object]] = {
    "batches": lambda viewer: msgspec.to_builtins(intake.batches(viewer=viewer).has_next),
    "batch": lambda viewer: intake.batch("2" * 32, viewer=viewer),
    "rejects": lambda viewer: len(intake.rejects("2" * 32, viewer=viewer).rows),
    "every_reject": lambda viewer: len(list(intake.every_reject("2" * 32, viewer=viewer))),
}
"""Questions about batches: whole reports, which no tenant sees."""

LAKE: dict[str, Callable[[Home, Viewer], list[dict[str, Any]]]] = {
    "of_finding": lambda home, viewer: [
        row
        for address in (None, bounds("192.0.2.2"))
        for row in observations.of_finding(home, THEIRS, address, viewer=viewer).to_dicts()
    ],
}
"""Questions to the lake."""


def takes_viewer(module: ModuleType) -> set[str]:
    return {
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "viewer" in inspect.signature(function).parameters
    }


@pytest.mark.parametrize(
    ("module", "asked"), [(findings, ROWS), (intake, BATCHES), (observations, LAKE)]
)
def test_every_query_that_takes_a_viewer_is_asked(
    module: ModuleType, asked: Mapping[str, object]
) -> None:
    assert takes_viewer(module) == set(asked)


@pytest.mark.django_db
@pytest.mark.parametrize("query", ROWS)
def test_another_tenants_findings_change_nothing(query: str) -> None:
    viewer = add_tenant(1)
    alone = ROWS[query](viewer)
    add_tenant(THEIRS)
    assert ROWS[query](viewer) == alone


@pytest.mark.django_db
@pytest.mark.parametrize("query", ROWS)
def test_each_question_would_notice_a_leak(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = add_tenant(1)
    alone = ROWS[query](viewer)
    add_tenant(THEIRS)
    for model in (Finding, FindingSeen):
        monkeypatch.setattr(model.objects, "_visible", lambda _: Q())
    assert ROWS[query](viewer) != alone


@pytest.mark.django_db
@pytest.mark.parametrize("query", BATCHES)
def test_no_tenant_sees_a_batch(query: str) -> None:
    viewer = add_tenant(1)
    alone = BATCHES[query](viewer)
    add_tenant(THEIRS)
    assert BATCHES[query](viewer) == alone
    assert intake.batches(viewer=viewer).rows == []


@pytest.mark.django_db
@pytest.mark.parametrize("query", LAKE)
def test_another_tenants_observations_change_nothing(
    query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    ours, theirs = add_tenant(1), add_tenant(THEIRS)
    add_observation(home, 1, ours)
    alone = LAKE[query](home, ours)
    add_observation(home, THEIRS, theirs)
    assert LAKE[query](home, ours) == alone
    assert LAKE[query](home, theirs) != alone
    monkeypatch.setattr(observations, "_visible", lambda rows, _: rows)
    assert LAKE[query](home, ours) != alone
