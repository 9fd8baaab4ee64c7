"""Letters by the API are fetched by whom they are for; a proposed asset shows nothing of itself."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from tests.web.test_api import V1, key, said_to

from pehra.dispatch.actions import confirm_live, propose_live, release
from pehra.dispatch.letters import Attachment, Letter
from pehra.dispatch.rules import Outgoing, Recipient
from pehra.kernel.actors import SYSTEM, Actor
from pehra.kernel.labels import Tlp
from pehra.kernel.time import clock
from pehra.ledger.queries import recent
from pehra.mandate.tenancy import as_system
from pehra.registry.models import Claim

if TYPE_CHECKING:
    from tests.web.conftest import Nation

pytestmark = [pytest.mark.django_db, pytest.mark.either]


@pytest.fixture
def letters(nation: Nation) -> list[int]:
    """Envelopes of three letters that wait for the bank."""
    settings.HOME.keys.mkdir(exist_ok=True)
    now = clock()
    propose_live(actor=Actor("one", "x"), now=now)
    confirm_live(actor=Actor("two", "x"), now=now)
    files = (Attachment("findings.csv", "text/csv", b"asset\n192.0.2.1\n"),)
    items = [
        Outgoing(
            kind="notice",
            reference=f"notice:{number}",
            key=f"notice:{number}",
            channel="pull",
            recipient=Recipient(organisation=nation.bank.pk),
            letter=Letter("Open Telnet", "192.0.2.1 answers.\n", attachments=files),
            tlp=Tlp.AMBER,
            about=frozenset({nation.bank.pk}),
        )
        for number in range(3)
    ]
    return [one.envelope for one in release(items, actor=SYSTEM, now=now)]


def test_a_letter_is_fetched_once_and_said_to_have_arrived(letters: list[int]) -> None:
    machine, first = key(organisation="bank"), letters[0]
    told = machine.get(f"{V1}/letters?size=2").json()
    assert ([one["id"] for one in told["letters"]], told["after"]) == (letters[:2], letters[1])
    rest = machine.get(f"{V1}/letters?after={told['after']}").json()
    assert ([one["id"] for one in rest["letters"]], rest["after"]) == (letters[2:], None)
    opened = machine.get(f"{V1}/letters/{first}").json()
    words = opened["subject"], opened["text"]
    assert words == ("[TLP:AMBER] Open Telnet", "TLP:AMBER\n\n192.0.2.1 answers.\n")
    (file,) = opened["attachments"]
    assert base64.b64decode(file["content"]) == b"asset\n192.0.2.1\n"
    for told_first in (True, False):
        said = said_to(machine, f"/letters/{first}/arrival", {})
        assert said.json() == {"id": first, "first": told_first}
    assert machine.get(f"{V1}/letters/{first}").status_code == 404
    assert [entry.act for entry in recent()][:1] == ["dispatch.fetched"]


def test_nobody_else_fetches_it(letters: list[int]) -> None:
    for stranger in (key(organisation="school"), key(team="national")):
        assert stranger.get(f"{V1}/letters").json() == {"letters": [], "after": None}
        assert stranger.get(f"{V1}/letters/{letters[0]}").status_code == 404
        assert said_to(stranger, f"/letters/{letters[0]}/arrival", {}).status_code == 404
    assert key(organisation="bank").get(f"{V1}/letters/{letters[0]}").status_code == 200


def test_a_proposed_asset_is_asked_for_and_claims_nothing(nation: Nation) -> None:
    machine = key(organisation="bank")
    with as_system():
        before = list(Claim.objects.order_by("pk").values())
    asked = {"asset": "Bank.Example", "method": "dns-txt"}
    made = said_to(machine, "/organisations/bank/proofs", asked).json()
    assert (made["asset"], made["state"]) == ("bank.example", "asked")
    assert (made["place"], made["line"][:14]) == ("_pehra-control.bank.example", "pehra-control=")
    listed = machine.get(f"{V1}/organisations/bank/proofs").json()["proofs"]
    assert [one["id"] for one in listed] == [made["id"]]
    with as_system():
        assert list(Claim.objects.order_by("pk").values()) == before
    for path, body, status in (
        ("school", asked, 404),
        ("bank", {"asset": "192.0.2.0/24", "method": "dns-txt"}, 400),
        ("bank", {"asset": "bank.example", "method": "letter"}, 422),
    ):
        assert said_to(machine, f"/organisations/{path}/proofs", body).status_code == status
    reader = key(["read:registry"], organisation="bank")
    assert said_to(reader, "/organisations/bank/proofs", asked).status_code == 403
    assert nation.bank.slug == "bank"
