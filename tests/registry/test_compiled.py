"""The compiled index is of the state that register, routing and address table are in."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from pehra.kernel.settings import Home
from pehra.mandate.models import Organisation, Team
from pehra.registry import actions, networks

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pehra.kernel.actors import Actor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pakistan")]
DAY = date(2026, 11, 22)


class Desk:
    """Someone who imports."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self.actor = actor
        self.now = now

    def takes(self, line: str) -> None:
        """Import one row."""
        data = f"organisation,name,sector,asset\n{line}\n".encode()
        actions.import_register(data, "r.csv", actor=self.actor, now=self.now)


@pytest.fixture
def desk(actor: Actor, now: datetime) -> Desk:
    return Desk(actor, now)


def test_the_index_is_compiled_when_stale(desk: Desk, tmp_path: Path) -> None:
    home = Home(tmp_path)
    desk.takes("a,A,,AS64500")
    first = actions.current_holdings(home, DAY)
    assert (first.revision, first.size) == (1, 1)
    manifest = (home.indexes / "holdings" / "manifest.json").read_bytes()
    actions.current_holdings(home, DAY)
    assert (home.indexes / "holdings" / "manifest.json").read_bytes() == manifest
    desk.takes("a,,,192.0.2.0/24")
    assert actions.current_holdings(home, DAY).size == 2
    (home.indexes / "holdings" / "manifest.json").write_text("torn")
    assert actions.current_holdings(home, DAY).size == 2


def test_the_index_follows_the_routing(desk: Desk, tmp_path: Path) -> None:
    home = Home(tmp_path)
    desk.takes("a,A,telecom,AS64500")
    actions.current_holdings(home, DAY)
    before = (home.indexes / "holdings.from").read_text()
    Organisation.objects.filter(slug="a").update(sector=None)
    actions.current_holdings(home, DAY)
    assert (home.indexes / "holdings.from").read_text() != before


def test_the_index_follows_the_day(desk: Desk, tmp_path: Path) -> None:
    home = Home(tmp_path)
    desk.takes("a,A,telecom,AS64500")
    Team.objects.filter(slug="ntcert").update(valid_to=DAY + timedelta(days=1))
    state = home.indexes / "holdings.from"
    actions.current_holdings(home, DAY)
    today = state.read_text()
    actions.current_holdings(home, DAY + timedelta(days=1))
    assert state.read_text() != today


def test_the_index_follows_the_address_table(desk: Desk, tmp_path: Path) -> None:
    home = Home(tmp_path)
    desk.takes("a,A,,AS64500")
    before = actions.current_holdings(home, DAY).segments
    asns = tmp_path / "asn.csv"
    asns.write_text("192.0.2.0,192.0.2.255,64500,Exercise One\n")
    networks.build([asns], home.indexes / "networks", now=desk.now)
    assert actions.current_holdings(home, DAY).segments > before
