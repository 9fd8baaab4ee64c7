"""`pehra prune`, `holds`: what is said of what goes, and of what stays."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pehra.engines.blobs import files as blobs
from pehra.intake.models import Batch
from pehra.kernel.settings import Home
from pehra.kernel.time import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_old_files_go_unless_they_are_held(open_for_work: Callable[..., Any], place: Path) -> None:
    pehra = open_for_work
    old = clock() - timedelta(days=40)
    Batch.objects.update(received_at=old)
    for path in blobs.kept(Home(place)).values():
        os.utime(path, (old.timestamp(), old.timestamp()))
    assert pehra("prune", "--dry-run", "--json").said["files"] == 2
    told = pehra("holds", "set", "source", "shadowserver", "--ground", "case 7", "--json")
    assert pehra("prune", "--json").said["files"] == 0
    shown = pehra("holds", "list", "--json").said["holds"]
    assert [(one["id"], one["kind"], one["value"], one["ground"]) for one in shown] == [
        (told.said["hold"], "source", "shadowserver", "case 7")
    ]
    assert "case 7" in pehra("holds", "list").out
    checks = {one["what"]: one["found"] for one in pehra("doctor", "--json").said["checks"]}
    assert checks["holds"].startswith("1 legal holds, the oldest since 2")
    assert pehra("holds", "lift", str(told.said["hold"])).code == 0
    assert pehra("holds", "lift", str(told.said["hold"])).code == 2
    gone = pehra("prune", "--json").said
    assert (gone["files"], gone["rejects"], gone["dry_run"]) == (2, 3, False)
    assert pehra("prune").out.startswith("0 observations were cut and 0 deleted")


def test_a_hold_names_what_is_there(open_for_work: Callable[..., Any]) -> None:
    pehra = open_for_work
    told = pehra("holds", "set", "organisation", "nobody", "--ground", "case 7", "--json")
    assert (told.code, told.said["error"]) == (2, "There is no organisation `nobody`.")
    assert pehra("holds", "set", "organisation", "exercise-bank", "--ground", "c").code == 0
    assert pehra("holds", "set", "street", "x", "--ground", "c", "--json").code == 2
