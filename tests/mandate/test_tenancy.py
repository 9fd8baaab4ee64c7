"""The tenancy gate: one tenant's rows never show to another, and the check notices if they do.

`leaks` asks a tenant model in every way that rooms ask it. The mutation test takes each model's
predicate away and demands that `leaks` finds it missing, so that the check itself is checked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from django.apps import apps
from django.db.models import Count, Max, Model, Q
from django_scopes import ScopeError

from pehra.cases.models.breach import Breach, BreachText
from pehra.cases.models.brought import Brought
from pehra.cases.models.case import (
    Case,
    Deadline,
    Entry,
    Grade,
    Join,
    Link,
    Mail,
    Statement,
    Task,
)
from pehra.cases.models.case import Party as CaseParty
from pehra.cases.models.evidence import (
    CustodyLine,
    EvidenceHold,
    EvidenceItem,
    HandOver,
    HandOverItem,
    HandOverPackage,
    HandOverStep,
)
from pehra.cases.models.exercise import Called, Exercise, Inject, Ping
from pehra.cases.models.feed import Feed
from pehra.cases.models.playbook import KnownPlaybook, PlaybookRun, StepMark
from pehra.cases.models.report import (
    Cluster,
    ClusterKey,
    ClusterOrigin,
    Report,
    ReportContact,
    ReportPart,
)
from pehra.cases.models.report import Told as ToldReporters
from pehra.cases.playbooks import shipped
from pehra.dispatch.models import Content, Envelope, Receipt
from pehra.findings.models import (
    BulkAct,
    BulkRow,
    DayCount,
    Finding,
    FindingSeen,
    Recheck,
    RecheckConsent,
    SavedView,
    Step,
)
from pehra.mandate.models import ApiKey, Handover, Organisation, Shift, Team, User
from pehra.mandate.queries.fence import has_fence
from pehra.mandate.tenancy import TenantManager, as_system, seen_by, unseen
from pehra.mandate.viewers import NOBODY, Viewer
from pehra.notices.models import (
    Answer,
    Call,
    Climbed,
    Drawn,
    Escalation,
    Incoming,
    Named,
    Notice,
    Party,
    Round,
)
from pehra.outreach.models import Advisory, Edition, Told
from pehra.registry.models import Asset, Claim, Contact, ContactKey, ControlProof, Subscription

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Tenant(msgspec.Struct, frozen=True):
    """One organisation, its team, a viewer of each, and the primary keys of its rows."""

    organisation: Organisation
    team: Team
    number: int

    @property
    def officer(self) -> str:
        """The account that reads for the tenant; some rows are one person's."""
        return f"officer-{self.number}"

    @property
    def member(self) -> Viewer:
        """One who may see the organisation's rows."""
        return Viewer(name=self.officer, organisations=frozenset({self.organisation.pk}))

    @property
    def responder(self) -> Viewer:
        """One who may see the rows of the team's constituents."""
        return Viewer(
            name=self.officer,
            teams=frozenset({self.team.pk}),
            organisations=frozenset({self.organisation.pk}),
        )


def claim(tenant: Tenant) -> Claim:
    asset = Asset.objects.create(kind="prefix", value=f"192.0.2.{tenant.number}/32")
    return Claim.objects.create(
        asset=asset, organisation=tenant.organisation, source="manual", recorded_at=NOW
    )


def contact(tenant: Tenant) -> Contact:
    return Contact.objects.create(
        organisation=tenant.organisation, purpose="abuse", email=f"a{tenant.number}@example.org"
    )


def contact_key(tenant: Tenant) -> ContactKey:
    return ContactKey.objects.create(
        contact=contact(tenant), kind="smime", content=b"1", fingerprint="1", added_at=NOW
    )


def control_proof(tenant: Tenant) -> ControlProof:
    asset = Asset.objects.create(kind="domain", value=f"tenant-{tenant.number}.example")
    return ControlProof.objects.create(
        asset=asset, organisation=tenant.organisation, method="dns-txt", asked_at=NOW
    )


def subscription(tenant: Tenant) -> Subscription:
    asset = Asset.objects.create(kind="asn", value=f"{tenant.number}")
    return Subscription.objects.create(asset=asset, organisation=tenant.organisation, since=NOW)


def finding(tenant: Tenant) -> Finding:
    return Finding.objects.get_or_create(
        id=tenant.number,
        defaults={
            "key": tenant.number,
            "asset_kind": Finding.AssetKind.ADDRESS,
            "asset": f"192.0.2.{tenant.number}",
            "identifier": "open-telnet",
            "rsit_class": "vulnerable",
            "rsit_type": "potentially-unwanted-accessible",
            "organisation": tenant.organisation,
            "team": tenant.team,
            "opened_at": NOW,
            "severity": 3,
        },
    )[0]


def finding_seen(tenant: Tenant) -> FindingSeen:
    return FindingSeen.objects.create(
        finding=finding(tenant),
        first_seen=NOW,
        last_seen=NOW,
        count=1,
        sources=1,
        severity=3,
        holder=tenant.organisation.pk,
    )


def step(tenant: Tenant) -> Step:
    return Step.objects.create(finding=finding(tenant), at=NOW, state=1, by="pehra, system")


def recheck(tenant: Tenant) -> Recheck:
    return Recheck.objects.create(finding=finding(tenant), at=1, heard="open", by="a, head")


def recheck_consent(tenant: Tenant) -> RecheckConsent:
    return RecheckConsent.objects.create(
        organisation=tenant.organisation, since=NOW, until=NOW, given_by="head"
    )


def day_count(tenant: Tenant) -> DayCount:
    return DayCount.objects.create(
        day=NOW.date(), organisation=tenant.organisation, team=tenant.team, low=1
    )


def bulk_act(tenant: Tenant) -> BulkAct:
    return BulkAct.objects.create(
        by=tenant.officer,
        act="acknowledge",
        wanted="{}",
        viewer="{}",
        asked_at=NOW,
        last=1,
        total=1,
    )


def bulk_row(tenant: Tenant) -> BulkRow:
    act, row = bulk_act(tenant), finding(tenant)
    return BulkRow.objects.create(act=act, finding=row, refused=False, state=1, settled=False)


def envelope(tenant: Tenant) -> Envelope:
    return Envelope.objects.get_or_create(
        key=f"notice:{tenant.number}",
        defaults={
            "token": str(tenant.number),
            "channel": "mail",
            "organisation": tenant.organisation,
            "team": tenant.team,
            "tlp": "AMBER",
            "state": "sent",
            "mode": "live",
            "released_at": NOW,
        },
    )[0]


def content(tenant: Tenant) -> Content:
    return Content.objects.create(envelope=envelope(tenant), inside=b"")


def receipt(tenant: Tenant) -> Receipt:
    return Receipt.objects.create(envelope=envelope(tenant), at=NOW, outcome="accepted")


def drawn(tenant: Tenant) -> Drawn:
    return Drawn.objects.create(finding=finding(tenant), held=True, at=0, until=1)


def saved_view(tenant: Tenant) -> SavedView:
    return SavedView.objects.create(by=tenant.officer, name="mine", query="", saved_at=NOW)


def api_key(tenant: Tenant) -> ApiKey:
    return ApiKey.objects.create(
        name=f"{tenant.number:012x}",
        digest=bytes(32),
        label="x",
        organisation=tenant.organisation,
        scopes=["read:findings"],
        given_at=NOW,
        given_by=tenant.officer,
        expires=NOW.date(),
    )


def shift(tenant: Tenant) -> Shift:
    person = User.objects.create(email=f"{tenant.officer}@example.org")
    return Shift.objects.create(
        team=tenant.team, person=person, role="duty", starts=NOW, ends=NOW + timedelta(hours=8)
    )


def handover(tenant: Tenant) -> Handover:
    return Handover.objects.create(
        team=tenant.team, since=NOW, until=NOW, counts={}, given_by=tenant.officer, given_at=NOW
    )


def notice(tenant: Tenant) -> Notice:
    ours = Round.objects.get_or_create(pk=tenant.number, defaults={"at": NOW, "urgent": False})[0]
    made = Notice.objects.get_or_create(
        round=ours,
        defaults={
            "kind": "digest",
            "mailbox": f"told{tenant.number}@example.org",
            "contact": 0,
            "language": "en",
            "why": "abuse stated unverified",
            "severity": 3,
            "findings": 1,
            "planned_at": NOW,
        },
    )[0]
    party_of(tenant, made)
    return made


def party_of(tenant: Tenant, told: Notice) -> Party:
    facts = {"team": tenant.team, "findings": 1, "severity": 3}
    who = tenant.organisation
    return Party.objects.get_or_create(notice=told, organisation=who, defaults=facts)[0]


def party(tenant: Tenant) -> Party:
    return party_of(tenant, notice(tenant))


def named(tenant: Tenant) -> Named:
    return Named.objects.create(notice=notice(tenant), finding=finding(tenant))


def said(tenant: Tenant) -> Answer:
    return Answer.objects.create(
        notice=notice(tenant), said="fixed", how="mail", by="a", findings=1, at=NOW
    )


def incoming(tenant: Tenant) -> Incoming:
    return Incoming.objects.create(
        key=f"{tenant.number}",
        notice=notice(tenant),
        kind="reply",
        state="noted",
        said="fixed",
        at=NOW,
    )


def climbed(tenant: Tenant) -> Climbed:
    return Climbed.objects.create(finding=finding(tenant), rung=1, at=NOW)


def escalation(tenant: Tenant) -> Escalation:
    return Escalation.objects.create(
        organisation=tenant.organisation, rung=2, findings=1, severity=3, opened_at=NOW
    )


def call(tenant: Tenant) -> Call:
    return Call.objects.create(
        organisation=tenant.organisation, why="unhealthy", findings=1, severity=3, opened_at=NOW
    )


def case(tenant: Tenant) -> Case:
    """A case in which the organisation is; its team is not in it."""
    return Case.objects.get_or_create(
        number=tenant.number,
        defaults={"title": "x", "aware_at": NOW, "opened_at": NOW, "changed_at": NOW},
    )[0]


def case_party(tenant: Tenant) -> CaseParty:
    return CaseParty.objects.get_or_create(
        case=case(tenant),
        organisation=tenant.organisation,
        role="affected",
        defaults={"since": NOW, "by": "a"},
    )[0]


def case_seen(tenant: Tenant) -> Case:
    """A case that those of the organisation see."""
    return case_party(tenant).case


def case_worked_on(tenant: Tenant) -> Case:
    """A case in which the organisation and the team are."""
    CaseParty.objects.get_or_create(
        case=case(tenant), team=tenant.team, defaults={"role": "lead", "since": NOW, "by": "a"}
    )
    return case_seen(tenant)


def case_entry(tenant: Tenant) -> Entry:
    return Entry.objects.create(
        case=case_seen(tenant), at=NOW, recorded_at=NOW, kind="note", by="a", shared=True
    )


def case_link(tenant: Tenant) -> Link:
    return Link.objects.create(case=case_worked_on(tenant), kind="case", ref="1", at=NOW, by="a")


def case_task(tenant: Tenant) -> Task:
    return Task.objects.create(case=case_worked_on(tenant), title="x", opened_at=NOW, opened_by="a")


def case_deadline(tenant: Tenant) -> Deadline:
    return Deadline.objects.create(case=case_seen(tenant), kind="final", started_at=NOW, due_at=NOW)


def case_statement(tenant: Tenant) -> Statement:
    return Statement.objects.create(
        case=case_worked_on(tenant), text="x", said_by="a", said_at=NOW, recorded_by="a"
    )


def case_mail(tenant: Tenant) -> Mail:
    return Mail.objects.create(
        case=case_worked_on(tenant),
        message_id=f"{tenant.number}",
        thread="x",
        outgoing=False,
        author="a",
        at=NOW,
        matched="number",
    )


def case_join(tenant: Tenant) -> Join:
    ours = case_worked_on(tenant)
    return Join.objects.create(case=ours, other=ours, kind="merge", was=1, at=NOW, by="a")


def case_brought(tenant: Tenant) -> Brought:
    return Brought.objects.create(
        case=case_worked_on(tenant), system="rtir", ref=f"{tenant.number}", at=NOW, by="a"
    )


def case_grade(tenant: Tenant) -> Grade:
    return Grade.objects.create(case=case_worked_on(tenant), severity=3, at=NOW, by="a")


def playbook_run(tenant: Tenant) -> PlaybookRun:
    known = KnownPlaybook.objects.get_or_create(
        cacao_id="x",
        version="1",
        defaults={"shipped": True, "added_at": NOW, "content": shipped.content("c2").decode()},
    )[0]
    return PlaybookRun.objects.get_or_create(
        case=case_worked_on(tenant), playbook=known, defaults={"begun_at": NOW, "begun_by": "a"}
    )[0]


def step_mark(tenant: Tenant) -> StepMark:
    return StepMark.objects.create(run=playbook_run(tenant), step="x", state="done", by="a", at=NOW)


def feed(tenant: Tenant) -> Feed:
    return Feed.objects.create(
        rule="x", group="x", case=case_worked_on(tenant), opened=True, begun_at=NOW, fed_at=NOW
    )


def drill(tenant: Tenant) -> Exercise:
    return Exercise.objects.get_or_create(
        case=case_worked_on(tenant),
        defaults={"scenario": "bank-wiper", "begun_at": NOW, "begun_by": "a"},
    )[0]


def inject(tenant: Tenant) -> Inject:
    return Inject.objects.create(
        exercise=drill(tenant), place=1, kind="call", planned_at=NOW, at=NOW, by="a"
    )


def ping(tenant: Tenant) -> Ping:
    return Ping.objects.create(team=tenant.team, asked_at=NOW, asked_by="a", target_minutes=15)


def called(tenant: Tenant) -> Called:
    return Called.objects.create(ping=ping(tenant), name="a", duty="duty")


def breach(tenant: Tenant) -> Breach:
    return Breach.objects.get_or_create(
        case=case_seen(tenant),
        organisation=tenant.organisation,
        defaults={
            "aware_at": NOW,
            "recorded_at": NOW,
            "changed_at": NOW,
            "contents": {"what": "x"},
        },
    )[0]


def breach_text(tenant: Tenant) -> BreachText:
    return BreachText.objects.create(
        breach=breach(tenant),
        to="people",
        addressee="x",
        language="en",
        subject="x",
        body="x",
        drafted_at=NOW,
        drafted_by="a",
    )


def told_of_an_advisory(tenant: Tenant) -> Told:
    advisory = Advisory.objects.create(severity=3, begun_at=NOW)
    text = {"title": "x", "severity": 3, "summary": "x"}
    edition = Edition.objects.create(
        advisory=advisory, number=1, text=text, digest="", changed_at=NOW
    )
    return Told.objects.create(
        edition=edition,
        organisation=tenant.organisation,
        mailboxes=1,
        sent=True,
        told_at=NOW,
    )


def cluster(tenant: Tenant) -> Cluster:
    return Cluster.objects.get_or_create(
        pk=tenant.number,
        defaults={
            "kind": "link",
            "team": tenant.team,
            "organisation": tenant.organisation,
            "title": "x",
            "grade": 1,
            "first_at": NOW,
            "last_at": NOW,
        },
    )[0]


def cluster_key(tenant: Tenant) -> ClusterKey:
    return ClusterKey.objects.create(key=tenant.number, cluster=cluster(tenant))


def cluster_origin(tenant: Tenant) -> ClusterOrigin:
    return ClusterOrigin.objects.create(cluster=cluster(tenant), origin=1, reports=1)


def report(tenant: Tenant) -> Report:
    return Report.objects.get_or_create(
        number=f"{tenant.number}",
        defaults={
            "cluster": cluster(tenant),
            "kind": "link",
            "door": "form",
            "at": NOW,
            "language": "en",
            "origin": 1,
        },
    )[0]


def report_part(tenant: Tenant) -> ReportPart:
    facts = {"media_type": "x", "sha256": f"{tenant.number:064x}", "size": 1}
    return ReportPart.objects.create(report=report(tenant), **facts)


def report_contact(tenant: Tenant) -> ReportContact:
    facts = {"inside": b"", "has_mail": True, "kept_at": NOW}
    return ReportContact.objects.create(report=report(tenant), **facts)


def told_reporters(tenant: Tenant) -> ToldReporters:
    return ToldReporters.objects.create(cluster=cluster(tenant), at=NOW, verdict="spam", by="a")


def evidence(tenant: Tenant) -> EvidenceItem:
    return EvidenceItem.objects.get_or_create(
        storage=f"{tenant.number:032x}",
        defaults={
            "case": case_worked_on(tenant),
            "name": f"tenant-{tenant.number}.img",
            "size": 0,
            "acquired_at": NOW,
            "source": "a disk",
            "collector": "a person",
            "order": "disk",
            "added_at": NOW,
            "added_by": tenant.officer,
        },
    )[0]


def custody_line(tenant: Tenant) -> CustodyLine:
    return CustodyLine.objects.create(
        item=evidence(tenant), seq=0, act="noted", at=NOW, text="{}", digest="", entry=0
    )


def evidence_hold(tenant: Tenant) -> EvidenceHold:
    return EvidenceHold.objects.create(
        item=evidence(tenant), reason="a court", set_at=NOW, set_by=tenant.officer
    )


def hand_over(tenant: Tenant) -> HandOver:
    return HandOver.objects.get_or_create(
        reference=f"tenant-{tenant.number}",
        defaults={
            "case": case_worked_on(tenant),
            "kind": "material",
            "agency": tenant.organisation,
            "ordered_by": tenant.organisation.slug,
            "scope": "all",
            "asked_at": NOW,
            "asked_by": tenant.officer,
            "changed_at": NOW,
        },
    )[0]


def hand_over_step(tenant: Tenant) -> HandOverStep:
    return HandOverStep.objects.create(
        request=hand_over(tenant), state="request", does="ask", at=NOW, by="a", typed_by="a"
    )


def hand_over_item(tenant: Tenant) -> HandOverItem:
    return HandOverItem.objects.create(request=hand_over(tenant), item=evidence(tenant))


def hand_over_package(tenant: Tenant) -> HandOverPackage:
    return HandOverPackage.objects.create(
        request=hand_over(tenant), manifest="{}", signature=b"", carried={}, entry=0
    )


FACTORIES: dict[type[Model], Callable[[Tenant], Model]] = {
    Answer: said,
    ApiKey: api_key,
    Brought: case_brought,
    Breach: breach,
    BreachText: breach_text,
    BulkAct: bulk_act,
    BulkRow: bulk_row,
    Call: call,
    Called: called,
    Case: case_seen,
    CaseParty: case_party,
    Deadline: case_deadline,
    Entry: case_entry,
    Grade: case_grade,
    Exercise: drill,
    Feed: feed,
    Inject: inject,
    Join: case_join,
    Link: case_link,
    Mail: case_mail,
    Statement: case_statement,
    Task: case_task,
    Claim: claim,
    Climbed: climbed,
    Cluster: cluster,
    ClusterKey: cluster_key,
    ClusterOrigin: cluster_origin,
    Contact: contact,
    Content: content,
    ContactKey: contact_key,
    ControlProof: control_proof,
    CustodyLine: custody_line,
    DayCount: day_count,
    Drawn: drawn,
    Envelope: envelope,
    EvidenceHold: evidence_hold,
    EvidenceItem: evidence,
    HandOver: hand_over,
    HandOverItem: hand_over_item,
    HandOverPackage: hand_over_package,
    HandOverStep: hand_over_step,
    Escalation: escalation,
    Finding: finding,
    FindingSeen: finding_seen,
    Handover: handover,
    Incoming: incoming,
    Named: named,
    Notice: notice,
    Party: party,
    Ping: ping,
    PlaybookRun: playbook_run,
    Receipt: receipt,
    Report: report,
    ReportContact: report_contact,
    ReportPart: report_part,
    SavedView: saved_view,
    Shift: shift,
    ToldReporters: told_reporters,
    Recheck: recheck,
    RecheckConsent: recheck_consent,
    Step: step,
    StepMark: step_mark,
    Subscription: subscription,
    Told: told_of_an_advisory,
}

OF_TEAMS = {
    HandOverPackage,
    HandOverItem,
    EvidenceItem,
    EvidenceHold,
    CustodyLine,
    Brought,
    Called,
    Cluster,
    ClusterKey,
    ClusterOrigin,
    Report,
    ReportContact,
    ReportPart,
    ToldReporters,
    Exercise,
    Feed,
    Grade,
    Handover,
    Inject,
    Join,
    Link,
    Mail,
    Ping,
    PlaybookRun,
    Shift,
    Statement,
    StepMark,
    Task,
}
"""Models whose rows are a team's alone: people of an organisation see none."""
SHARED = {
    "mandate.Sector": "the nation's structure is public",
    "mandate.Team": "the nation's structure is public",
    "mandate.Office": "offices are public; persons in them are tenures",
    "mandate.Ground": "the law is public",
    "mandate.Clock": "deadlines are public",
    "registry.Asset": "an address is no secret; who holds it is the claim, a tenant's row",
    "registry.WorkItem": "the register's own desk; registry.queries shows it to its team only",
    "jobs.Job": "the house's own queue; jobs.queries shows a tenant its own",
}
"""Models that point at a tenant and are no tenant's rows, with the reason."""


def tenant_models() -> list[type[Model]]:
    """All models behind the gate, of every room."""
    return [
        model for model in apps.get_models() if isinstance(model._default_manager, TenantManager)
    ]


def tenant(number: int) -> Tenant:
    slug = f"tenant-{number}"
    organisation = Organisation.objects.create(slug=slug, name=slug)
    team = Team.objects.create(slug=slug, name=slug, tier="sectoral")
    return Tenant(organisation=organisation, team=team, number=number)


def asked(rows: Any) -> dict[str, object]:  # noqa: ANN401 a manager of any model
    """What a tenant model answers, asked in every way that rooms ask."""
    return {
        "all": sorted(row.pk for row in rows.all()),
        "iterator": sorted(row.pk for row in rows.iterator(chunk_size=10)),
        "values": sorted(rows.values_list("pk", flat=True)),
        "exclude": sorted(rows.exclude(pk=0).values_list("pk", flat=True)),
        "or": sorted(rows.filter(Q(pk=0) | ~Q(pk=0)).values_list("pk", flat=True)),
        "union": sorted(rows.filter(pk__gt=0).union(rows.all()).values_list("pk", flat=True)),
        "page": [row.pk for row in rows.order_by("-pk")[:50]],
        "in_bulk": sorted(rows.in_bulk()),
        "count": rows.count(),
        "total": rows.aggregate(total=Count("pk"))["total"],
        "largest": rows.aggregate(largest=Max("pk"))["largest"],
    }


def leaks(model: type[Model], viewer: Viewer, mine: list[int]) -> list[str]:
    """The ways of asking in which `viewer` is told of rows other than `mine`."""
    true = {
        "page": sorted(mine, reverse=True),
        "count": len(mine),
        "total": len(mine),
        "largest": max(mine, default=None),
    }
    with seen_by(viewer):
        answers = asked(model._default_manager)
    return [way for way, answer in answers.items() if answer != true.get(way, sorted(mine))]


def add_rows(model: type[Model], *tenants: Tenant) -> list[int]:
    with unseen():
        return [FACTORIES[model](tenant).pk for tenant in tenants]


def label(model: type[Model]) -> str:
    return model._meta.label


def test_every_tenant_model_is_tried_here() -> None:
    assert {label(model) for model in tenant_models()} == {label(model) for model in FACTORIES}


@pytest.mark.parametrize("model", FACTORIES, ids=label)
def test_no_row_count_or_total_of_another_tenant(
    model: type[Model], ours: Tenant, theirs: Tenant
) -> None:
    mine, other = add_rows(model, ours, theirs)
    assert leaks(model, ours.member, [] if model in OF_TEAMS else [mine]) == []
    assert leaks(model, ours.responder, [mine]) == []
    assert leaks(model, theirs.member, [] if model in OF_TEAMS else [other]) == []
    assert leaks(model, NOBODY, []) == []


@pytest.mark.parametrize("model", FACTORIES, ids=label)
def test_a_foreign_id_does_not_exist(model: type[Model], ours: Tenant, theirs: Tenant) -> None:
    _, other = add_rows(model, ours, theirs)
    with seen_by(ours.member), pytest.raises(model.DoesNotExist):  # type: ignore[attr-defined] # django-stubs
        model._default_manager.get(pk=other)


@pytest.mark.parametrize("model", FACTORIES, ids=label)
def test_the_system_sees_all(model: type[Model], ours: Tenant, theirs: Tenant) -> None:
    both = add_rows(model, ours, theirs)
    with as_system():
        assert sorted(model._default_manager.values_list("pk", flat=True)) == sorted(both)


@pytest.mark.parametrize("model", FACTORIES, ids=label)
def test_a_forgotten_scope_is_an_error(model: type[Model]) -> None:
    with pytest.raises(ScopeError, match=f"{model.__name__} was asked for outside a scope"):
        model._default_manager.count()


@pytest.mark.parametrize("model", FACTORIES, ids=label)
def test_a_scope_without_a_viewer_is_an_error(model: type[Model]) -> None:
    with seen_by("admin"), pytest.raises(ScopeError):  # type: ignore[arg-type] # the point
        model._default_manager.count()


@pytest.mark.parametrize("model", FACTORIES, ids=label)
def test_the_check_notices_a_lost_predicate(
    model: type[Model], ours: Tenant, theirs: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, _ = add_rows(model, ours, theirs)
    monkeypatch.setattr(model._default_manager, "_visible", lambda _: Q())
    with unseen():
        ways = list(asked(model._default_manager))
    # PostgreSQL has a second fence, by which nothing leaks even then: test_actions_fence.
    assert leaks(model, ours.responder, [mine]) == ([] if has_fence() else ways)


def points_at_a_tenant(model: type[Model]) -> bool:
    """Whether a row of `model` names an organisation, a team or a finding."""
    homes = {Organisation, Team, Finding}
    return any(
        field.name in {"organisation", "team", "finding"} or field.related_model in homes
        for field in model._meta.get_fields()
        if field.concrete
    )


def test_every_model_that_names_a_tenant_is_behind_the_gate() -> None:
    pointing = {label(model) for model in apps.get_models() if points_at_a_tenant(model)}
    gated = {label(model) for model in tenant_models()}
    assert pointing - gated == set(SHARED)
