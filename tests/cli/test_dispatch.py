"""Sending as an operator sees it: off at first, live by two, every letter to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pehra.dispatch.actions import release
from pehra.dispatch.letters import Letter
from pehra.dispatch.models import Envelope
from pehra.dispatch.rules import Outgoing, Recipient
from pehra.kernel.actors import SYSTEM
from pehra.kernel.labels import Tlp
from pehra.kernel.time import clock
from pehra.mandate.actions import NewAccount, open_account
from pehra.mandate.models import Office, Organisation, Power, Team
from pehra.mandate.tenancy import as_system

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Outcome

    Pehra = Callable[..., Outcome]

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(pehra: Pehra, place: Path) -> Callable[..., dict[str, Any]]:
    """Call a command of `pehra dispatch` in a home, and take its last line."""
    (place / "keys").mkdir(parents=True)
    (place / "pehra.toml").touch()

    def call(*words: str | int, code: int = 0) -> dict[str, Any]:
        outcome = pehra("dispatch", *map(str, words), "--json")
        assert outcome.code == code, outcome.err
        return outcome.said

    return call


def let_go(*keys: str) -> None:
    """Release letters to anybody."""
    items = [
        Outgoing(
            kind="report",
            reference=key,
            key=key,
            recipient=Recipient(address="press@news.example"),
            letter=Letter("Weekly", "All is well.\n", "<p>All is well.</p>"),
            tlp=Tlp.CLEAR,
        )
        for key in keys
    ]
    release(items, actor=SYSTEM, now=clock())


def test_letters_are_listed_and_opened(told: Callable[..., dict[str, Any]], pehra: Pehra) -> None:
    let_go("a", "b")
    found = told("list", "--size", 1)
    assert ([one["key"] for one in found["envelopes"]], found["counts"]["previewed"]) == (["b"], 2)
    number = found["envelopes"][0]["id"]
    assert [one["key"] for one in told("list", "--before", number)["envelopes"]] == ["a"]
    assert told("list", "--state", "sent", "--no-exercise")["envelopes"] == []
    shown = told("show", number, "--letter")
    assert (shown["state"], shown["receipts"], shown["letter"]) == (
        "previewed",
        [],
        {
            "subject": "[TLP:CLEAR] Weekly",
            "text": "TLP:CLEAR\n\nAll is well.\n",
            "html": "<p><strong>TLP:CLEAR</strong></p><p>All is well.</p>",
            "attachments": [],
        },
    )
    assert "letter" not in told("show", number)
    assert "press@news.example" in pehra("dispatch", "list").out
    assert "All is well." in pehra("dispatch", "show", str(number), "--letter").out
    assert told("list", "--state", "lost", code=2)["error"] == "There is no state `lost`."
    assert told("show", 999_999, code=2)["error"] == "There is no envelope 999999."


def test_sending_goes_live_by_two_who_decide(
    told: Callable[..., dict[str, Any]], pehra: Pehra
) -> None:
    team = Team.objects.create(slug="ncert", name="National CERT", tier="national")
    Office.objects.create(slug="director", name="Director", role="DIR", team=team)
    Power.objects.create(act="handle-reports", role="DIR", tier="national")
    for name, office in (("anna", "director"), ("bilal", "director"), ("chand", "")):
        email = f"{name}@cert.example"
        open_account(NewAccount(email=email, office=office), actor=SYSTEM, now=clock())
    assert told("state")["mode"] == "preview"
    assert "Sending is off (`preview`)" in pehra("dispatch", "state").out
    assert told("set", "live", code=3)["error"] == "Sending goes live by two persons."
    assert told("propose", "--by", "chand@cert.example", code=3)["error"].endswith("that decides.")
    assert told("propose", "--by", "anna@cert.example")["proposed_by"] == "anna@cert.example"
    assert "another person confirms" in pehra("dispatch", "state").out
    assert told("confirm", "--by", "anna@cert.example", code=3)
    assert told("confirm", "--by", "bilal@cert.example")["mode"] == "live"
    assert told("set", "preview")["mode"] == "preview"


def test_one_person_sets_the_careful_modes(told: Callable[..., dict[str, Any]]) -> None:
    bank = Organisation.objects.create(slug="river-bank", name="River Bank")
    redirected = told("set", "redirect", "--redirect-to", "all@cert.example")
    assert redirected["redirect_to"] == "all@cert.example"
    assert told("set", "redirect", code=2)["error"] == "Redirecting needs one mail address."
    assert told("set", "pilot", "--pilot", "river-bank")["pilot"] == [bank.pk]
    assert told("set", "pilot", "--pilot", "nobody", code=2)["error"].startswith("There is no org")
    assert told("set", "loud", code=2)["error"] == "There is no mode `loud`."


def test_a_person_resolves_what_is_uncertain(told: Callable[..., dict[str, Any]]) -> None:
    let_go("a")
    with as_system():
        number = Envelope.objects.get(key="a").pk
        Envelope.objects.update(state="uncertain")
    assert told("resolve", number, "held", "--why", "x", code=2)
    assert told("resolve", number, "sent", "--why", "the relay's log") == {
        "envelope": number,
        "state": "sent",
    }
    assert told("resolve", number, "waiting", "--why", "again", code=3)
    heard = told("show", number)["receipts"]
    assert [(one["outcome"], one["words"]) for one in heard] == [("resolved", "the relay's log")]


def test_a_receiver_is_told_its_key(told: Callable[..., dict[str, Any]]) -> None:
    shown = told("hook-key", "https://bank.example/hook")
    assert (told("hook-key", "https://bank.example/hook"), len(shown["key"])) == (shown, 64)
