"""Real lists over years, and their real faults: which are found, and how often nothing was wrong.

`../shared/data/derived/feed-health-dev.csv` says what befell 126 lists. Each is judged here as it
came, snapshot by snapshot, by the rules by which ingest judges. A person looks at what is held and
accepts it at the third snapshot that is as the first. The table in `docs/feed-health.md` is what
comes of it: `PEHRA_WRITE_PAGES=1` writes it anew.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import sys
import tarfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec
import pytest
import zstandard

from pehra.intake.canaries import canaries
from pehra.intake.health import Kind, Taken, flags, silent_since

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.service, pytest.mark.long]

ROOT = Path(__file__).parents[2]
DATA = ROOT / ".." / "shared" / "data"
PAGE = ROOT / "docs" / "feed-health.md"
BEGIN, END = "<!-- figures: made by tests/intake/test_feed_health.py -->\n", "<!-- end -->"
LOOKS_AT = 3
"""The snapshot in a row, held for one reason, at which a person accepts it."""
RARELY = {"threatfox-ips": 40, "openphish": 40, "datashield-ipv4": 10, "scriptzteam-levels": 10}
"""Of these each so-manyth snapshot is looked through for canaries: they hold millions of lines."""
_KNOWN = canaries(frozenset({"PK"}))
_NAMES = sorted({*_KNOWN.addresses.values(), *_KNOWN.names})
_CANARY = re.compile(
    rb"(?m)^\"?(" + b"|".join(re.escape(name.encode()) for name in _NAMES) + rb")(?=[\s,;\"#:]|$)"
)
LEAST = 50
"""The table of faults takes no notice of what befalls a list of fewer lines than this."""


RHYTHMS = {"blackbook": 31 * 24, "c2tracker-weekly": 7 * 24, "openphish": 12}
RHYTHMS |= dict.fromkeys(("spamhaus-drop", "usom-ips"), 7 * 24)
"""Hours between two snapshots, where that is not a day."""


class Snapshot(msgspec.Struct, frozen=True):
    """A file of an archive."""

    at: datetime
    lines: int
    digest: str
    canaries: frozenset[str]


class Story(msgspec.Struct):
    """What befell lists, and what was said of them.

    Attributes:
        faults: of the table: empties begun, falls under half, rises over twice.
        found: those at which the list is held.
        back: those by which a list that is held comes back to its size.
        small: those of lists so small that such a change says nothing.
        missed: the others.
        alarms: raised, by kind; false: those of which nothing is to be seen in the list.
    """

    lists: int = 0
    snapshots: int = 0
    faults: int = 0
    found: int = 0
    back: int = 0
    small: int = 0
    missed: int = 0
    alarms: Counter[str] = msgspec.field(default_factory=Counter)
    false: int = 0

    def add(self, other: Story) -> None:
        """Add another's figures to these."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def lines_of(data: bytes) -> int:
    """Records: lines that are neither blank nor a note."""
    text = data.strip()
    if not text:
        return 0
    if not (b"#" in text or b";" in text or b"\n\n" in text):
        return text.count(b"\n") + 1
    return sum(1 for line in text.splitlines() if line.strip() and line[:1] not in b"#;")


def archive(feed: str) -> Iterator[tuple[str, Snapshot]]:
    """Every file of an archive, as it lies there: the list's name, and a snapshot of it."""
    unpack = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    with (
        (DATA / "timeseries" / f"{feed}.tar.zst").open("rb") as packed,
        tarfile.open(fileobj=unpack.stream_reader(packed), mode="r|") as members,
    ):
        for place, member in enumerate(members):
            file = members.extractfile(member) if member.isfile() else None
            if file is None:
                continue
            path, data = PurePosixPath(member.name), file.read()
            name, stamp = (path.name, path.parts[1]) if len(path.parts) > 2 else ("", path.stem)
            at = datetime.strptime(stamp, "%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC)
            looked = place % RARELY.get(feed, 1) == 0
            named = frozenset(hit.decode() for hit in _CANARY.findall(data)) if looked else ()
            digest = hashlib.sha256(data).hexdigest()
            yield name, Snapshot(at, lines_of(data), digest, frozenset(named))


def befell(before: Snapshot, now: Snapshot) -> set[Kind]:
    """What the table of faults calls one, between a snapshot and the next."""
    found = set()
    if not now.lines and before.lines:
        found.add(Kind.EMPTY)
    elif before.lines >= LEAST and now.lines < before.lines / 2:
        found.add(Kind.SHRUNK)
    elif before.lines >= LEAST and now.lines > before.lines * 2:
        found.add(Kind.JUMPED)
    return found


def judged(snapshots: list[Snapshot], every: timedelta) -> Story:
    """Judge a list from its first snapshot to its last."""
    story = Story(lists=1, snapshots=len(snapshots))
    past: list[Taken] = []
    lasting: Counter[Kind] = Counter()
    accepted: frozenset[str] = frozenset()
    for place, one in enumerate(snapshots):
        now = Taken(one.lines, one.at, one.digest)
        wrong = {flag.kind for flag in flags(now, past, one.canaries - accepted)}
        fault = befell(snapshots[place - 1], one) if place else set[Kind]()
        _compare(story, past, now, (wrong, fault, set(lasting)))
        if silent_since([two.at for two in snapshots[max(0, place - 16) : place]], every, one.at):
            story.alarms[Kind.SILENT] += 1
        lasting = Counter({kind: lasting[kind] + 1 for kind in wrong})
        accept = bool(wrong) and min(lasting.values()) >= LOOKS_AT
        if accept:
            accepted |= one.canaries
            lasting = Counter()
        past.append(msgspec.structs.replace(now, trusted=not wrong or accept, accepted=accept))
    return story


def _compare(
    story: Story, past: list[Taken], now: Taken, said: tuple[set[Kind], set[Kind], set[Kind]]
) -> None:
    wrong, fault, lasting = said
    for kind in wrong - lasting:
        story.alarms[kind] += 1
        ratio = now.rows / max(1, next((one.rows for one in past[::-1] if one.trusted), 0))
        story.false += kind in {Kind.SHRUNK, Kind.JUMPED} and 0.5 <= ratio <= 2
    story.faults += bool(fault)
    if not fault or wrong:
        story.found += bool(fault)
    elif not past[-1].trusted:
        story.back += 1
    elif max(now.rows, past[-1].rows) < 2 * LEAST:
        story.small += 1
    else:
        story.missed += 1


def check(row: dict[str, str], snapshots: list[Snapshot]) -> None:
    """What befell a list is what the table of faults says."""
    steps = [
        (before.lines, now.lines) for before, now in pairwise(snapshots) if before.lines >= LEAST
    ]
    assert row == {
        **row,
        "snapshots": str(len(snapshots)),
        "drops_over_50pct": str(sum(now < before / 2 for before, now in steps)),
        "jumps_over_2x": str(sum(now > before * 2 for before, now in steps)),
    }


def table() -> str:
    """What became of the lists of each archive, as the page shows it."""
    with (DATA / "derived" / "feed-health-dev.csv").open() as stream:
        rows = {(row["feed"], row["file"]): row for row in csv.DictReader(stream)}
    lists: dict[tuple[str, str], list[Snapshot]] = {}
    for feed in sorted({feed for feed, _ in rows}):
        for name, one in archive(feed):
            lists.setdefault((feed, name), []).append(one)
    stories: dict[str, Story] = {}
    for (feed, name), row in rows.items():
        snapshots = sorted(lists[feed, name], key=lambda one: one.at)
        check(row, snapshots)
        hours = RHYTHMS.get(feed, 24)
        stories.setdefault(feed, Story()).add(judged(snapshots, timedelta(hours=hours)))
    whole = Story()
    for story in stories.values():
        whole.add(story)
    assert (whole.missed, whole.false) == (0, 0)
    lines = [_line(feed, story) for feed, story in sorted(stories.items())]
    return "\n".join((*HEAD, *lines, _line("**all**", whole), ""))


HEAD = (
    "| archive | lists | snapshots | faults | found | back | small | missed | alarms | false |",
    "|---|--:|--:|--:|--:|--:|--:|--:|---|--:|",
)


def _line(name: str, story: Story) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(story.alarms.items())) or "none"
    numbers = (story.faults, story.found, story.back, story.small, story.missed)
    cells = (name, story.lists, story.snapshots, *numbers, kinds, story.false)
    return f"| {' | '.join(map(str, cells))} |"


def test_the_page_says_what_became_of_real_faults() -> None:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    told, _, after = rest.partition(END)
    made = table()
    if os.environ.get("PEHRA_WRITE_PAGES") == "1":
        PAGE.write_text(f"{before}{BEGIN}{made}{END}{after}")
        told = made
    assert told == made


if __name__ == "__main__":
    sys.stdout.write(table())
