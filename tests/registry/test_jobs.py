"""The job that looks at proofs: real names on the loopback, and nothing while offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.engines.dns.conftest import serving

from pehra.mandate.models import Organisation
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry import actions
from pehra.registry.actions import Ask
from pehra.registry.jobs import check_controls
from pehra.registry.queries.controls import control

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pehra.kernel.actors import Actor


@pytest.mark.django_db
def test_due_proofs_are_looked_at(
    actor: Actor, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    bank = Organisation.objects.create(slug="bank", name="Bank").pk
    asked = actions.ask_control(Ask(bank, "bank.example", "dns-txt"), actor=actor, now=now)
    view = control(asked.proof, viewer=SYSTEM_VIEWER)
    assert view is not None
    told: list[tuple[int, int]] = []

    def note(done: int, total: int) -> None:
        told.append((done, total))

    with serving() as names:
        names.records["_pehra-control.bank.example"] = [f'"pehra-control={view.token}"']
        port = names.server_address[1]
        (tmp_path / "pehra.toml").write_text(
            f'[dns]\nresolvers = ["127.0.0.1"]\nport = {port}\n[fetch]\noffline = true\n'
        )
        offline = check_controls({}, now=now, progress=note)
        assert offline == {"looked": 0, "ended": 0, "offline": True}
        (tmp_path / "pehra.toml").write_text(f'[dns]\nresolvers = ["127.0.0.1"]\nport = {port}\n')
        assert check_controls({}, now=now, progress=note) == {"looked": 1, "ended": 0, "proved": 1}
        assert check_controls({}, now=now, progress=note) == {"looked": 0, "ended": 0}
    assert told == [(1, 1)]
