"""Findings follow their lead teams when the structure, or the day, brings others."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pehra.findings.actions.leads import follow_leads
from pehra.findings.models import Finding
from pehra.jobs.work import run_due
from pehra.kernel.actors import SYSTEM
from pehra.ledger.queries import recent
from pehra.mandate.actions import set_team_status
from pehra.mandate.models import Organisation, Sector, Team
from pehra.mandate.tenancy import as_system
from pehra.registry.models import Asset

if TYPE_CHECKING:
    from tests.findings.conftest import House


@pytest.fixture
def three(watch: House) -> House:
    """A finding of a bank, one of a telecom holder, one of nobody."""
    watch.telnet("2026-11-20", 10, 200)
    line = "2026-11-20 05:00:00,high,198.51.100.1,tcp,23,telnet,64501,PK"
    watch.take_in(watch.report("scan_telnet", "2026-11-20", [line]))
    run_due(watch.now)
    return watch


def follow(watch: House) -> int:
    def progress(done: int, total: int) -> None:
        assert done == total

    return follow_leads(now=watch.now, actor=SYSTEM, progress=progress)


def teams() -> dict[str, str | None]:
    """Slug of the holder -> slug of the lead team."""
    with as_system():
        rows = Finding.objects.values_list("organisation__slug", "team__slug")
        return {holder or "nobody": team for holder, team in rows}


def test_a_team_that_cannot_be_reached_leads_no_longer(three: House) -> None:
    assert teams() == {"river-bank": "cert-pb", "hill-net": "ntcert", "nobody": "ncert"}
    assert follow(three) == 0
    set_team_status("ntcert", "active", reachable=False, actor=SYSTEM, now=three.now)
    before = len(recent())
    # The act itself has put the job into the queue.
    assert run_due(three.now) >= 1
    assert teams() == {"river-bank": "cert-pb", "hill-net": "cert-kp", "nobody": "ncert"}
    told = [entry for entry in recent() if entry.act == "findings.follow-lead"]
    assert ([entry.facts for entry in told], len(recent())) == ([{"findings": 1}], before + 1)
    assert follow(three) == 0


def test_a_new_day_brings_other_teams(three: House) -> None:
    tomorrow = three.now.date() + timedelta(days=1)
    Team.objects.filter(slug="ncert").update(valid_to=tomorrow)
    Team.objects.create(slug="next", name="Next", tier="national", valid_from=tomorrow)
    assert follow(three) == 0
    three.now += timedelta(days=1)
    assert follow(three) == 1
    assert teams() == {"river-bank": "cert-pb", "hill-net": "ntcert", "nobody": "next"}


def test_a_register_that_moves_a_holder_moves_its_findings(three: House) -> None:
    banking = Sector.objects.get(slug="banking")
    Organisation.objects.filter(slug="hill-net").update(sector=banking)
    three.register(b"organisation,name,kind,asset\nnew,New,prefix,203.0.113.0/24\n")
    assert run_due(three.now) >= 1
    assert teams()["hill-net"] == "cert-kp"


def test_a_decision_on_the_asset_stands_over_routing(three: House) -> None:
    other = Team.objects.get(slug="cert-sd")
    Asset.objects.filter(value="192.0.2.0/25").update(lead_team=other)
    assert follow(three) == 1
    assert teams() == {"river-bank": "cert-sd", "hill-net": "ntcert", "nobody": "ncert"}
    assert follow(three) == 0


def test_a_nation_without_a_national_team_leads_on_no_stranger(three: House) -> None:
    Team.objects.filter(tier="national").update(status="dissolved")
    assert follow(three) >= 1
    assert teams()["nobody"] is None
    assert follow(three) == 0
