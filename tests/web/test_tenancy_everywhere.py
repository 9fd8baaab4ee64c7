"""One tenant tries every id of another through every door, as the URL map and OpenAPI have them.

Nothing is listed by hand but what a parameter means: a route with a parameter that nobody named an
id for fails the test. What may not be told is every word and number of the other's rows; totals are
tried by reading a page before and after the other's rows come to be. Taking a table's predicate
away must make it fail.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.db.models import Model, Q
from django.test import Client
from django.urls import URLPattern, get_resolver
from tests.mandate.test_tenancy import FACTORIES, Tenant

from pehra.cases.models.breach import Breach
from pehra.cases.models.case import Case, Task
from pehra.cases.models.evidence import EvidenceHold, EvidenceItem, HandOver
from pehra.cases.models.exercise import Called, Exercise
from pehra.cases.models.playbook import PlaybookRun
from pehra.cases.models.report import Cluster, Report
from pehra.dispatch.models import Envelope
from pehra.findings.models import BulkAct, Finding, SavedView
from pehra.kernel.actors import SYSTEM
from pehra.kernel.time import TEST_CLOCK
from pehra.mandate.apikeys.actions import RANDOM_BYTES, NewKey, give_key
from pehra.mandate.apikeys.rules import Owner, Scope
from pehra.mandate.models import ApiKey, Handover, Office, Organisation, Shift, Team, Tenure, User
from pehra.mandate.queries.fence import has_fence
from pehra.mandate.tenancy import unseen
from pehra.notices.models import Call, Escalation, Incoming, Notice, Round
from pehra.outreach.models import Advisory
from pehra.registry.models import Claim, Contact, ContactKey, ControlProof
from pehra.web.api.site import api
from pehra.web.lists.views import LISTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from django.http.response import HttpResponseBase

pytestmark = [pytest.mark.django_db, pytest.mark.long]

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
ELSEWHERE = "198.51.100.9"
"""This machine itself may read the metrics."""
OURS, THEIRS = 1_111, 7_777
SLUG = f"tenant-{THEIRS}"
OWN_SLUG = f"tenant-{OURS}"
WORDS = re.compile(rf"{SLUG}|(?<![0-9]){THEIRS}(?![0-9])|[a-z]+{THEIRS}@")
"""A name, number or address of theirs."""

Rows = dict[type[Model], Model]
FIELD: dict[str, tuple[object, ...]] = {
    # Route -> what stands for each of its parameters: a table, whose row of theirs is meant, or
    # the words themselves.
    "finding": (Finding,),
    "finding-recheck": (Finding,),
    "bulk-act": (BulkAct,),
    "bulk-go-on": (BulkAct,),
    "bulk-undo": (BulkAct,),
    "view-remove": (SavedView,),
    "report-cluster": (Cluster,),
    "report-decide": (Cluster,),
    "report-tell": (Cluster,),
    "report-out": (Report,),
    "report-contact": (Report,),
    "case": (Case,),
    "case-act": (Case,),
    "notice": (Notice,),
    "report": ("monthly", "2026-11-01"),
    "report-sector": ("2026-11-01", "telecom"),
    "report-holder": ("2026-11-01", SLUG),
    "report-team": ("2026-11-01", SLUG),
    "report-rows": ("monthly", "2026-11-01", "opened"),
    "report-sector-rows": ("2026-11-01", "telecom", "opened"),
    "report-holder-rows": ("2026-11-01", SLUG, "opened"),
    "report-team-rows": ("2026-11-01", SLUG, "opened"),
    "round": (Round,),
    "round-decide": (Round,),
    "notice-call": (Call,),
    "notice-reply": (Incoming,),
    "notice-step": (Escalation,),
    "envelope": (Envelope,),
    "envelope-resolve": (Envelope,),
    "evidence-item": (EvidenceItem,),
    "evidence-open": (EvidenceItem,),
    "evidence-verify": (EvidenceItem,),
    "evidence-note": (EvidenceItem,),
    "evidence-hold": (EvidenceItem,),
    "evidence-release": (EvidenceItem, EvidenceHold),
    "evidence-request": (HandOver,),
    "evidence-step": (HandOver,),
    "evidence-paper": (HandOver,),
    "show_evidence": (EvidenceItem,),
    "put_pieces": (EvidenceItem,),
    "close_evidence": (EvidenceItem,),
    "batch": ("b" * 32,),
    "replay": ("b" * 32,),
    "rejects-csv": ("b" * 32,),
    "source": ("shadowserver",),
    "alarm-acknowledge": (1,),
    "alarm-accept": (1,),
    "organisation": (SLUG,),
    "shift-swap": (Shift,),
    "handover-take": (Handover,),
    "case-playbooks": (Case,),
    "case-playbook-begin": (Case,),
    "case-playbook-mark": (Case, PlaybookRun),
    "case-exercise": (Exercise,),
    "case-exercise-act": (Exercise,),
    "called": (Called,),
    "learned": (Task,),
    "workspace": (SLUG,),
    "workspace-fix": (SLUG, Finding),
    "workspace-people": (SLUG,),
    "workspace-begin": (SLUG,),
    "application-decide": (1,),
    "workspace-assets": (SLUG,),
    "workspace-warn": (SLUG,),
    "workspace-letter": (SLUG,),
    "workspace-proof": (SLUG, ControlProof),
    "proof-check": (SLUG, ControlProof),
    "proof-end": (SLUG, ControlProof),
    "workspace-rechecks": (SLUG,),
    "workspace-contacts": (SLUG,),
    "workspace-contact": (SLUG, Contact),
    "contact-ask": (SLUG, Contact),
    "contact-end": (SLUG, Contact),
    "contact-key": (SLUG, Contact),
    "contact-key-act": (SLUG, Contact, ContactKey),
    "breach": (Breach,),
    "breach-act": (Breach,),
    "advisory-work": (Advisory,),
    "advisory-write": (Advisory,),
    "advisory-act": (Advisory,),
    "glass-review": (1,),
    "api-key-revoke": (f"{THEIRS:012x}",),
    "show_finding": (Finding,),
    "answer_finding": (Finding,),
    "list_observations": (Finding,),
    "show_organisation": (SLUG,),
    "list_claims": (SLUG,),
    "list_contacts": (SLUG,),
    "add_a_contact": (SLUG,),
    "list_proofs": (SLUG,),
    "propose_an_asset": (SLUG,),
    "show_letter": (Envelope,),
    "say_arrived": (Envelope,),
    "show_batch": ("b" * 32,),
    "list_rejects": ("b" * 32,),
    "show_job": (1,),
    "prove_entry": (0,),
}
OTHERWISE = {
    "answer": "whoever has the token of a letter may answer it: tests/web/test_notices.py",
    "leaked-range": "public, and of nobody: tests/web/test_breaches.py",
    "advisory": "public: tests/web/test_advisories.py",
    "advisory-edition": "public",
    "advisory-csaf": "public",
    "advisory-confirm": "whoever has the token has the mailbox: tests/web/test_advisories.py",
    "advisory-leave": "as above",
    "advisory-received": "as above",
    "invitation": "whoever has the token has the mailbox: tests/web/test_joining.py",
    "verify-contact": "whoever has the token has the mailbox: tests/web/test_workspace.py",
    "verify-control": "as above",
    "show_fate": "whoever has the number may read its fate: tests/web/test_api_citizens.py",
    "track-number": "whoever has the number may read its fate: tests/web/test_reported.py",
    "list": "tried with every list below",
    "playbook": "a playbook is nobody's row, and every team reads it: tests/web/test_playbooks.py",
    "playbook-file": "as above",
    "account_confirm_email": "closed",
    "account_reset_password_from_key": "closed",
    "openid_connect_login": "a provider's name",
    "openid_connect_callback": "a provider's name",
    "mfa_remove_webauthn": "allauth looks among the account's own: tried there",
    "mfa_edit_webauthn": "as above",
}
"""Routes with parameters that no tenant's id fits, with the reason."""
PUBLIC = re.compile(r"/structure/|/who/|/lists/(gaps|teams|sectors|territories)\.")
"""The nation's structure, teams and all, is public."""
QUERY = (
    f"q={SLUG}&organisation={SLUG}&slug={SLUG}&team={SLUG}&asset=192.0.2.{THEIRS}&state=any"
    f"&number={THEIRS}&name={SLUG}"
)


def routes() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each route's name, its address with `{parameter}`s, and the parameters."""

    def walk(patterns: Sequence[Any], before: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        for one in patterns:
            text = before + str(one.pattern)
            if not isinstance(one, URLPattern):
                yield from walk(one.url_patterns, text)
                continue
            address = re.sub(
                r"<(?:\w+:)?(\w+)>", r"{\1}", re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", text)
            )
            names = tuple(re.findall(r"\{(\w+)\}", address))
            yield one.name or text, "/" + address.replace("^", "").replace("$", ""), names

    yield from walk(get_resolver().url_patterns, "")


def test_every_parameter_has_an_id_or_a_reason() -> None:
    found = {name: parameters for name, _, parameters in routes() if parameters}
    assert set(found) == {*FIELD, *OTHERWISE}, "say which table's id a new route's parameter is"
    assert {name: len(found[name]) for name in FIELD} == {
        name: len(values) for name, values in FIELD.items()
    }


def test_every_operation_is_a_route() -> None:
    """So that what is tried by routes is tried for all of the API's description."""
    described = api.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    assert set(described) <= {address for _, address, _ in routes()}


class Whose(Tenant, frozen=True):
    """A tenant whose officer's name says nothing of its number."""

    @property
    def officer(self) -> str:
        """The account."""
        return f"{self.team.slug}@cert.example"


class World:
    """Ours, with a row in every table and two ways in; theirs comes and goes."""

    def __init__(self) -> None:
        self.ours = tenant(OURS, "ours")
        rows_of(self.ours)
        self.person, self.machine = person(self.ours), machine(self.ours)

    @contextmanager
    def theirs(self) -> Iterator[list[str]]:
        """While it lasts, theirs has a row in every table: every address that names one of them."""
        with transaction.atomic():
            there = tenant(THEIRS, "theirs")
            self.stranger = person(there)
            yield addresses(rows_of(there))
            transaction.set_rollback(True)


def tenant(number: int, whose: str) -> Whose:
    """An organisation whose number is in its name, and a team whose name is public."""
    slug = f"tenant-{number}"
    organisation = Organisation.objects.create(slug=slug, name=slug)
    team = Team.objects.create(slug=f"team-{whose}", name=f"Team {whose}", tier="sectoral")
    return Whose(organisation=organisation, team=team, number=number)


def person(whose: Tenant) -> Client:
    """Somebody with an office in the organisation and one in the team that leads on it."""
    user = User.objects.create(email=whose.officer)
    slug, own, led = whose.team.slug, whose.organisation, whose.team
    for office in (
        Office.objects.create(slug=f"ciso-{slug}", name="CISO", role="ENT", organisation=own),
        Office.objects.create(slug=f"analyst-{slug}", name="Analyst", role="SC", team=led),
    ):
        Tenure.objects.create(office=office, person=user)
    client = Client(REMOTE_ADDR=ELSEWHERE)
    client.force_login(user)
    return client


def machine(whose: Tenant) -> Client:
    owner = Owner(whose.organisation.pk, None, whose.organisation.slug)
    new = NewKey(owner, "all", list(Scope), NOW.date() + timedelta(days=1))
    text = give_key(new, os.urandom(RANDOM_BYTES), actor=SYSTEM, now=NOW)
    return Client(headers={"authorization": f"Bearer {text}"}, REMOTE_ADDR=ELSEWHERE)


def rows_of(whose: Tenant) -> Rows:
    """A row of theirs in every table behind the gate."""
    with unseen():
        return {
            model: factory(whose) for model, factory in FACTORIES.items() if _fits(model, whose)
        }


def _fits(model: type[Model], whose: Tenant) -> bool:
    """A contact comes with its key, and an address is there once."""
    del whose
    return model not in (Contact, Claim)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    frozen = tmp_path / "now"
    frozen.write_text(NOW.isoformat())
    monkeypatch.setenv(TEST_CLOCK, str(frozen))
    return World()


def plain(answer: HttpResponseBase) -> str:
    """What an answer says, without the form's own token."""
    parts = answer.streaming_content if answer.streaming else [answer.content]  # type: ignore[attr-defined] # either kind
    text = b"".join(parts).decode(errors="replace")
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)


def open_pages(*queries: str) -> list[str]:
    """Every address without a parameter, and every list as a file, with each query."""
    bare = [address for _, address, names in routes() if not names and "accounts/" not in address]
    asked = [*bare, *(f"/lists/{name}.csv" for name in LISTS)]
    papers = {one for one in asked if one.endswith(".pdf")}  # what is asked is not on them
    return [
        f"{one}?{query}"
        for query in queries
        for one in asked
        if not PUBLIC.match(one) and not (query and one in papers)
    ]


def addresses(rows: Mapping[type[Model], Model]) -> list[str]:
    """Every address with a parameter, by each id of theirs, under their name and under ours."""
    with unseen():
        known: Rows = {
            Contact: Contact.objects.get(email=f"a{THEIRS}@example.org"),
            Round: Round.objects.get(pk=THEIRS),
            Advisory: Advisory.objects.latest("pk"),
            **rows,
        }
    found = []
    for name, address, names in routes():
        # A row of theirs is tried under our own name too; without one that is our own page.
        mixed = len({isinstance(one, type) for one in FIELD.get(name, ())}) > 1
        for own in (SLUG, OWN_SLUG) if mixed else (SLUG,):
            values = [
                (known[one].pk if isinstance(one, type) else own if one == SLUG else one)
                for one in FIELD.get(name, ())
            ]
            if values:
                found.append(address.format(**dict(zip(names, values, strict=True))))
    return found


def answers(client: Client, asked: Sequence[str]) -> dict[str, tuple[int, str]]:
    """What each address answers."""
    told = {address: client.get(address) for address in asked}
    return {address: (answer.status_code, plain(answer)) for address, answer in told.items()}


def differing(world: World, client: Client, asked: Sequence[str] = ()) -> list[str]:
    """Addresses that answer otherwise while the other tenant is there, whatever they answer."""
    with world.theirs() as found:
        every = [*asked, *(one for one in found if not asked)]
        there = answers(client, every)
    gone = answers(client, every)
    return [address for address in every if there[address] != gone[address]]


def for_machines(asked: Sequence[str]) -> list[str]:
    return [address for address in asked if address.startswith("/api/")]


def refused(answer: HttpResponseBase) -> bool:
    """Whether an answer is no; a key is shown the way to sign in, where a page is asked for."""
    unknown = answer.headers.get("Location", "").startswith("/accounts/login/")
    return unknown or answer.status_code in (400, 401, 403, 404, 405, 422)


def test_nobody_can_tell_whether_another_tenant_is_there(world: World) -> None:
    pages = [*open_pages("", QUERY), "/findings/?state=any", "/api/v1/findings?state=any"]
    with world.theirs() as found:
        assert [one for one in found if not refused(world.person.get(one))] == []
        assert [one for one in for_machines(found) if not refused(world.machine.get(one))] == []
    assert differing(world, world.person, [*pages, *found]) == []
    assert differing(world, world.machine, for_machines([*pages, *found])) == []


def in_json(client: Client, address: str, said: Mapping[str, str]) -> HttpResponseBase:
    return client.post(address, said, content_type="application/json")


def test_no_door_changes_anothers_rows(world: World) -> None:
    said = {"act": "acknowledge", "why": "x", "confirm": "yes", "said": "fixed"}
    with world.theirs() as found:
        kept = everything()
        told: list[tuple[str, HttpResponseBase]] = []
        told += [(one, world.person.post(one, said)) for one in found]
        for client in (world.person, world.machine):
            told += [(one, in_json(client, one, said)) for one in for_machines(found)]
        assert [one for one, answer in told if not refused(answer)] == []
        assert everything() == kept


def everything() -> dict[str, list[Any]]:
    """All rows of all tenants' tables."""
    with unseen():
        return {
            model._meta.label: list(model._default_manager.order_by("pk").values())
            for model in FACTORIES
            if model is not ApiKey  # the day of its use is noted
        }


def test_the_other_tenant_itself_is_told(world: World) -> None:
    """Else nothing above would mean anything: what is tried is there to be seen."""
    with world.theirs() as found:
        opened = {one for one in found if world.stranger.get(one).status_code == OK}
        listed = [one for one in open_pages("") if WORDS.search(plain(world.stranger.get(one)))]
    shapes = {re.sub("[0-9]+", "N", one) for one in opened}
    assert shapes >= SEEN
    assert {one.rstrip("?") for one in listed} >= LISTED


OK = 200
SEEN = {
    "/findings/N/",
    "/findings/act/N/",
    "/notices/N/",
    "/registry/tenant-N/",
    "/workspace/tenant-N/",
    "/workspace/tenant-N/assets/N/",
    "/workspace/tenant-N/contacts/N/",
    "/api/vN/findings/N",
    "/api/vN/organisations/tenant-N",
    "/api/vN/organisations/tenant-N/claims",
    "/api/vN/organisations/tenant-N/proofs",
}
LISTED = {
    "/findings/",
    "/findings/export.csv",
    "/registry/",
    "/keys/",
    "/lists/findings.csv",
    "/api/v1/findings",
    "/api/v1/organisations",
}


@pytest.mark.parametrize(
    ("model", "asked"),
    [
        (Finding, ("/findings/", "/api/v1/findings", "/lists/findings.csv", "/")),
        (ApiKey, ("/keys/",)),
    ],
)
def test_a_lost_predicate_is_noticed(
    world: World, model: type[Model], asked: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert differing(world, world.person, asked) == []
    monkeypatch.setattr(model._default_manager, "_visible", lambda _: Q())
    # By the second fence, which SQLite has not, nothing is told even then.
    assert differing(world, world.person, asked) == ([] if has_fence() else list(asked))
