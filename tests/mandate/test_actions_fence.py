"""The second fence on PostgreSQL: every tenants' table has its policy, and it binds.

Here the first fence, the manager, is taken away throughout: SQL of one's own, in a scope.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import DatabaseError, connection, transaction
from tests.mandate.test_tenancy import FACTORIES, OF_TEAMS, Tenant, label

from pehra.findings.models import Finding, Step
from pehra.mandate.actions.fence import raise_fence
from pehra.mandate.queries import fence
from pehra.mandate.tenancy import as_system, seen_by, unseen
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER, Viewer

if TYPE_CHECKING:
    from django.db.models import Model

pytestmark = pytest.mark.django_db

LEFT_OUT: dict[str, str] = {}
"""Tables behind the gate that have no policy, with the reason."""
TABLES = sorted(model._meta.db_table for model in FACTORIES)


def asked(words: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(words)
        return list(cursor.fetchall())


def ids(model: type[Model], viewer: Viewer) -> list[object]:
    """What SQL of one's own finds, whatever the manager says."""
    with seen_by(viewer):
        rows = asked(f'SELECT "{model._meta.pk.column}" FROM "{model._meta.db_table}" ORDER BY 1')  # noqa: S608 names of our own
    return [number for (number,) in rows]


def test_every_table_behind_the_gate_has_its_policy() -> None:
    assert sorted(fence.wanted()) == TABLES
    assert fence.lacking() == sorted(LEFT_OUT)
    with unseen():
        found = asked("SELECT tablename FROM pg_policies ORDER BY 1") if fence.has_fence() else []
    assert [name for (name,) in found] == ([] if not fence.has_fence() else TABLES)


def test_the_role_of_the_tests_is_bound() -> None:
    assert not fence.passes_it()


@pytest.mark.parametrize("model", FACTORIES, ids=label)
def test_without_the_first_fence_nobody_sees_anothers_rows(
    model: type[Model], ours: Tenant, theirs: Tenant
) -> None:
    with unseen():
        mine, other = (FACTORIES[model](one).pk for one in (ours, theirs))
    both = sorted((mine, other))
    assert ids(model, SYSTEM_VIEWER) == both
    if not fence.has_fence():  # SQLite: what the second fence is for
        assert ids(model, ours.responder) == both
        return
    assert ids(model, ours.member) == ([] if model in OF_TEAMS else [mine])
    assert ids(model, ours.responder) == [mine]
    assert ids(model, theirs.responder) == [other]
    assert ids(model, NOBODY) == []
    table, key = model._meta.db_table, model._meta.pk.column
    assert asked(f'SELECT count(*) FROM "{table}"') == [(0,)]  # noqa: S608 outside every scope
    with seen_by(ours.responder), connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{table}" SET "{key}" = "{key}" WHERE "{key}" = %s', [other])  # noqa: S608 as above
        assert cursor.rowcount == 0


def add_step(finding: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO findings_step (finding_id, at, state, by, why) VALUES (%s, 0, 1, '', '')",
            [finding],
        )


def test_a_row_for_another_tenant_is_refused(ours: Tenant, theirs: Tenant) -> None:
    with as_system():
        mine, other = (FACTORIES[Finding](one).pk for one in (ours, theirs))
    if not fence.has_fence():
        return
    with seen_by(ours.responder):
        add_step(mine)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            add_step(other)
        given_away = "UPDATE findings_finding SET organisation_id = %s, team_id = %s WHERE id = %s"
        with (
            pytest.raises(DatabaseError, match="row-level security"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(given_away, [theirs.organisation.pk, theirs.team.pk, mine])
    with as_system():
        assert list(Step.objects.values_list("finding", flat=True)) == [mine]


def test_what_another_policy_or_none_would_show_is_put_right(ours: Tenant, theirs: Tenant) -> None:
    """The check of the check: a fence that is down, changed or doubled is noticed and raised."""
    if not fence.has_fence():
        assert raise_fence() == []
        return
    with as_system():
        mine, other = (FACTORIES[Finding](one).pk for one in (ours, theirs))
    for harm in (
        "ALTER TABLE findings_finding NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tenants ON findings_finding",
        "CREATE POLICY more ON findings_finding USING (true)",
    ):
        with connection.cursor() as cursor:
            cursor.execute(harm)
        leaking = [mine, other] if "DROP" not in harm else []
        assert ids(Finding, ours.member) == leaking
        assert fence.lacking() == ["findings_finding"]
        assert raise_fence() == ["findings_finding"]
        assert ids(Finding, ours.member) == [mine]
    assert raise_fence() == []
