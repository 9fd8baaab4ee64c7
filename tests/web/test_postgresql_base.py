"""Who looks is told to PostgreSQL: by every kind of statement, and by none that comes after."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.mandate.test_tenancy import FACTORIES, Tenant, tenant

from pehra.findings.models import Finding
from pehra.mandate.queries.fence import has_fence
from pehra.mandate.tenancy import as_system, seen_by
from pehra.mandate.viewers import Viewer

pytestmark = pytest.mark.django_db

SETTINGS = "SELECT current_setting('pehra.{}', true)"
COUNT = "SELECT count(*) FROM findings_finding"


@pytest.fixture
def ours(db: None) -> Tenant:
    del db
    return tenant(1)


@pytest.fixture(autouse=True)
def two_findings(ours: Tenant) -> None:
    with as_system():
        for whose in (ours, tenant(2)):
            FACTORIES[Finding](whose)


def counted() -> int:
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
        return int(cursor.fetchone()[0])


def setting(name: str) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(SETTINGS.format(name))
        found: str | None = cursor.fetchone()[0]
        return found


def seen(number: int) -> int:
    """What is to be counted by SQL of one's own: on SQLite, all."""
    return number if has_fence() else 2


def test_a_scope_that_was_left_is_forgotten(ours: Tenant) -> None:
    for _ in range(2):
        with as_system():
            assert counted() == 2
        assert counted() == seen(0)
        with seen_by(ours.member):
            assert counted() == seen(1)
            with as_system():
                assert counted() == 2
            assert counted() == seen(1)
    assert counted() == seen(0)


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_knows_nobody(ours: Tenant) -> None:
    with seen_by(ours.member):
        assert counted() == seen(1)
        connection.close()
        assert counted() == seen(1)
    connection.close()
    assert counted() == seen(0)


def test_what_a_rollback_took_back_is_told_again(ours: Tenant) -> None:
    for viewer, number in ((ours.member, 1), (ours.responder, 1)):
        with transaction.atomic():
            with seen_by(viewer):
                assert counted() == seen(number)
            transaction.set_rollback(True)
        with transaction.atomic(), as_system():
            assert counted() == 2
            with transaction.atomic():
                with seen_by(viewer):
                    assert counted() == seen(number)
                transaction.set_rollback(True)
            assert counted() == 2
        with seen_by(viewer):
            assert counted() == seen(number)
        assert counted() == seen(0)


@pytest.mark.django_db(transaction=True)
def test_what_was_taken_back_outside_a_transaction_is_told_again(ours: Tenant) -> None:
    with as_system():
        assert counted() == 2
    with transaction.atomic():
        with seen_by(ours.member):
            assert counted() == seen(1)
        transaction.set_rollback(True)
    assert counted() == seen(0)
    with seen_by(ours.member):
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM findings_finding")
        assert counted() == seen(1)
    assert counted() == seen(0)


def test_every_kind_of_statement_tells(ours: Tenant) -> None:
    if not has_fence():
        return
    ways = []
    with connection.cursor() as cursor:
        bare = cursor.cursor
        for way in ("values", "copy", "explain", "stream", "many", "held"):
            counted()  # so that nobody looks
            with seen_by(ours.member):
                if way == "copy":
                    with bare.copy("COPY (SELECT id FROM findings_finding) TO STDOUT") as copy:
                        ways.append(len(list(copy.rows())))
                elif way == "explain":
                    cursor.execute("EXPLAIN (ANALYZE, COSTS off) SELECT * FROM findings_finding")
                    ways.append(int("rows=1 " in cursor.fetchone()[0]))
                elif way == "stream":
                    ways.append(len(list(bare.stream("SELECT id FROM findings_finding"))))
                elif way == "many":
                    cursor.executemany("UPDATE findings_finding SET port = %s", [[80]])
                    ways.append(cursor.rowcount)
                elif way == "held":
                    ways.append(len(list(Finding.objects.iterator(chunk_size=1))))
                else:
                    cursor.execute("VALUES (1)")
                    ways.append(counted())
    assert ways == [1] * 6


def test_a_stream_is_asked_for_the_one_who_began_it(ours: Tenant) -> None:
    if not has_fence():
        return
    with connection.cursor() as cursor:
        with seen_by(ours.member):
            rows = cursor.cursor.stream("SELECT id FROM findings_finding")
        with as_system():
            assert counted() == 2
            assert len(list(rows)) == 1
            assert counted() == 2


def test_a_cursor_of_the_server_goes_on_for_the_one_who_asked(ours: Tenant) -> None:
    with as_system():
        rows = Finding.objects.order_by("pk").iterator(chunk_size=1)
        first = next(rows)
    with seen_by(ours.member):
        assert counted() == seen(1)
    assert [first.pk, *(row.pk for row in rows)] == [1, 2]


def test_a_name_is_no_sql() -> None:
    for name in ("o'hara 100%", "a\\' b", "%s", ""):
        with seen_by(Viewer(name)), connection.cursor() as cursor:
            cursor.execute("SELECT %s", ["50%"])
            assert cursor.fetchone() == ("50%",)
            assert not has_fence() or setting("name") == name


def test_a_page_is_asked_no_more_often(ours: Tenant) -> None:
    with CaptureQueriesContext(connection) as caught:
        for viewer in (ours.member, ours.responder):
            with seen_by(viewer):
                assert Finding.objects.count() == 1
    assert len(caught) == 2
