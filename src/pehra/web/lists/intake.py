"""Reports and the rows of them that could not be read, as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext_lazy as _

from pehra.intake import discover, queries
from pehra.intake.actions import openings
from pehra.intake.fetching.queries import SourceState
from pehra.intake.queries import AlarmView
from pehra.kernel.time import clock
from pehra.web import phrases
from pehra.web.gate import actor
from pehra.web.intake import health
from pehra.web.intake.rows import raw_text
from pehra.web.lists.listed import AT_ONCE, Asked, List, Row, whole

if TYPE_CHECKING:
    from collections.abc import Iterator


_ALL = 10**9
_SOURCE = SourceState.__struct_fields__
_ALARM = tuple(name for name in AlarmView.__struct_fields__ if name not in {"facts", "can_accept"})
_BATCH = (
    *("id", "source", "kind", "file_name", "sha256", "size", "received_at", "day", "state"),
    *("rows", "accepted", "rejected", "duplicates", "unchanged"),
    *("attributed", "opened", "updated", "relapsed", "finished_at", "error"),
)


def _batches(asked: Asked) -> Iterator[Row]:
    state, source = asked.one_of("state", phrases.BATCH_STATE), asked.word("source")
    source = source if source in discover.sources() else ""

    def read(after: str | None) -> tuple[list[Row], str | None]:
        page = queries.batches(
            viewer=asked.viewer, after=after, size=AT_ONCE, state=state, source=source
        )
        rows = [[getattr(row, name) for name in _BATCH] for row in page.rows]
        return list(rows), page.rows[-1].pk if page.has_next else None

    return whole(read)


def _rejects(asked: Asked) -> Iterator[Row] | None:
    """Whoever opens rows as they were received is named in the ledger."""
    found = queries.batch(asked.word("name"), viewer=asked.viewer)
    if found is None:
        return None
    if found.rejected:
        by = actor(asked.request)
        openings.open_rejects(found.pk, found.rejected, actor=by, now=clock())
    rows = queries.every_reject(found.pk, viewer=asked.viewer)
    return (
        [row.row, row.line, row.offset, row.reason, row.detail, raw_text(row.raw)] for row in rows
    )


def _sources(asked: Asked) -> Iterator[Row]:
    """Every source, the worst first, as the page has them."""
    return (
        [getattr(one.state, name) for name in _SOURCE]
        for one in health.doing(asked.viewer, clock())
    )


def _alarms(asked: Asked) -> Iterator[Row]:
    """Alarms that last; of one source, where its page asks."""
    found = queries.alarms(viewer=asked.viewer, source=asked.word("slug"), size=_ALL)
    for row in found:
        told = [getattr(row, name) for name in _ALARM]
        yield [*told, msgspec.json.encode(row.facts).decode()]


BATCHES = List("batches", _("Reports"), "batches", _BATCH, _batches)
REJECTS = List(
    "rejects",
    _("Rows that could not be read"),
    "batch",
    ("row", "line", "offset", "reason", "detail", "raw"),
    _rejects,
)
SOURCES = List("sources", _("Sources"), "sources", _SOURCE, _sources)
ALARMS = List("alarms", _("Alarms"), "sources", (*_ALARM, "facts"), _alarms)
