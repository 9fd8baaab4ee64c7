"""A saved view is one's own, shared only with a team of one's own, and named once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pehra.findings.actions.views import NewView, remove_view, save_view
from pehra.findings.models import SavedView
from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.queries import recent
from pehra.mandate.models import Team
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import Viewer

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ACTOR = Actor("duty@pehra.example", "ncert-duty-officer")


def kept() -> list[tuple[str, str, int | None, bool, str]]:
    """Name, filter, team, and for whom it opens."""
    with as_system():
        rows = SavedView.objects.order_by("pk")
        return list(rows.values_list("name", "query", "team_id", "is_default", "role"))


def test_one_of_the_same_name_is_replaced_and_one_is_the_default() -> None:
    viewer = Viewer(name="duty@pehra.example")
    for new in (NewView("a", "x=1", is_default=True), NewView(" b  c ", "y", is_default=True)):
        save_view(new, viewer=viewer, actor=ACTOR, now=NOW)
    save_view(NewView("a", "x=2"), viewer=viewer, actor=ACTOR, now=NOW)
    assert kept() == [("a", "x=2", None, False, ""), ("b c", "y", None, True, "")]
    assert [entry.act for entry in recent()] == ["findings.save-view"] * 3


def test_a_role_begins_with_one_view_of_its_team() -> None:
    team = Team.objects.create(slug="t", name="t", tier="national").pk
    viewer = Viewer(name="s@pehra.example", teams=frozenset({team}))
    for name in ("a", "b"):
        new = NewView(name, "", team=team, role="DUTY", roles=frozenset({"SUP"}))
        save_view(new, viewer=viewer, actor=ACTOR, now=NOW)
    assert [(name, role) for name, _, _, _, role in kept()] == [("a", ""), ("b", "DUTY")]


@pytest.mark.parametrize(
    ("new", "error"),
    [
        (NewView("  ", ""), UsageError),
        (NewView("a", "x" * 1_001), UsageError),
        (NewView("a", "", team=7), Refused),
        (NewView("a", "", role="DUTY", roles=frozenset({"SUP"})), Refused),
    ],
)
def test_what_may_not_be_saved(new: NewView, error: type[Exception]) -> None:
    with pytest.raises(error):
        save_view(new, viewer=Viewer(name="a"), actor=ACTOR, now=NOW)
    assert kept() == []


def test_only_its_owner_removes_a_view() -> None:
    number = save_view(NewView("a", ""), viewer=Viewer(name="a"), actor=ACTOR, now=NOW)
    with pytest.raises(UsageError):
        remove_view(number, viewer=Viewer(name="b"), actor=ACTOR, now=NOW)
    remove_view(number, viewer=Viewer(name="a"), actor=ACTOR, now=NOW)
    assert kept() == []
