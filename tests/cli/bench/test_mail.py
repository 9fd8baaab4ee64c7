"""The bench of mail, small: every letter arrives."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import pytest

from pehra.cli.bench import mail

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.either
@pytest.mark.django_db
def test_every_letter_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path))
    (tmp_path / "keys").mkdir()
    with mail.Sink(("127.0.0.1", 0), mail.Talk) as server:
        beside = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        beside.start()
        mail.set_up(tmp_path, server.server_address[1], 2)
        found = mail.measure({"letters": 2})
        server.shutdown()
        beside.join()
        assert (found["letters"], server.taken) == (2, 2)
    assert found["mails_per_hour"] > 0
