"""Loading a structure, opening accounts, appointing: rows, refusals, ledger entries."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from pehra.jobs.models import Job
from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.models import Entry
from pehra.mandate import actions, queries
from pehra.mandate.actions import NewAccount, Term
from pehra.mandate.models import Clock, Sector, Team, Tenure, User
from pehra.mandate.powers import actor_in

if TYPE_CHECKING:
    from pehra.mandate.structure import Change

pytestmark = pytest.mark.django_db
SHIPPED = actions.shipped_structure()
PASSWORD = "seven mangoes in Multan"  # noqa: S105 a test's own


def outcomes(changes: list[Change]) -> dict[str, int]:
    found: dict[str, int] = {}
    for change in changes:
        found[change.outcome] = found.get(change.outcome, 0) + 1
    return found


def test_a_dry_run_changes_nothing(now: datetime, actor: Actor) -> None:
    changes = actions.load_structure(SHIPPED, actor=actor, now=now, dry_run=True)
    assert outcomes(changes) == {"added": 256}
    assert (Team.objects.count(), Entry.objects.count()) == (0, 0)


def test_the_same_file_twice_changes_nothing(now: datetime, actor: Actor) -> None:
    assert outcomes(actions.load_structure(SHIPPED, actor=actor, now=now)) == {"added": 256}
    assert actions.load_structure(SHIPPED, actor=actor, now=now) == []
    assert [entry.act for entry in Entry.objects.all()] == ["mandate.load-structure"]


@pytest.mark.usefixtures("pakistan")
def test_references_are_set() -> None:
    team = Team.objects.get(slug="ntcert")
    assert team.parent is not None
    assert team.host is not None
    assert (team.parent.slug, team.host.slug) == ("ncert", "pta")
    sector = Sector.objects.get(slug="telecom")
    assert (sector.team, sector.regulator) == (team, team.host)


@pytest.mark.usefixtures("pakistan")
def test_a_newer_file_changes_untouched_rows_only(now: datetime, actor: Actor) -> None:
    Team.objects.filter(slug="fincert").update(status="active", note="Works since March.")
    newer = SHIPPED.replace("status: planned", "status: defined").replace(
        "name: Punjab CERT", "name: CERT of the Punjab"
    )
    changes = actions.load_structure(newer, actor=actor, now=now)
    assert [change.words for change in changes] == [
        "changed teams cert-pb (name: 'Punjab CERT' -> 'CERT of the Punjab')",
        "kept teams fincert (note: 'Works since March.' -> '', status: 'active' -> 'defined')",
    ]
    assert Team.objects.get(slug="fincert").status == "active"
    assert outcomes(actions.load_structure(newer, actor=actor, now=now, overwrite=True)) == {
        "changed": 1
    }
    assert Team.objects.get(slug="fincert").status == "defined"


@pytest.mark.usefixtures("pakistan")
def test_what_a_file_no_longer_states_is_kept(now: datetime, actor: Actor) -> None:
    shorter = "\n".join(line for line in SHIPPED.splitlines() if "dispute-answer" not in line)
    changes = actions.load_structure(shorter, actor=actor, now=now)
    assert [(change.kind, change.outcome) for change in changes] == [("clocks", "missing")]
    assert Clock.objects.filter(kind="dispute-answer").count() == 1


def test_an_account_with_an_office(now: datetime, actor: Actor, pakistan: None) -> None:
    del pakistan
    new = NewAccount(email="Amna@Example.org", password=PASSWORD, office="ncert-duty-officer")
    user = actions.open_account(new, actor=actor, now=now)
    assert user.email == "amna@example.org"
    assert user.check_password(PASSWORD)
    assert queries.viewer_of(user, now.date()).sees_all
    assert actor_in(queries.posts_of(user, now.date()), user.email) == Actor(
        "amna@example.org", "ncert-duty-officer"
    )
    entry = Entry.objects.get(act="mandate.open-account")
    assert b"amna@example" not in bytes(entry.body)


@pytest.mark.parametrize(
    ("new", "kind", "message"),
    [
        (NewAccount(email="nobody"), UsageError, "`nobody` is no mail address."),
        (NewAccount(email="a@b.pk", password=PASSWORD[:5]), UsageError, "The password is refused."),
        (NewAccount(email="a@b.pk", office="nil"), UsageError, "There is no office `nil`."),
        (NewAccount(email="THERE@b.pk"), Refused, "`there@b.pk` already has an account."),
    ],
)
def test_accounts_that_are_refused(
    new: NewAccount, kind: type[UsageError], message: str, now: datetime, actor: Actor
) -> None:
    User.objects.create(email="there@b.pk")
    with pytest.raises(kind) as caught:
        actions.open_account(new, actor=actor, now=now)
    assert caught.value.message == message
    assert (User.objects.count(), Entry.objects.count()) == (1, 0)


@pytest.mark.usefixtures("pakistan")
def test_an_office_is_held_for_a_period(now: datetime, actor: Actor) -> None:
    actions.open_account(NewAccount(email="a@b.pk"), actor=actor, now=now)
    term = Term(date(2026, 1, 1), date(2026, 7, 1))
    actions.appoint("a@b.pk", "cert-pb-analyst", term, actor=actor, now=now)
    user, punjab = actions.person("A@b.pk"), Team.objects.get(slug="cert-pb").pk
    assert queries.viewer_of(user, date(2026, 6, 30)).teams == {punjab}
    assert queries.viewer_of(user, date(2026, 7, 1)).teams == frozenset()
    with pytest.raises(Refused):
        actions.appoint("a@b.pk", "cert-pb-analyst", term, actor=actor, now=now)
    later = Term(date(2026, 7, 1))
    actions.appoint("a@b.pk", "cert-pb-analyst", later, actor=actor, now=now)
    actions.end_tenure("a@b.pk", "cert-pb-analyst", date(2026, 9, 1), actor=actor, now=now)
    assert list(Tenure.objects.order_by("pk").values_list("valid_to", flat=True)) == [
        date(2026, 7, 1),
        date(2026, 9, 1),
    ]
    assert queries.viewer_of(user, date(2026, 9, 1)).teams == frozenset()


@pytest.mark.usefixtures("pakistan")
def test_a_new_password(now: datetime, actor: Actor) -> None:
    actions.open_account(NewAccount(email="a@b.pk"), actor=actor, now=now)
    assert not actions.person("a@b.pk").has_usable_password()
    actions.set_password("a@b.pk", PASSWORD, actor=actor, now=now)
    assert actions.person("a@b.pk").check_password(PASSWORD)
    with pytest.raises(UsageError):
        actions.set_password("a@b.pk", "", actor=actor, now=now)


@pytest.mark.usefixtures("pakistan")
def test_a_team_s_status_moves_the_lead(now: datetime, actor: Actor) -> None:
    pta = Team.objects.get(slug="ntcert").host
    assert pta is not None
    before = queries.lead_teams(now.date())[pta.pk]
    actions.set_team_status("ntcert", "active", reachable=False, actor=actor, now=now)
    after = queries.lead_teams(now.date())[pta.pk]
    slugs = dict(Team.objects.values_list("id", "slug"))
    assert (slugs[before], slugs[after]) == ("ntcert", "ncert")


@pytest.mark.usefixtures("pakistan")
def test_what_moves_leads_is_told_to_the_rooms_above(now: datetime, actor: Actor) -> None:
    queued = Job.objects.filter(kind=actions.ROUTING_CHANGED)
    assert queued.count() == 1  # the structure was loaded
    queued.delete()
    text = actions.shipped_structure()
    actions.load_structure(text, actor=actor, now=now)
    assert queued.count() == 0
    for reachable in (False, True):
        actions.set_team_status("ntcert", "active", reachable=reachable, actor=actor, now=now)
    assert queued.count() == 1
