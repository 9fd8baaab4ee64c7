"""Reports by the API: without a key, with one, and by a gateway of SMS that signs them."""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from django.test import Client
from tests.web.test_api import V1, key, said_to

from pehra.cases.models.report import Report, ReportContact
from pehra.kernel.actors import SYSTEM
from pehra.kernel.time import clock
from pehra.mandate.apikeys.actions import RANDOM_BYTES, NewKey, give_key
from pehra.mandate.apikeys.queries import owner_named
from pehra.mandate.apikeys.rules import name_in
from pehra.mandate.tenancy import as_system
from pehra.web.reported import public

if TYPE_CHECKING:
    from tests.web.conftest import Nation

pytestmark = [pytest.mark.django_db, pytest.mark.either]
PATH = "/citizen-reports"


def gateway(scope: str) -> str:
    now = clock()
    new = NewKey(
        owner=owner_named(team="national"),
        label="sms",
        scopes=(scope,),
        expires=now.date() + timedelta(days=1),
    )
    return give_key(new, os.urandom(RANDOM_BYTES), actor=SYSTEM, now=now)


def sms(text: str, body: dict[str, str], at: float, *, altered: bool = False) -> Any:  # noqa: ANN401 Django's own answer
    """A delivery that is signed by a key."""
    data = msgspec.json.encode(body)
    secret = hashlib.sha256(text.encode()).digest()
    made = hmac.new(secret, f"{int(at)}.".encode() + data, hashlib.sha256).hexdigest()
    sent = data.replace(b"pay", b"PAY") if altered else data
    return Client().post(
        f"{V1}{PATH}/sms",
        sent,
        content_type="application/json",
        headers={"X-Pehra-Key": name_in(text), "X-Pehra-Signature": f"t={int(at)},v1={made}"},
    )


def test_anybody_reports_and_sees_the_fate(nation: Nation) -> None:
    del nation
    body = {"kind": "link", "url": "https://evil.example/in", "mail": "a@b.example",
            "organisation": "bank", "delivery": "x"}  # fmt: skip
    told = said_to(Client(), PATH, body).json()
    fate = Client().get(f"{V1}{PATH}/{told['number'].lower()}").json()
    assert (fate["state"], fate["others"], fate["told"]) == ("open", 0, [])
    assert told["page"].endswith(f"/track/{told['number']}/")
    with as_system():
        row = Report.objects.select_related("cluster").get()
        assert ReportContact.objects.count() == 1
    assert (row.door, row.delivery, row.cluster.organisation_id) == ("api", None, None)
    for number in ("000-0000-000", "x"):
        assert Client().get(f"{V1}{PATH}/{number}").status_code == 404
    assert said_to(Client(), PATH, {"kind": "link"}).status_code == 400
    assert said_to(Client(), PATH, {"kind": "fly", "text": "x"}).status_code == 422


def test_a_key_reports_for_many(nation: Nation) -> None:
    machine = key(("write:reports",), team="national")
    body = {"kind": "incident", "text": "x", "organisation": "bank", "delivery": "7"}
    first, again = (said_to(machine, PATH, body).json()["number"] for _ in range(2))
    assert first == again
    with as_system():
        row = Report.objects.select_related("cluster").get()
    assert row.cluster.organisation_id == nation.bank.pk
    assert said_to(key(("read:jobs",), team="national"), PATH, body).status_code == 403
    wrong = Client(headers={"authorization": "Bearer pehra_0"})
    assert said_to(wrong, PATH, body).status_code == 401


def test_a_gateway_signs_what_it_brings(nation: Nation) -> None:
    del nation
    text, now = gateway("write:reports"), clock().timestamp()
    body = {"id": "1", "sender": "+923001234567", "text": "pay at https://evil.example/"}
    told = sms(text, body, now).json()
    assert told["reply"].startswith(told["number"])
    assert sms(text, body, now).json()["number"] == told["number"]
    assert sms(text, body, now, altered=True).status_code == 401
    assert sms(text, body, now - 400).status_code == 401
    assert sms(gateway("read:jobs"), body, now).status_code == 403
    assert (
        Client().post(f"{V1}{PATH}/sms", body, content_type="application/json").status_code == 401
    )
    with as_system():
        assert list(Report.objects.values_list("door", "kind")) == [("sms", "message")]
        assert ReportContact.objects.count() == 1


def test_numbers_are_guessed_at_one_count(nation: Nation, monkeypatch: pytest.MonkeyPatch) -> None:
    del nation
    monkeypatch.setattr(public, "_MISSES", 3)
    api, page = f"{V1}{PATH}/000-0000-000", "/track/000-0000-000/"
    assert [Client().get(one).status_code for one in (api, page, api)] == [404] * 3
    assert [Client().get(one).status_code for one in (api, page)] == [429] * 2


def test_whoever_has_no_address_is_answered(nation: Nation) -> None:
    del nation
    nowhere = Client(REMOTE_ADDR="")
    assert nowhere.get(f"{V1}{PATH}/000-0000-000").status_code == 404
    told = msgspec.json.encode({"kind": "incident", "text": "Somebody broke in."})
    assert nowhere.post(f"{V1}{PATH}", told, content_type="application/json").status_code == 200
