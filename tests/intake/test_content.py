"""Content has no place (R67): held for every report type that is described."""

from __future__ import annotations

import json
from collections.abc import Callable

import polars as pl
import pytest

from pehra.intake.content import LONGEST, content_fields, content_rules, without_content
from pehra.intake.discover import sources
from pehra.intake.source import Delivery
from pehra.intake.sources.shadowserver import read, report_types

Deliver = Callable[..., Delivery]
TYPES = sorted(report_types().types)
VALUES = {
    "timestamp": "2026-11-20 00:00:00",
    **dict.fromkeys(["ip", "src_ip", "dst_ip", "http_referer_ip"], "192.0.2.1"),
    **dict.fromkeys(["port", "src_port", "dst_port", "http_referer_port"], "80"),
    "email": "person-secret@ministry.example",
}


@pytest.mark.parametrize("kind", TYPES)
def test_no_content_of_any_report_type_survives(deliver: Deliver, kind: str) -> None:
    types = report_types()
    columns = sorted(frozenset(types.shape(kind).columns) | types.own_columns(kind))
    values = [VALUES.get(column, f"<{column}>") for column in columns]
    data = ",".join(columns) + "\n" + ",".join(f'"{value}"' for value in values) + "\n"
    (part,) = read(deliver(data.encode(), f"2026-11-20-{kind}-x.csv")).parts
    text = json.dumps(part.table.drop("ip", "peer_ip", strict=False).to_dicts(), default=str)
    rules = content_rules(kind)
    content = [column for column in columns if rules.drops(column) or rules.hashes(column)]
    assert [column for column in content if f"<{column}>" in text] == []
    assert "person-secret" not in text
    assert part.dropped == sum(1 for column in columns if rules.drops(column))
    assert part.rejects == []


def test_the_issue_s_examples_are_content() -> None:
    rules = content_rules()
    for column in ("banner", "body", "http_agent", "http_referer", "http_url", "raw_response",
                   "set_cookie", "password", "extra.user_agent", "destination.url"):  # fmt: skip
        assert (column, rules.drops(column)) == (column, True)
    assert (rules.hashes("email"), rules.hashes("source.account")) == (True, True)


def test_every_report_type_and_source_that_is_named_exists() -> None:
    fields = content_fields()
    known = {*TYPES, *sources(), "*"}
    assert {*fields.drop, *fields.hash, *fields.keep} - known == set()


def test_a_long_value_makes_an_undescribed_column_content() -> None:
    frame = pl.DataFrame({"new": ["x" * (LONGEST + 1), "short", ""], "known": ["y" * 999] * 3})
    kept, dropped = without_content(frame, content_rules(), frozenset({"known"}))
    assert (kept.columns, dropped) == (["known"], 2)


def test_a_hash_joins_two_spellings_of_one_account() -> None:
    frame = pl.DataFrame({"email": ["A@b.example", " a@B.example", ""]})
    kept, dropped = without_content(frame, content_rules(), frozenset())
    first, second, empty = kept["email"].to_list()
    assert (first == second, first[:7], len(first), empty, dropped) == (True, "sha256:", 71, "", 0)
