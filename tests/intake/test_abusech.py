"""Exports of abuse.ch: CSV under notes, plain lists, JSON under ids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pehra.intake.abusech import Export, open_export
from pehra.intake.source import Delivery
from pehra.kernel.errors import UnreadableFile

Deliver = Callable[..., Delivery]
KNOWN = {"id": "id", "url": "url", "tags": "tags"}


def _open(delivery: Delivery) -> Export:
    return open_export(delivery, KNOWN, lambda fields: ("url",) if len(fields) == 1 else (), "id")


def _rows(export: Export) -> list[dict[str, str]]:
    return [row for stretch in export.stretches for row in stretch.frame.rows(named=True)]


def test_notes_name_the_columns_and_the_date(deliver: Deliver) -> None:
    export = _open(
        deliver(b'# Last updated: 2026-11-20 10:00:00 (UTC) #\n# id,url,tags\n"7","u","a,b"\n')
    )
    assert export.date == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert (export.names, _rows(export)) == (
        ("id", "url", "tags"),
        [{"id": "7", "url": "u", "tags": "a,b"}],
    )


def test_json_is_the_same_rows(deliver: Deliver) -> None:
    rows = _rows(_open(deliver(b'{"7": [{"url": "u", "tags": ["a", "b"], "more": "None"}]}')))
    assert rows == [{"id": "7", "url": "u", "tags": "a,b", "more": ""}]


def test_a_list_without_notes_is_guessed_or_refused(deliver: Deliver) -> None:
    assert _rows(_open(deliver(b"u\n"))) == [{"url": "u"}]
    assert _rows(_open(deliver(b"http://a.example/?1,2\n"))) == [{"url": "http://a.example/?1,2"}]
    with pytest.raises(UnreadableFile, match="A list of 2 columns, none of them named"):
        _open(deliver(b"u,v\n"))
