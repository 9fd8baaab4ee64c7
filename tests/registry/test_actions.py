"""Importing, proposing, deciding: rows, reports, revisions, work items, ledger entries."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from pehra.jobs.models import Job
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.models import Entry
from pehra.mandate.models import Organisation
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry import actions, networks, queries
from pehra.registry.actions import Imported, Manner
from pehra.registry.models import Claim, WorkItem
from pehra.registry.register_text import to_csv

if TYPE_CHECKING:
    from pathlib import Path

    from pehra.kernel.actors import Actor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pakistan")]
DAY = date(2026, 11, 22)
SAMPLE = (resources.files("pehra.registry") / "data" / "sample.yaml").read_bytes()
HEADER = "organisation,name,sector,asset,source,confidence,use,valid_from,valid_to\n"


class Desk:
    """Someone who imports at a moment that moves on."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self.actor = actor
        self.now = now

    def takes(self, *lines: str, manner: Manner | None = None) -> Imported:
        """Import rows of CSV, an hour after the last ones."""
        self.now += timedelta(hours=1)
        data = (HEADER + "\n".join(lines)).encode()
        return actions.import_register(
            data, "r.csv", actor=self.actor, now=self.now, manner=manner or Manner()
        )


@pytest.fixture
def desk(actor: Actor, now: datetime) -> Desk:
    return Desk(actor, now)


def claims() -> list[tuple[str, str, int, str, bool, bool]]:
    with as_system():
        return [
            (
                claim.organisation.slug,
                str(claim.asset),
                claim.confidence,
                claim.use,
                claim.valid_to is None,
                claim.withdrawn_at is None,
            )
            for claim in Claim.objects.order_by("pk").select_related("organisation", "asset")
        ]


def acts() -> list[str]:
    return list(Entry.objects.filter(act__startswith="registry").values_list("act", flat=True))


def test_the_sample_goes_in_once(actor: Actor, now: datetime) -> None:
    found = actions.import_register(SAMPLE, "sample.yaml", actor=actor, now=now)
    assert (found.counts, found.revision) == ({"added": 44}, 1)
    again = actions.import_register(SAMPLE, "sample.yaml", actor=actor, now=now)
    assert (again.counts, again.revision) == ({"unchanged": 25}, 1)
    assert acts() == ["registry.import"]
    assert Job.objects.filter(kind="registry.changed").count() == 1
    assert WorkItem.objects.count() == 0


def test_what_is_exported_changes_nothing_when_imported(actor: Actor, now: datetime) -> None:
    actions.import_register(SAMPLE, "sample.yaml", actor=actor, now=now)
    text = to_csv(queries.register_rows(viewer=SYSTEM_VIEWER))
    found = actions.import_register(text.encode(), "e.csv", actor=actor, now=now)
    assert found.counts == {"unchanged": 25}


def test_a_history_is_exported_and_read_back(desk: Desk) -> None:
    desk.takes("a,A,banking,AS64500,,90,,2026-01-01,")
    desk.takes("a,,,AS64500,,80,,2026-01-01,")
    desk.takes("a,,,AS64500,,70,,2026-01-01,")
    text = to_csv(queries.register_rows(viewer=SYSTEM_VIEWER))
    found = actions.import_register(text.encode(), "e.csv", actor=desk.actor, now=desk.now)
    assert found.counts == {"unchanged": 3}
    assert desk.takes("a,,,AS64500,,70,,2026-01-01,").counts == {"unchanged": 1}


def test_a_dry_run_says_all_and_changes_nothing(desk: Desk) -> None:
    desk.takes("a,A,banking,AS64500,,,,,")
    rows = ("a,,,AS64500,,50,,,", "b,B,,AS64500,,,,,")
    dry = desk.takes(*rows, manner=Manner(dry_run=True))
    assert dry.counts == {"added": 2, "changed": 1, "conflict": 1}
    assert (len(claims()), WorkItem.objects.count(), queries.revision()) == (1, 0, 1)
    assert desk.takes(*rows).counts == dry.counts


def test_a_change_closes_and_adds(desk: Desk) -> None:
    desk.takes("a,A,,192.0.2.0/24,,100,static,,")
    found = desk.takes("a,,,192.0.2.0/24,,80,dynamic,,")
    assert found.report.rows() == [
        (2, "changed", "192.0.2.0/24 of a", "confidence: 100 -> 80, use: static -> dynamic")
    ]
    assert claims() == [
        ("a", "192.0.2.0/24", 100, "static", False, True),
        ("a", "192.0.2.0/24", 80, "dynamic", True, True),
    ]
    with as_system():
        old, new = Claim.objects.order_by("pk")
    assert old.valid_to == new.valid_from == desk.now


def test_a_correction_withdraws(desk: Desk) -> None:
    desk.takes("a,A,,AS64500,,,,2026-01-01,")
    desk.takes("a,,,AS64500,,,,2026-03-01,")
    assert [row[4:] for row in claims()] == [(True, False), (True, True)]
    assert queries.claims_frame(DAY)["valid_from"].dt.month().to_list() == [3]


def test_known_facts_are_kept_unless_told(desk: Desk) -> None:
    desk.takes("a,A,banking,AS64500,,,,,")
    found = desk.takes("a,B,power,AS64500,,,,,")
    assert found.counts == {"conflict": 2, "unchanged": 1}
    told = found.report["detail"].to_list()
    assert told[0] == "name is `A` here and `B` in the file; kept, see --overwrite"
    assert desk.takes("a,B,power,AS64500,,,,,", manner=Manner(overwrite=True)).counts == {
        "changed": 1,
        "unchanged": 1,
    }
    row = Organisation.objects.get(slug="a")
    assert (row.name, row.sector and row.sector.slug) == ("B", "power")


def test_nameless_strangers_are_rejected_once(desk: Desk) -> None:
    found = desk.takes("a,,,AS64500,,,,,", "b,,,,,,,,", "c,C,,AS64501,,,,,")
    assert found.counts == {"added": 2, "rejected": 2}
    assert list(Organisation.objects.filter(slug__in="abc").values_list("slug", flat=True)) == ["c"]


def test_conflicts_open_one_item_and_close_it(desk: Desk) -> None:
    desk.takes("a,A,,AS64500,,,,,", "b,B,,AS64500,registry,,,,")
    assert WorkItem.objects.count() == 0
    assert desk.takes("b,,,AS64500,,,,,").counts == {"added": 1, "conflict": 1}
    assert desk.takes("c,C,,AS64501,,,,,").counts == {"added": 2}
    item = WorkItem.objects.get()
    assert (item.kind, item.subject) == ("conflict", "asn 64500 (manual)")
    desk.takes("a,,,AS64500,,,,,2026-01-01")
    desk.takes("b,,,AS64500,,,,2026-01-01,")
    item.refresh_from_db()
    assert item.outcome == "The claims no longer overlap."


def test_a_settled_conflict_stays_settled(desk: Desk) -> None:
    desk.takes("a,A,,AS64500,,,,,", "b,B,,AS64500,,,,,")
    item = WorkItem.objects.get()
    with pytest.raises(UsageError):
        actions.close_work_item(item.pk, " ", actor=desk.actor, now=desk.now)
    actions.close_work_item(item.pk, "They share it.", actor=desk.actor, now=desk.now)
    desk.takes("c,C,,AS64501,,,,,")
    assert queries.work_items(viewer=SYSTEM_VIEWER) == []
    desk.takes("c,,,AS64500,,,,,")
    assert len(queries.work_items(viewer=SYSTEM_VIEWER)) == 1


def test_a_withdrawn_claim_attributes_nothing(desk: Desk) -> None:
    desk.takes("a,A,,AS64500,,,,,")
    number = queries.claims_frame(DAY)["claim"][0]
    actions.withdraw_claim(number, "A wrong letter.", actor=desk.actor, now=desk.now)
    assert queries.claims_frame(DAY).is_empty()
    with pytest.raises(UsageError):
        actions.withdraw_claim(number, "again", actor=desk.actor, now=desk.now)


@pytest.fixture
def table(tmp_path: Path, now: datetime) -> networks.Networks:
    """AS64500 mostly in PK, AS64501 mostly elsewhere, AS64502 in PK by IPv6 only."""
    asns = tmp_path / "asn.csv"
    asns.write_text(
        "192.0.2.0,192.0.2.255,64500,Exercise One\n"
        "198.51.100.0,198.51.100.255,64501,Exercise Two\n"
        "2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,64502,Exercise Three\n"
    )
    countries = tmp_path / "country.csv"
    countries.write_text(
        "192.0.2.0,192.0.2.191,PK\n192.0.2.192,192.0.2.255,AE\n198.51.100.0,198.51.100.63,PK\n"
        "198.51.100.64,198.51.100.255,AE\n2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,PK\n"
    )
    return networks.build([asns, countries], tmp_path / "networks", now=now)


def test_a_country_is_proposed_once(table: networks.Networks, actor: Actor, now: datetime) -> None:
    dry = actions.import_country("pk", table, actor=actor, now=now, dry_run=True)
    assert (dry.counts, Organisation.objects.filter(slug="as64500").count()) == ({"added": 4}, 0)
    assert actions.import_country("PK", table, actor=actor, now=now).counts == {"added": 4}
    assert actions.import_country("PK", table, actor=actor, now=now).counts == {}
    found = Organisation.objects.filter(standing="proposed").order_by("slug")
    assert [(row.slug, row.name, row.country) for row in found] == [
        ("as64500", "Exercise One", "PK"),
        ("as64502", "Exercise Three", "PK"),
    ]
    assert WorkItem.objects.filter(kind="proposal").count() == 2
    with pytest.raises(UsageError):
        actions.import_country("ZZ", table, actor=actor, now=now)


def test_proposals_are_decided(table: networks.Networks, actor: Actor, now: datetime) -> None:
    actions.import_country("PK", table, actor=actor, now=now)
    actions.decide_proposal("as64500", accept=True, actor=actor, now=now)
    actions.decide_proposal("as64502", accept=False, actor=actor, now=now)
    assert [row[0] for row in claims() if row[5]] == ["as64500"]
    assert WorkItem.objects.filter(closed_at__isnull=True).count() == 0
    assert actions.import_country("PK", table, actor=actor, now=now).counts == {}
    with pytest.raises(Refused):
        actions.decide_proposal("as64500", accept=True, actor=actor, now=now)
    with pytest.raises(UsageError):
        actions.decide_proposal("nobody", accept=True, actor=actor, now=now)


def test_a_register_confirms_a_proposal(table: networks.Networks, desk: Desk) -> None:
    actions.import_country("PK", table, actor=desk.actor, now=desk.now)
    desk.takes("as64500,,,192.0.2.0/24,,,,,")
    assert Organisation.objects.get(slug="as64500").standing == "confirmed"
