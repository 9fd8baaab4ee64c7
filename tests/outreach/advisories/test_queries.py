"""What everybody sees of advisories, and what the desk does."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from tests.outreach.advisories.conftest import AMNA, NOW, TEXT, Nation, passed, published

from pehra.kernel.labels import Severity
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER, Viewer
from pehra.outreach.advisories.actions import publishing, writing
from pehra.outreach.advisories.actions.publishing import End
from pehra.outreach.advisories.csaf import Publisher
from pehra.outreach.advisories.queries import desk, shown
from pehra.outreach.advisories.rules import Audience
from pehra.outreach.models import Advisory, Edition, Exposure, Subscriber, Told

pytestmark = pytest.mark.django_db


def corrected(number: str, days: int) -> int:
    """Publish another edition of an advisory; returns its id."""
    pk = Advisory.objects.get(number=number).pk
    text = msgspec.structs.replace(TEXT, summary="Not all.", change="Fewer are hit.")
    writing.begin_edition(pk, text, actor=AMNA, now=NOW)
    passed(pk)
    at = NOW + timedelta(days=days)
    publishing.publish(pk, Audience(), year=2026, actor=AMNA, now=at)
    return pk


def test_a_page_has_every_edition_and_what_each_changed(nation: Nation) -> None:
    del nation
    number = published()
    pk = corrected(number, 1)
    writing.begin_edition(pk, TEXT, actor=AMNA, now=NOW)  # nobody sees a draft
    found = shown.one(number)
    assert found is not None
    assert (found.standing, found.ended, found.successor) == ("updated", False, "")
    assert [(one.place, one.text.summary, one.parts) for one in found.history] == [
        (1, "It stands open.", ()),
        (2, "Not all.", ("summary",)),
    ]
    document = shown.machine_readable(found, Publisher("National CERT", "https://cert.example"))
    assert document["document"]["tracking"]["version"] == "2"
    assert shown.one("NCERT-2026-999") is None
    assert shown.one("") is None


def test_what_is_withdrawn_stays_with_the_reason(nation: Nation) -> None:
    del nation
    number = published()
    publishing.end(Advisory.objects.get().pk, End("Wrong."), actor=AMNA, now=NOW)
    found = shown.one(number)
    assert found is not None
    assert (found.ended, found.ended_why, len(found.history)) == (True, "Wrong.", 1)
    (line,) = shown.published()
    assert (line.number, line.standing) == (number, "withdrawn")


def test_few_exposed_assets_are_not_told(nation: Nation) -> None:
    del nation
    number = published()
    row = Exposure.objects.create(edition=Edition.objects.get(), days=0, assets=19, at=NOW)
    found = shown.one(number)
    assert found is not None
    assert found.exposed is None
    row.assets = 1_234
    row.save()
    found = shown.one(number)
    assert found is not None
    assert found.exposed == 1_200


def test_lists_by_severity_and_day(nation: Nation) -> None:
    del nation
    numbers = [
        published(msgspec.structs.replace(TEXT, severity=severity), now=NOW + timedelta(days=days))
        for days, severity in enumerate((Severity.LOW, Severity.CRITICAL, Severity.HIGH))
    ]
    assert [one.number for one in shown.published()] == numbers[::-1]
    assert [one.number for one in shown.published(least=3)] == [numbers[2], numbers[1]]
    assert [one.number for one in shown.published(before=NOW + timedelta(days=1))] == numbers[:1]
    assert [one.number for one in shown.published(size=1)] == numbers[2:]


def test_feeds_have_each_edition_and_each_end(nation: Nation) -> None:
    del nation
    first, second = published(), published(now=NOW + timedelta(hours=1))
    pk = corrected(first, 1)
    publishing.end(
        Advisory.objects.get(number=second).pk,
        End("Wrong."),
        actor=AMNA,
        now=NOW + timedelta(days=2),
    )
    assert [(one.number, one.what, one.edition) for one in shown.events()] == [
        (second, "withdrawn", 1),
        (first, "updated", 2),
        (second, "published", 1),
        (first, "published", 1),
    ]
    assert len(shown.events(size=2)) == 2
    assert pk


def test_the_desk_is_for_those_who_see_everything(nation: Nation) -> None:
    number = published()
    pk = Advisory.objects.get(number=number).pk
    draft = writing.begin(TEXT, actor=AMNA, now=NOW)
    Subscriber.objects.create(address="a@example.org", asked_at=NOW, confirmed_at=NOW)
    lines = desk.advisories(viewer=SYSTEM_VIEWER)
    assert [(one.id, one.number, one.stage) for one in lines] == [
        (draft, "", "draft"),
        (pk, number, "published"),
    ]
    assert [one.id for one in desk.advisories(viewer=SYSTEM_VIEWER, drafts=True)] == [draft]
    assert [one.id for one in desk.advisories(viewer=SYSTEM_VIEWER, before=draft)] == [pk]
    view = desk.advisory(draft, viewer=SYSTEM_VIEWER)
    assert view is not None
    assert (view.open, view.text, view.writers) == (True, TEXT, ("amna",))
    assert desk.subscribers(viewer=SYSTEM_VIEWER) == 1
    for viewer in (NOBODY, Viewer(name="b", organisations=frozenset({nation.bank}))):
        assert desk.advisories(viewer=viewer) == []
        assert desk.advisory(draft, viewer=viewer) is None
        assert desk.subscribers(viewer=viewer) == 0


def test_an_organisation_sees_its_own_receipt(nation: Nation) -> None:
    number = published()
    row = Told(
        edition=Edition.objects.get(),
        organisation_id=nation.bank,
        mailboxes=1,
        sent=True,
        told_at=NOW,
    )
    with as_system():
        row.save()
    bank = Viewer(name="b", organisations=frozenset({nation.bank}))
    found = desk.receipt(row.pk, viewer=bank)
    assert found is not None
    assert (found.advisory, found.organisation, found.acknowledged_at) == (
        number, "First Bank", None
    )  # fmt: skip
    school = Viewer(name="s", organisations=frozenset({nation.school}))
    assert desk.receipt(row.pk, viewer=school) is None
    (reach,) = desk.reach(Advisory.objects.get().pk, viewer=school)
    assert reach.told == 0
