"""What arrives, whichever way: unpacked, each plain file taken in, its source's health noted.

Command, fetcher, watched folder and mail all come here. A file that cannot be unpacked is kept as
it came, as a batch that says why.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pehra.engines.blobs.room import check as check_room
from pehra.engines.lake.lock import only_one
from pehra.findings import ingest as way
from pehra.findings.kept import coming
from pehra.intake import actions as intake
from pehra.intake.discover import source as find_source
from pehra.intake.fetching import actions as health
from pehra.intake.source import Delivery
from pehra.intake.unpack import Limits, is_packed, unpacked
from pehra.kernel.errors import UnreadableFile, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from pehra.findings.kept import Coming
    from pehra.kernel.actors import Actor
    from pehra.kernel.settings import Home

_GROWTH = 3
"""What a file takes in all, as a multiple of itself: kept, stored and folded in."""


class Arrival(msgspec.Struct, frozen=True):
    """A file of a source.

    Attributes:
        source: slug.
        path: where it lies; it is copied, never moved.
        file_name: under which it came; empty: as it lies there.
        options: for the reader, such as a column map.
    """

    source: str
    path: Path
    file_name: str = ""
    options: dict[str, str] = {}

    @property
    def name(self) -> str:
        """The name under which it came."""
        return self.file_name or self.path.name


class By(msgspec.Struct, frozen=True):
    """Who brings a file, when, and whom to tell how far it is."""

    actor: Actor
    now: datetime
    progress: Callable[[int, int], None]


def ingest_each(desk: way.Desk, came: Arrival, by: By) -> Iterator[tuple[str, way.Result]]:
    """Take in every plain file in a file, one at a time, in its order: its name, what it came to.

    Raises:
        UsageError: no such source, or no such file.
        EnvironmentFault: no home, no space, no index.
    """
    find_source(came.source)
    if not came.path.is_file():
        message = f"There is no file {came.path}."
        raise UsageError(message, mend="Check the path.")
    if not is_packed(came.path):
        yield came.name, ingest_plain(desk, came, by)
        return
    limits = Limits(size=desk.settings.intake.largest_unpacked)
    with room(desk.home) as folder:
        try:
            for member in unpacked(came.path, came.name, folder, limits):
                plain = Arrival(came.source, member.path, member.name, came.options)
                yield member.name, ingest_plain(desk, plain, by)
        except UnreadableFile as error:
            yield came.name, _given_up(desk, came, error, by)


def ingest_plain(desk: way.Desk, came: Arrival, by: By) -> way.Result:
    """Take in a file as it is, and note that its source delivered."""
    with _coming(desk, came, by) as file:
        name = way.keep(find_source(came.source), file)
        result = way.work(desk, name, (by.actor, by.now, by.progress), file)
    note(result, by.now)
    return result


def note(result: way.Result, now: datetime) -> None:
    """Note what came of a file in its source's health."""
    came = health.Delivered(
        batch=result.batch,
        rows=result.rows,
        new=result.duplicates < result.rows or not result.rows,
        fault=result.error or "",
    )
    health.note_delivery(result.source, came, now=now)


def _coming(
    desk: way.Desk, came: Arrival, by: By, *, read: bool = True
) -> AbstractContextManager[Coming]:
    told = desk.settings.intake
    check_room(desk.home.root, _GROWTH * came.path.stat().st_size, told.reserve_bytes)
    name = came.name.encode(errors="backslashreplace").decode()
    given = Delivery(came.path, name, by.now, came.options, told.part_bytes)
    return coming(desk.home, find_source(came.source), given, largest=told.largest_file, read=read)


def _given_up(desk: way.Desk, came: Arrival, error: UnreadableFile, by: By) -> way.Result:
    with _coming(desk, came, by, read=False) as file:
        name = way.keep(find_source(came.source), file)
    with only_one(desk.home.batch_lock(name)):
        intake.take_up(name)
        intake.fail(name, error, actor=by.actor, now=by.now)
    result = way.Result(batch=name, source=came.source, error=str(error))
    note(result, by.now)
    return result


@contextmanager
def room(home: Home) -> Iterator[Path]:
    """A folder of the home for files on their way in; gone afterwards."""
    home.incoming.mkdir(mode=0o700, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=home.incoming))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear(home: Home, before: datetime) -> None:
    """Remove what processes that were killed left on the way in before a time."""
    for left in home.incoming.iterdir() if home.incoming.is_dir() else ():
        if left.lstat().st_mtime < before.timestamp():
            shutil.rmtree(left, ignore_errors=True)
