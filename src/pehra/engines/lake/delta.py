"""A Delta Lake table (protocol of delta.io, by delta-rs) with appends that happen exactly once.

Every append carries an application transaction: a name and a number that only grows. Repeating
an append that is already there does nothing, so a job can be repeated after a crash at any moment.

A commit to a Delta log costs more the longer the log is: 9 ms at first, 170 ms after 300 commits
in a trial. So appends of fewer than `GATHERED` rows go to `recent/`, one Parquet file each, made
durable by a rename, and are moved into the table many at a time. A generation of recent files
is in the table once the transaction `recent` has reached its number; readers skip it from then.

One writer at a time: appends, gathering, compaction and retention share one lock.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

import polars as pl
from deltalake import (
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    Transaction,
    WriterProperties,
)
from deltalake.exceptions import TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from pehra.engines.durable import flush
from pehra.engines.lake import parquet
from pehra.engines.lake.lock import only_one

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

GATHERED = 50_000
_GENERATION = 64
_FILES_OF_A_DAY = 8
_FILES_OF_TODAY = 64
_CHECKPOINT_EVERY = "20"
_JOINED = WriterProperties(compression="ZSTD", compression_level=3, max_row_group_size=131_072)
_GATHER = "recent"
_GRACE_SECONDS = 600
"""How long files stay that were moved or joined: a reader may be in the middle of them."""


def _vacuum(table: DeltaTable, hours: int) -> None:
    """Remove files that the table has not named for `hours`, and those it never named.

    The latter are of a writer that was killed before its commit.
    """
    table.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False, full=True)


def _paths(table: DeltaTable) -> list[str]:
    """Files of the table as it stands, by their path in it."""
    return pl.DataFrame(table.get_add_actions())["path"].to_list()


class Lake:
    """One table in one folder.

    Args:
        path: the folder; it is made at the first append.
        schema: columns and their types.
        day: the date column by which the table is cut into partitions.
        key: the integer column by which rows are sorted inside a file.
    """

    def __init__(self, path: Path, schema: dict[str, pl.DataType], *, day: str, key: str) -> None:
        self.path = path / "table"
        self.schema = schema
        self._recent = path / _GATHER
        self._lock = path.parent / f"{path.name}.lock"
        self._day = day
        self._key = key
        self._open: DeltaTable | None = None

    def _table(self) -> DeltaTable:
        """The table as it stands now, made where it does not exist."""
        if self._open is None:
            try:
                self._open = DeltaTable(self.path)
            except TableNotFoundError:
                self._open = DeltaTable.create(
                    self.path,
                    pl.DataFrame(schema=self.schema).to_arrow().schema,
                    mode="ignore",
                    partition_by=[self._day],
                    configuration={"delta.checkpointInterval": _CHECKPOINT_EVERY},
                )
        else:
            self._open.update_incremental()
        return self._open

    def _read(self) -> DeltaTable:
        """The table as it stands now, for one who does not write and holds no lock."""
        try:
            return DeltaTable(self.path)
        except TableNotFoundError:
            # Two that make it at once are in each other's way.
            with only_one(self._lock):
                return self._table()

    def _generations(self) -> list[Path]:
        """Folders of recent files that are not in the table yet, oldest first."""
        if not self._recent.is_dir():
            return []
        done = self._table().transaction_version(_GATHER) or 0
        folders = (folder for folder in self._recent.iterdir() if folder.name.isdigit())
        return sorted(folder for folder in folders if int(folder.name) > done)

    def appended(self, name: str) -> int:
        """Highest number appended under `name`; 0 where there is none."""
        numbers = [self._table().transaction_version(name) or 0]
        for folder in self._generations():
            numbers += [int(file.stem.split(".")[1]) for file in folder.glob(f"{name}.*.parquet")]
        return max(numbers)

    def append(self, frame: pl.DataFrame, *, name: str, number: int) -> bool:
        """Add `frame` as transaction `number` of `name`; False where it is there already.

        The rows are durable when this returns True. `name` is a word of letters, digits and
        hyphens.
        """
        ordered = parquet.by_key(frame.select(self.schema.keys()), self._key)
        with only_one(self._lock):
            if self.appended(name) >= number:
                return False
            if ordered.height >= GATHERED:
                self._gather_before(name)
                self._commit(ordered, f"{name}.{number}", [Transaction(name, number)])
                return True
            folder = self._generation()
            parquet.write(parquet.lean(ordered, self._key), folder / f"{name}.{number}.parquet")
        return True

    def _gather_before(self, name: str) -> None:
        """Keep the order of a name's numbers: its recent files are moved before the next commit.

        Moved after it, they would leave the table's mark at their own, lower number.
        """
        generations = self._generations()
        if any(file for folder in generations for file in folder.glob(f"{name}.*.parquet")):
            self._gather(generations)

    def _generation(self) -> Path:
        """The folder that takes recent files now; a full one is moved into the table first."""
        generations = self._generations()
        if generations and sum(1 for _ in generations[-1].iterdir()) < _GENERATION:
            return generations[-1]
        if generations:
            self._gather(generations)
        done = self._table().transaction_version(_GATHER) or 0
        return self._recent / f"{done + 1:012d}"

    def _gather(self, generations: list[Path]) -> None:
        """Move recent files into the table as one commit, then remove them."""
        files = [file for folder in generations for file in sorted(folder.glob("*.parquet"))]
        newest = int(generations[-1].name)
        numbers: dict[str, int] = {}
        for file in files:
            name, number = file.stem.split(".")
            numbers[name] = max(numbers.get(name, 0), int(number))
        frame = pl.concat([self._whole(file) for file in files])
        marks = [Transaction(name, number) for name, number in numbers.items()]
        self._commit(
            parquet.by_key(frame, self._key),
            f"{_GATHER}.{newest}",
            [Transaction(_GATHER, newest), *marks],
        )
        self._forget(before=int(generations[0].name), grace=_GRACE_SECONDS)

    def _forget(self, before: int, grace: float) -> None:
        """Remove generations that have been in the table for `grace` seconds."""
        if not self._recent.is_dir():
            return
        # The log has just been written, so its time is the file system's present.
        since = (self.path / "_delta_log").stat().st_mtime - grace
        for folder in self._recent.iterdir():
            old = folder.name.isdigit() and int(folder.name) < before
            if old and (grace <= 0 or folder.stat().st_mtime < since):
                for file in folder.iterdir():
                    file.unlink()
                folder.rmdir()

    def gather(self) -> int:
        """Move all recent files into the table; returns how many there were."""
        with only_one(self._lock):
            return self._gather_all()

    def _gather_all(self) -> int:
        self._sweep()
        generations = self._generations()
        files = sum(1 for folder in generations for _ in folder.glob("*.parquet"))
        if files:
            self._gather(generations)
        return files

    def _sweep(self) -> None:
        """Remove what killed writers left half written; under the lock nobody else is writing."""
        for root in (self._recent, self.path):
            for file in root.glob(f"*/*{parquet.UNFINISHED}"):
                file.unlink()

    def _whole(self, file: Path, day: date | None = None) -> pl.DataFrame:
        """Rows of a file with all columns; those of the table leave out their partition's `day`."""
        rows = pl.read_parquet(file, hive_partitioning=False)
        lacking = [
            pl.lit(day if name == self._day else None, dtype).alias(name)
            for name, dtype in self.schema.items()
            if name not in rows.columns
        ]
        return rows.with_columns(lacking).select(self.schema.keys())

    def _commit(self, frame: pl.DataFrame, stem: str, marks: list[Transaction]) -> None:
        """One commit: a file for each day in `frame`, and the marks of what is now there."""
        table = self._table()
        adds: list[AddAction | RemoveAction] = [
            self._add(rows, day, stem) for day, rows in self._by_day(frame).items()
        ]
        table.create_write_transaction(
            adds,
            "append",
            table.schema(),
            [self._day],
            commit_properties=CommitProperties(app_transactions=marks, max_commit_retries=0),
            post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
        )
        log = self.path / "_delta_log"
        flush(log / f"{table.version():020d}.json")
        flush(log)

    def _by_day(self, frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """The rows of each day; those of one part are of one day, and are not copied."""
        days = frame[self._day].unique()
        if len(days) == 1:
            return {str(days[0]): frame.drop(self._day)}
        parts = frame.partition_by(self._day, as_dict=True, include_key=False)
        return {str(key[0]): rows for key, rows in parts.items()}

    def _add(self, rows: pl.DataFrame, day: str, stem: str) -> AddAction:
        path = self.path / f"{self._day}={day}" / f"{stem}.parquet"
        parquet.write(parquet.lean(rows, self._key), path)
        least, most = rows[self._key].min(), rows[self._key].max()
        known = {} if least is None else {self._key: least}
        stats = {
            "numRecords": rows.height,
            "minValues": known,
            "maxValues": {} if most is None else {self._key: most},
            "nullCount": {self._key: rows[self._key].null_count()},
        }
        info = path.stat()
        return AddAction(
            path=str(path.relative_to(self.path)),
            size=info.st_size,
            partition_values={self._day: day},
            modification_time=int(info.st_mtime * 1000),
            data_change=True,
            stats=json.dumps(stats),
        )

    def scan(self) -> pl.LazyFrame:
        """All rows, lazily; filters on the day and the key are pushed down to files.

        Readers wait for no writer: recent files are listed before the table is opened, so those
        that are moved between the two are known by the table's mark and left out.
        """
        listed = self._listed()
        table = self._read()
        done = table.transaction_version(_GATHER) or 0
        recent = [file for generation, file in listed if generation > done]
        parts = [pl.scan_delta(table).select(self.schema.keys())]
        if recent:
            parts.append(
                pl.scan_parquet(recent, schema=self.schema, missing_columns="insert").select(
                    self.schema.keys()
                )
            )
        return pl.concat(parts)

    def _listed(self) -> list[tuple[int, Path]]:
        """Recent files with their generation; folders that are being removed are passed over."""
        found = []
        for folder in sorted(self._recent.iterdir()) if self._recent.is_dir() else ():
            with suppress(FileNotFoundError):
                files = sorted(file for file in folder.iterdir() if file.suffix == ".parquet")
                found += [(int(folder.name), file) for file in files]
        return found

    def pin(self, into: Path) -> None:
        """Link the files of the table as it stands into the folder `into`, which is a lake then.

        Files are never changed once they have their name, so the links stay what they are while
        others append, join and delete. Call it inside `writers_wait`.
        """
        table = self._table()
        live = [self.path / path for path in _paths(table)]
        log = [file for file in (self.path / "_delta_log").iterdir() if file.is_file()]
        recent = [file for folder in self._generations() for file in folder.glob("*.parquet")]
        for file in (*live, *log, *recent):
            target = into / file.relative_to(self.path.parent)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.hardlink_to(file)

    def writers_wait(self) -> AbstractContextManager[None]:
        """Keep the lake as it is for the length of a `with`; readers go on."""
        return only_one(self._lock)

    def days(self) -> dict[date, list[str]]:
        """Days that have rows in the table, and the stems of each one's files."""
        found: dict[date, list[str]] = {}
        for path in _paths(self._read()):
            folder, _, name = path.partition("/")
            day = date.fromisoformat(folder.partition("=")[2])
            found.setdefault(day, []).append(name.removesuffix(".parquet"))
        return found

    def rewrite_day(
        self, day: date, change: Callable[[pl.DataFrame], pl.DataFrame], stem: str
    ) -> None:
        """Put in place of a day's rows what `change` makes of them, a file at a time.

        What was there before is gone from the disk when this returns: it must not stay readable.
        Files of the day are then named `stem`, a hyphen and a number.
        """
        with only_one(self._lock):
            self._gather_all()
            table = self._table()
            self._forget(before=(table.transaction_version(_GATHER) or 0) + 1, grace=0)
            files = [path for path in _paths(table) if path.startswith(f"{self._day}={day}/")]
            adds: list[AddAction | RemoveAction] = []
            for number, path in enumerate(files):
                changed = change(self._whole(self.path / path, day))
                if changed.height:
                    ordered = parquet.by_key(changed, self._key).drop(self._day)
                    adds.append(self._add(ordered, str(day), f"{stem}-{table.version()}.{number}"))
            self._replace(table, day, adds)

    def _replace(self, table: DeltaTable, day: date, adds: list[AddAction | RemoveAction]) -> None:
        if adds:
            table.create_write_transaction(
                adds,
                "overwrite",
                table.schema(),
                [self._day],
                partition_filters=[(self._day, "=", day.isoformat())],
                commit_properties=CommitProperties(max_commit_retries=0),
                post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
            )
        else:
            table.delete(f"{self._day} = '{day.isoformat()}'")
        table.update_incremental()
        _vacuum(table, hours=0)

    def delete_day(self, day: date) -> None:
        """Remove a day's rows and their files at once: deleted addresses must not stay readable."""
        with only_one(self._lock):
            self._gather_all()
            table = self._table()
            self._forget(before=(table.transaction_version(_GATHER) or 0) + 1, grace=0)
            table.delete(f"{self._day} = '{day.isoformat()}'")
            _vacuum(table, hours=0)

    def compact(self, today: date) -> int:
        """Join the files of days that have many, sorted anew by key; returns how many fewer.

        A past day is joined once it has more than a few; `today` still grows, and waits for more.
        """
        with only_one(self._lock):
            table = self._table()
            before = table.file_uris()
            found = re.findall(rf"{self._day}=([0-9-]+)/", "\n".join(before))
            for day, files in Counter(found).items():
                if files > (_FILES_OF_TODAY if day >= today.isoformat() else _FILES_OF_A_DAY):
                    table.optimize.z_order(
                        [self._key],
                        partition_filters=[(self._day, "=", day)],
                        writer_properties=_JOINED,
                    )
            # An hour's grace for readers that opened the table before.
            _vacuum(table, hours=1)
            table.update_incremental()
            return len(before) - len(table.file_uris())
