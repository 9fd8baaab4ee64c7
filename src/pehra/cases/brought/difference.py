"""What a file of another system would change: decided before anything is written, pure.

A case is known by what it is called there. Of what was brought each part is kept by name and
digest: so the same file changes nothing, and a changed ticket brings what is new of it. Nothing
that people here decided is overwritten.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

import msgspec

from pehra.cases.brought.record import MOST_LINES, Indicator, Job, Line, Record, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

Part = TypeVar("Part")

WORDS = ("title", "status", "severity", "tlp", "ended")
"""What a case says of itself, and may say otherwise later."""
_SHOWN = 3


class Known(msgspec.Struct, frozen=True):
    """A case that was brought before, with its parts: name -> word or digest."""

    case: int
    parts: dict[str, str]


class Change(msgspec.Struct, frozen=True):
    """What of a record is to be written.

    Attributes:
        record: the whole of it.
        case: the case that it was brought as; null: none yet.
        lines: new, or otherwise than before.
        jobs: new tasks.
        indicators: new, or otherwise than before.
        words: name, before and now, of what it says of itself.
        again: tasks that are known, in another state.
        gone: parts that it does not have any more; they stay here.
        parts: what is known of it afterwards.
    """

    record: Record
    case: int | None
    lines: tuple[Line, ...]
    jobs: tuple[Job, ...]
    indicators: tuple[Indicator, ...]
    words: tuple[tuple[str, str, str], ...]
    again: tuple[Job, ...]
    gone: tuple[str, ...]
    parts: dict[str, str]

    @property
    def outcome(self) -> str:
        """The word for it in a report."""
        if self.case is None:
            return "added"
        news = self.lines, self.jobs, self.indicators, self.words, self.again
        return "changed" if any(news) else "unchanged"

    @property
    def detail(self) -> str:
        """What it brings, in words."""
        counts = {
            "lines": len(self.lines),
            "tasks": len(self.jobs),
            "indicators": len(self.indicators),
        }
        told = [
            f"{many:,} {name[:-1] if many == 1 else name}" for name, many in counts.items() if many
        ]
        if self.case is not None:
            told += [f"{name}: {before or '-'} -> {now or '-'}" for name, before, now in self.words]
            told += [f"task {job.title}: {job.state}" for job in self.again[:_SHOWN]]
            told += [f"{len(self.gone)} gone there, kept here"] if self.gone else []
        return ", ".join(told)


def difference(
    records: Sequence[Record], known: Mapping[str, Known], now: datetime
) -> tuple[list[Change], list[Rejected]]:
    """What records change, and those that cannot come in.

    Args:
        records: of one file.
        known: name there -> what was brought of it.
        now: the moment of the import.
    """
    changes: list[Change] = []
    rejects: list[Rejected] = []
    taken: set[str] = set()
    for record in records:
        why = _wrong(record, taken, now)
        if why:
            rejects.append(Rejected(record.place, why))
        else:
            taken.add(record.ref)
            changes.append(_change(record, known.get(record.ref)))
    return changes, rejects


def _wrong(record: Record, taken: set[str], now: datetime) -> str:
    many = len(record.lines) + len(record.jobs) + len(record.indicators)
    if record.ref in taken:
        return f"{record.ref} stands in the file before"
    if record.opened > now:
        return f"{record.ref} begins in the future"
    return f"{record.ref} has {many:,} parts, over {MOST_LINES:,}" if many > MOST_LINES else ""


def _change(record: Record, known: Known | None) -> Change:
    before = known.parts if known else {}
    words = _words(record)
    lines = dict(_keyed("line", ((one.ref, one) for one in record.lines)))
    jobs = dict(_keyed("task", ((one.ref, one) for one in record.jobs)))
    seen = dict(_keyed("indicator", ((f"{i.kind} {i.value}", i) for i in record.indicators)))
    parts = {name: _digest(one) for name, one in {**lines, **jobs, **seen}.items()}
    parts |= {f"word {name}": value for name, value in words.items()}
    news = {name for name, digest in parts.items() if before.get(name) != digest}
    return Change(
        record=record,
        case=known.case if known else None,
        lines=tuple(one for name, one in lines.items() if name in news),
        jobs=tuple(one for name, one in jobs.items() if name in news and name not in before),
        indicators=tuple(one for name, one in seen.items() if name in news),
        words=tuple(
            (name, before.get(f"word {name}", ""), value)
            for name, value in words.items()
            if f"word {name}" in news and (known or value)
        ),
        again=tuple(one for name, one in jobs.items() if name in news and name in before),
        gone=tuple(name for name in before if name not in parts),
        parts={**before, **parts},
    )


def _words(record: Record) -> dict[str, str]:
    end = record.end.how if record.end else ""
    return dict(
        zip(
            WORDS,
            (record.title, record.status, record.severity, record.tlp.value, end),
            strict=True,
        )
    )


def _keyed(kind: str, named: Iterable[tuple[str, Part]]) -> Iterator[tuple[str, Part]]:
    """Parts by a name that is each one's own."""
    counts: dict[str, int] = {}
    for ref, part in named:
        short = ref if len(ref) <= 100 else f"{ref[:80]} {_digest(ref)}"  # noqa: PLR2004 a name to keep
        counts[short] = counts.get(short, 0) + 1
        yield f"{kind} {short}" + (f" ({counts[short]})" if counts[short] > 1 else ""), part


def _digest(part: object) -> str:
    return hashlib.sha256(msgspec.json.encode(part)).hexdigest()[:20]
