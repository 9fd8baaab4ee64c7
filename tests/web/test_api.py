"""The API: the pages' permissions by key and session, scopes, paging, problems, ETags."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from pehra.findings.actions.answers import SAID
from pehra.findings.models import Finding
from pehra.findings.rules import State
from pehra.jobs.models import Job
from pehra.kernel.actors import SYSTEM
from pehra.kernel.labels import Severity
from pehra.kernel.time import clock
from pehra.ledger.queries import recent
from pehra.mandate.apikeys.actions import RANDOM_BYTES, NewKey, give_key, revoke_key
from pehra.mandate.apikeys.queries import keys, owner_named
from pehra.mandate.apikeys.rules import Scope
from pehra.mandate.models import Office, Tenure
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.web.api import shapes
from pehra.web.api.site import api

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_django.fixtures import Settings
    from tests.web.conftest import Nation

    from pehra.mandate.models import User

V1 = "/api/v1"


def key(scopes: Sequence[str] = tuple(Scope), *, organisation: str = "", team: str = "") -> Client:
    """A machine with a key."""
    now = clock()
    new = NewKey(
        owner=owner_named(organisation=organisation, team=team),
        label="test",
        scopes=scopes,
        expires=now.date() + timedelta(days=1),
    )
    text = give_key(new, os.urandom(RANDOM_BYTES), actor=SYSTEM, now=now)
    return Client(headers={"authorization": f"Bearer {text}"})


def said_to(machine: Client, path: str, body: dict[str, str]) -> Any:  # noqa: ANN401 Django's own answer
    return machine.post(f"{V1}{path}", body, content_type="application/json")


def numbers(client: Client, query: str = "") -> list[int]:
    told = client.get(f"{V1}/findings{query}").json()
    return [one["number"] for one in told["findings"]]


def test_words_are_those_of_the_rooms() -> None:
    assert set(get_args(shapes.SeverityWord)) == {level.word for level in Severity}
    assert set(get_args(shapes.StateWord)) == {state.word for state in State}
    assert set(get_args(shapes.ActWord)) == {act.value for act in SAID}
    described = api.get_openapi_schema(path_prefix=f"{V1}/")
    asked = {one["name"]: one for one in described["paths"][f"{V1}/jobs"]["get"]["parameters"]}
    assert set(asked["state"]["schema"]["anyOf"][0]["enum"]) == set(Job.State.values)


def test_a_key_sees_its_owners_rows_and_a_session_the_same(nation: Nation, contact: Client) -> None:
    del nation
    for client in (key(organisation="bank"), contact):
        assert numbers(client, "?state=any") == [4, 1]
        assert numbers(client) == [1]
        assert client.get(f"{V1}/findings/2").status_code == 404
        assert client.get(f"{V1}/organisations/school").status_code == 404
        assert client.get(f"{V1}/organisations/bank").json()["name"] == "First Bank"
    assert numbers(key(team="national"), "?state=any") == [4, 3, 2, 1]


def test_a_list_is_read_on_until_there_is_no_more(nation: Nation) -> None:
    for _ in range(5):
        nation.finding(nation.bank)
    machine, seen, after = key(organisation="bank"), [], ""
    for _ in range(10):
        told = machine.get(f"{V1}/findings?size=2&state=any{after}").json()
        seen += [one["number"] for one in told["findings"]]
        if told["after"] is None:
            break
        after = f"&after={told['after']}"
    assert seen == [9, 8, 7, 6, 5, 4, 1]


def test_filters_are_those_of_the_page(nation: Nation) -> None:
    del nation
    machine = key(team="national")
    assert numbers(machine, "?severity=critical&severity=high") == [2, 1]
    assert numbers(machine, "?holder=none&asn=AS64501") == [3]
    for wrong in ("severity=worst", "since=soon", "asn=x", "size=501", "after=-1", "after=1e9"):
        told = machine.get(f"{V1}/findings?{wrong}")
        assert (told.status_code, told.json()["code"]) == (422, "unfit")
        assert told.headers["Content-Type"] == "application/problem+json"


def test_an_answer_is_the_rooms_own(nation: Nation) -> None:
    machine = key(organisation="bank")
    said = {"act": "claim-fix", "why": "port closed"}
    told = said_to(machine, "/findings/1/answers", said)
    assert told.json() == {"number": 1, "state": "fix-claimed"}
    entry = recent()[0]
    assert (entry.act, entry.actor.office) == ("findings.claim-fix", "bank")
    assert re.fullmatch("key [0-9a-f]{12}", entry.actor.name)
    again = said_to(machine, "/findings/4/answers", {"act": "dispute", "why": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "illegal-step")
    assert said_to(machine, "/findings/2/answers", said).status_code == 404
    unsaid = said_to(machine, "/findings/1/answers", {"act": "dispute"})
    assert (unsaid.status_code, unsaid.json()["mend"]) == (400, "Say why.")
    with as_system():
        assert Finding.objects.get(id=2).state == State.OPEN
    assert nation.bank.slug == "bank"


@pytest.mark.parametrize(
    ("role", "place", "said"),
    [
        ("ENT", "bank", {"acknowledge", "claim-fix", "dispute", "accept-risk"}),
        ("AUD", "bank", set()),
        ("SUP", "national", {act.value for act in SAID}),
        ("AUD", "national", set()),
        ("organisation", "bank", {"acknowledge", "claim-fix", "dispute"}),
        ("team", "national", {act.value for act in SAID} - {"accept-risk"}),
    ],
)
def test_who_may_say_what(
    nation: Nation, signed_in: Callable[[User], Client], role: str, place: str, said: set[str]
) -> None:
    if role in ("organisation", "team"):
        client = key(**{role: place})
    else:
        office = Office(slug="new", name="New", role=role)
        office.organisation = nation.bank if place == "bank" else None
        office.team = nation.national if place == "national" else None
        office.save()
        Tenure.objects.create(office=office, person=nation.nobody)
        client = signed_in(nation.nobody)
    told = {act: said_to(client, "/findings/1/answers", {"act": act, "why": "x"}) for act in
            (one.value for one in SAID)}  # fmt: skip
    assert {act for act, answer in told.items() if answer.status_code != 403} == said


NEW = {"purpose": "ciso", "email": "ciso@new.example", "language": "ur"}


@pytest.mark.parametrize("by", ["a key", "a person", "the key of the team that leads"])
def test_a_contact_is_added_by_those_who_keep_the_organisation(
    nation: Nation, contact: Client, by: str
) -> None:
    del nation
    client = {
        "a key": lambda: key(organisation="bank"),
        "a person": lambda: contact,
        "the key of the team that leads": lambda: key(team="national"),
    }[by]()
    assert said_to(client, "/organisations/bank/contacts", NEW).status_code == 200
    listed = contact.get(f"{V1}/organisations/bank/contacts").json()["contacts"]
    kept = [one for one in listed if one["email"] == "ciso@new.example"]
    assert [(one["source"], one["language"], one["verified_at"]) for one in kept] == [
        ("api", "ur", None)
    ]


def test_a_contact_is_added_by_nobody_else(nation: Nation, contact: Client) -> None:
    for client in (key(organisation="bank"), contact):
        assert said_to(client, "/organisations/school/contacts", NEW).status_code == 404
    nation.contact.tenure_set.update(valid_to=clock().date())
    office = Office.objects.create(slug="aud", name="A", role="AUD", organisation=nation.bank)
    Tenure.objects.create(office=office, person=nation.contact)
    other = NEW | {"email": "other@new.example"}
    assert said_to(contact, "/organisations/bank/contacts", other).status_code == 403
    wrong = NEW | {"email": "no address"}
    told = said_to(key(team="national"), "/organisations/bank/contacts", wrong)
    assert (told.status_code, told.json()["code"]) == (400, "usage")
    reader = key(["read:registry"], organisation="bank")
    assert said_to(reader, "/organisations/bank/contacts", other).status_code == 403


NEEDS = {
    "/findings": "read:findings",
    "/findings/1": "read:findings",
    "/findings/1/observations": "read:observations",
    "/organisations": "read:registry",
    "/organisations/bank": "read:registry",
    "/organisations/bank/claims": "read:registry",
    "/organisations/bank/contacts": "read:registry",
    "/organisations/bank/proofs": "read:registry",
    "/letters": "fetch:letters",
    "/notices": "read:notices",
    "/batches": "read:intake",
    f"/batches/{'a' * 32}": "read:intake",
    f"/batches/{'a' * 32}/rejects": "read:intake",
    "/sources": "read:intake",
    "/jobs": "read:jobs",
    "/jobs/{job}": "read:jobs",
    "/ledger/checkpoint": "read:ledger",
}
NATIONAL = ("/batches", "/sources", "/jobs")


def test_every_operation_asks_for_its_scope_and_no_other(nation: Nation) -> None:
    del nation
    job = Job.objects.get().pk
    for path, scope in NEEDS.items():
        others = [one for one in Scope if one != scope]
        asked = f"{V1}{path}".format(job=job)
        assert key([scope], team="national").get(asked).status_code == 200, path
        refused = key(others, team="national").get(asked)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), path
        if path.startswith(NATIONAL):
            assert key([scope], organisation="bank").get(asked).status_code == 403
        assert Client().get(asked).status_code == 401


def test_what_opens_nothing(nation: Nation, signed_in: Callable[[User], Client]) -> None:
    machine = key(organisation="bank")
    assert machine.get(f"{V1}/me").json()["kind"] == "key"
    name = keys(clock().date(), viewer=SYSTEM_VIEWER)[0]
    assert name.last_used == clock().date()
    revoke_key(name.name, viewer=SYSTEM_VIEWER, actor=SYSTEM, now=clock())
    told = machine.get(f"{V1}/me")
    assert (told.status_code, told.headers["WWW-Authenticate"]) == (401, 'Bearer realm="pehra"')
    assert Client(headers={"authorization": "Bearer x"}).get(f"{V1}/me").status_code == 401
    assert signed_in(nation.nobody).get(f"{V1}/me").json()["code"] == "forbidden"
    mixed = signed_in(nation.officer)
    assert mixed.get(f"{V1}/me", headers={"authorization": "Bearer x"}).status_code == 401


def test_a_session_needs_its_second_factor_and_its_token(
    nation: Nation, settings: Settings
) -> None:
    settings.SECOND_FACTOR = "staff"
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(nation.officer)
    assert browser.get(f"{V1}/me").status_code == 403
    Authenticator.objects.create(user=nation.officer, type="totp", data={})
    assert browser.get(f"{V1}/me").json()["office"] == "duty"
    said = {"act": "acknowledge"}
    told = browser.post(f"{V1}/findings/1/answers", said, content_type="application/json")
    assert told.status_code == 403


def test_an_answer_that_did_not_change_is_not_sent_again(nation: Nation) -> None:
    machine = key(organisation="bank")
    first = machine.get(f"{V1}/findings")
    mark = {"if-none-match": first.headers["ETag"]}
    assert machine.get(f"{V1}/findings", headers=mark).status_code == 304
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert first.headers["Vary"].startswith("Authorization, Cookie")
    nation.finding(nation.bank)
    assert machine.get(f"{V1}/findings", headers=mark).status_code == 200


def test_one_asker_does_not_ask_for_ever(nation: Nation, monkeypatch: pytest.MonkeyPatch) -> None:
    del nation
    (limit,) = [one for one in [api.throttle] if not isinstance(one, list)]
    monkeypatch.setattr(limit, "num_requests", 2)
    machine, other = key(organisation="bank"), key(organisation="school")
    told = [machine.get(f"{V1}/me") for _ in range(3)]
    assert [one.status_code for one in told] == [200, 200, 429]
    assert 0 < int(told[2].headers["Retry-After"]) <= 60
    assert other.get(f"{V1}/me").status_code == 200


DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "api.md"


def test_the_reference_page_has_every_operation_as_it_is() -> None:
    described: Any = api.get_openapi_schema(path_prefix=f"{V1}/")["paths"]
    lines = [
        f"| `{method.upper()} {path}` | {told['description']} |"
        for path, methods in described.items()
        for method, told in methods.items()
    ]
    written = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    assert written == lines, "paste what `pehra api operations` prints"


def test_the_description_is_open_and_its_page_asks_nobody_else(nation: Nation) -> None:
    del nation
    told = Client().get(f"{V1}/openapi.json")
    assert (
        told.json()["paths"].keys() == api.get_openapi_schema(path_prefix=f"{V1}/")["paths"].keys()
    )
    page = Client().get(f"{V1}/docs")
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert set(re.findall(r'(?:src|href)="(.[^"]*/)', page.text)) <= {"/static/ninja/", "/static/"}
