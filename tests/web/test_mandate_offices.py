"""Users and offices: who holds what, appointing and ending, powers taken and reviewed, rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pehra.ledger import queries as ledger
from pehra.mandate.models import BrokenGlass, Clock, Ground, Office, Power, Tenure, User
from pehra.web import figures

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from tests.web.conftest import Nation


@pytest.fixture
def head(nation: Nation, signed_in: Callable[[User], Client]) -> Client:
    """The browser of a supervisor, who is duty officer too."""
    office = Office.objects.create(slug="head", name="Supervisor", role="SUP", team=nation.national)
    person = User.objects.create(email="head@cert.example")
    for held in (office, Office.objects.get(slug="duty")):
        Tenure.objects.create(office=held, person=person)
    Clock.objects.create(kind="break-glass", hours=8)
    Clock.objects.create(kind="break-glass-review", hours=24)
    return signed_in(person)


def holders(client: Client, slug: str) -> list[str]:
    (found,) = [
        one for one, *_rest in client.get("/offices/").context["offices"] if one.slug == slug
    ]
    return [holder.email for holder in found.holders]


def test_an_office_is_given_and_ended_by_who_holds_the_power(head: Client, nation: Nation) -> None:
    words = {"email": nation.nobody.email, "office": "duty"}
    assert head.post("/offices/appoint/", words).status_code == 302
    everyone = ["officer@cert.example", "head@cert.example", "new@cert.example"]
    assert holders(head, "duty") == everyone
    entry = ledger.recent(limit=1)[0]
    assert (entry.act, entry.actor.name, entry.actor.office) == (
        "mandate.appoint", "head@cert.example", "head",
    )  # fmt: skip
    head.post("/offices/end/", words)
    assert holders(head, "duty") == everyone[:2]
    # Nobody appoints himself, and what is refused is said on the list.
    own = {"email": "head@cert.example", "office": "ciso"}
    shown = head.post("/offices/appoint/", own, follow=True)
    assert [message.extra_tags for message in shown.context["messages"]] == ["note--bad"]
    assert holders(head, "ciso") == ["ciso@bank.example"]


def test_without_the_power_nothing_is_given(officer: Client, contact: Client) -> None:
    words = {"email": "new@cert.example", "office": "duty"}
    for path in ("/offices/appoint/", "/offices/end/", "/offices/glass/1/"):
        assert officer.post(path, words).status_code == 403
        assert contact.post(path, words).status_code == 403
    assert contact.get("/offices/").status_code == 403
    assert not officer.get("/offices/").context["may_manage"]


def test_one_acts_in_the_office_that_was_chosen(head: Client) -> None:
    acting = head.get("/offices/").context["acting"]
    assert ([post.office for post in acting["posts"]], acting["office"]) == (
        ["duty", "head"], "head",
    )  # fmt: skip
    head.post("/me/office/", {"office": "duty", "next": "/offices/"})
    found = head.get("/offices/").context
    assert (found["acting"]["office"], found["may_manage"]) == ("duty", False)
    assert head.post("/offices/appoint/", {}).status_code == 403
    head.post("/me/office/", {"office": "ciso"})  # not held: nothing changes
    assert head.get("/offices/").context["acting"]["office"] == "duty"


def test_a_power_is_taken_shown_on_the_desk_and_reviewed_by_another(
    head: Client, officer: Client
) -> None:
    # A power that the duty officer's own office has not, and that acts on a page.
    Power.objects.filter(act="handle-reports", role="NC").delete()
    words = {
        "office": "duty",
        "power": "handle-reports may",
        "hours": "2",
        "reason": "The supervisor cannot be reached tonight",
    }
    officer.post("/offices/glass/", words | {"hours": "9"})
    assert BrokenGlass.objects.count() == 0
    officer.post("/offices/glass/", words)
    row = BrokenGlass.objects.get()
    assert (row.person.email, row.taken_by) == ("officer@cert.example", "officer@cert.example")
    told = {str(need.text): need.tone for need in head.get("/").context["needs"]}
    assert told["power that was taken waits for review"] == "work"
    # The act is marked with the glass under which it was done.
    again = f"/batches/{'a' * 32}/replay/"
    assert officer.post(again).status_code == 302
    assert ledger.recent(limit=1)[0].actor.office == f"duty+glass-{row.pk}"
    # Who took it does not review it, whatever office he has; another does.
    assert officer.post(f"/offices/glass/{row.pk}/", {"what": "confirm"}).status_code == 403
    head.post(f"/offices/glass/{row.pk}/", {"what": "object"})
    row.refresh_from_db()
    assert row.verdict == ""  # an objection says why
    head.post(f"/offices/glass/{row.pk}/", {"what": "object", "remark": "I was at my desk"})
    row.refresh_from_db()
    assert row.verdict == "objected"
    assert officer.post(again).status_code == 403


@pytest.mark.parametrize("act", ["manage-offices", "change-rule"])
def test_nobody_takes_what_would_outlast_the_hours(head: Client, officer: Client, act: str) -> None:
    del head
    words = {"office": "duty", "power": f"{act} may", "hours": "2", "reason": "x" * 40}
    shown = officer.post("/offices/glass/", words, follow=True)
    assert [message.extra_tags for message in shown.context["messages"]] == ["note--bad"]
    assert BrokenGlass.objects.count() == 0


def test_the_page_of_rules_shows_what_held_on_a_day(officer: Client) -> None:
    Clock.objects.create(kind="fix", severity=4, hours=72, valid_to="2026-06-01")
    Clock.objects.create(kind="fix", severity=4, hours=48, valid_from="2026-06-01")
    Ground.objects.create(slug="law", instrument="A Law", acts=["evidence-out"], longest_days=30)

    def shown(day: str, anchor: str) -> list[list[str]]:
        sections = officer.get("/structure/rules/", {"on": day}).context["sections"]
        (found,) = [one.table for one in sections if one.anchor == anchor]
        return [[cell.text for _column, cell in row] for row in found.rows]

    assert shown("2026-05-31", "clocks")[0][:3] == ["fix a finding", "72", "Critical"]
    assert shown("2026-06-01", "clocks")[0][:3] == ["fix a finding", "48", "Critical"]
    assert shown("nonsense", "grounds") == [
        ["A Law", "hand evidence out, at most 30 days", figures.NOTHING, figures.NOTHING]
    ]
    assert len(shown("", "powers")) == Power.objects.count()
