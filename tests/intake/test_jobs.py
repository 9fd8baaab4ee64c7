"""A new data key: what lies under the older ones is sealed anew, and they go when nothing does."""

from __future__ import annotations

import io
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pehra.engines.blobs import files as blobs
from pehra.engines.sealed import ring, stream
from pehra.intake import actions
from pehra.intake.jobs import seal_anew
from pehra.intake.models import Batch, Reject
from pehra.intake.source import Reject as ReadReject
from pehra.jobs.models import Job
from pehra.kernel.actors import Actor
from pehra.kernel.ids import reject_context
from pehra.kernel.settings import Home, home_path
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from pathlib import Path

BY = Actor(name="a", office="operator")


def job() -> dict[str, Any]:
    return seal_anew({}, now=clock(), progress=lambda *_: None) or {}


@pytest.mark.django_db
def test_all_is_sealed_anew_and_old_keys_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEHRA_HOME", str(tmp_path / "home"))
    home: Home = home_path()
    home.blobs.mkdir(parents=True)
    kept = [blobs.keep(home, io.BytesIO(text), largest=99) for text in (b"one", b"two")]
    plain = blobs.path_of(home.blobs, kept[0].sha256).with_suffix("")
    kept[0].path.unlink()
    plain.write_bytes(b"one")  # as the first release kept it
    batch = Batch.objects.create(
        id="b" * 32, sha256=kept[1].sha256, source="s", file_name="f", size=3, received_at=clock()
    )
    Reject.objects.create(
        batch=batch, row=7, line=8, offset=9, reason="time", detail="", raw=b"old row"
    )
    actions.keep_rejects(
        batch.id, [ReadReject(row=8, line=9, offset=0, reason="time", detail="", raw=b"row")]
    )
    new = ring.add(home)
    queued = actions.rotate(new.id.hex(), actor=BY, now=clock())
    assert Job.objects.get(id=queued).kind == "intake.reseal"
    assert job() == {
        "plain": 1,
        "files": 1,
        "evidence": 0,
        "rejects": 2,
        "letters": 0,
        "retired": 0,
    }
    assert job() == {
        "plain": 0,
        "files": 0,
        "evidence": 0,
        "rejects": 0,
        "letters": 0,
        "retired": 0,
    }
    assert len(ring.ring(home).keys) == 2  # the new one is young: who took the ring may be at work
    long_ago = (clock() - timedelta(days=2)).timestamp()
    os.utime(ring.key_file(home), (long_ago, long_ago))
    assert job()["retired"] == 1
    assert ring.ring(home).keys == (new,)
    for one, text in zip(kept, (b"one", b"two"), strict=True):
        with blobs.opened(home, one.sha256) as path:
            assert path.read_bytes() == text
    raw = {row.row: bytes(row.raw) for row in Reject.objects.all()}
    assert {
        row: stream.open_value(value, ring.ring(home), reject_context(batch.id, row))
        for row, value in raw.items()
    } == {7: b"old row", 8: b"row"}
