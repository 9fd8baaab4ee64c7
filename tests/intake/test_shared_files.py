"""Every file of the shared data for which there is a reader is read, and its rejects are true.

Of the long series a few snapshots, evenly spread; PEHRA_EVERY_FILE=1 reads all of them (57 million
rows, ten minutes) and prints a table.
"""

from __future__ import annotations

import ipaddress
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import PurePath

import polars as pl
import pytest
from tests.intake.agreement import DATA
from tests.intake.shared_files import READ, Kept, files, names

from pehra.intake.discover import sources
from pehra.intake.source import Delivery, Part
from pehra.kernel.errors import UnreadableFile

pytestmark = pytest.mark.service
Deliver = Callable[..., Delivery]
EVERY = bool(os.environ.get("PEHRA_EVERY_FILE"))
FILES = 4
"""Of an archive, unless all are read."""
LISTS = {"tor-exits": "#", "ipsum": "#", "spamhaus-drop": ";", "openphish": "#"}
"""Sources of plain lists: what a note begins with."""
NOTHING = ("The file is empty.", "The file holds no MISP event.", "The file holds no STIX objects.")


def _chosen(kept: Kept) -> set[str]:
    found = names(kept)
    return set(found if EVERY else found[:: -max(1, len(found) // FILES)][:FILES])


def _records(data: bytes, mark: str) -> int:
    """Lines that are neither blank nor notes, counted by hand."""
    lines = (line.strip() for line in data.splitlines())
    return sum(bool(line) and not line.startswith(mark.encode()) for line in lines)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip())
    except ValueError:
        return False
    return True


def _check(kept: Kept, data: bytes, parts: list[Part]) -> None:
    rows = sum(part.rows for part in parts)
    rejects = [one for part in parts for one in part.rejects]
    accepted = sum(part.table.height for part in parts)
    assert rows == accepted + len(rejects)
    if kept.source in LISTS:
        assert rows == _records(data, LISTS[kept.source])
    for one in rejects:
        assert data[one.offset : one.offset + len(one.raw)] == one.raw
        if one.reason == "address":
            assert not _is_address(one.detail.split("`")[3])


@pytest.mark.parametrize("kept", READ, ids=lambda one: f"{one.source} {one.archive}")
def test_files_are_read_and_rejects_are_true(kept: Kept, deliver: Deliver) -> None:
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    began = time.monotonic()
    for name, data in files(kept, _chosen(kept)):
        counts["files"] += 1
        delivery = deliver(data, PurePath(name).name, options=kept.options)
        try:
            parts = list(sources()[kept.source].read(delivery).parts)
        except UnreadableFile as refused:
            assert refused.message in NOTHING  # noqa: PT017 which refusal is what is asked
            counts["refused"] += 1
            continue
        _check(kept, data, parts)
        counts["rows"] += sum(part.rows for part in parts)
        counts["accepted"] += sum(part.table.height for part in parts)
        reasons.update(one.reason for part in parts for one in part.rejects)
    assert counts["files"] > 0
    assert counts["rows"] == counts["accepted"] + reasons.total()
    print(  # noqa: T201 the table that -s shows
        f"\n| {kept.source} | {kept.archive} | {counts['files']} | {counts['refused']} "
        f"| {counts['rows']} | {counts['accepted']} | {dict(reasons)} "
        f"| {time.monotonic() - began:.1f} |"
    )


def test_the_table_names_files_of_the_manifest() -> None:
    table = pl.read_csv(DATA / "MANIFEST.tsv", separator="\t", quote_char=None)
    listed = [PurePath(path) for path in table["path"]]
    assert [one.archive for one in READ if not any(p.match(one.archive) for p in listed)] == []


def test_every_tor_exit_is_context() -> None:
    assert sources()["tor-exits"].role.value == "report"
