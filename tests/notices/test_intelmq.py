"""Whom IntelMQ would tell: by directives where there are any, else by contacts."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.notices.intelmq import CONTACT, DIRECTIVES, TOLD, Way, told, way_of


def directive(mailbox: str, **facts: object) -> dict[str, object]:
    usual = {"medium": "email", "template_name": "t", "notification_format": "text"}
    return {"recipient_address": mailbox, **usual, **facts}


def read(*cells: str, column: str = CONTACT) -> list[tuple[int, str]]:
    frame = pl.DataFrame({"row": range(1, len(cells) + 1), column: cells})
    return [(row, mailbox) for row, _, mailbox, _ in told(frame).rows()]


def test_contacts_are_told_apart() -> None:
    cells = ("A@x.example", "", "a@x.example, b@x.example;a@x.example", '["c@x.example"]', "none")
    assert read(*cells) == [
        (1, "a@x.example"), (3, "a@x.example"), (3, "b@x.example"), (4, "c@x.example"),
    ]  # fmt: skip


def test_what_tuency_suppresses_is_told_to_nobody() -> None:
    frame = pl.DataFrame(
        {
            "row": [1, 2],
            CONTACT: ["a@x.example", "b@x.example"],
            "extra.notify": ["false", ""],
        }
    )
    assert told(frame)["mailbox"].to_list() == ["b@x.example"]


def test_directives_that_are_alike_are_one_mail() -> None:
    listed = [
        directive("N@x.example", notification_interval=86400),
        directive("n@x.example", notification_interval=0),
        directive("n@x.example", aggregate_identifier={"asn": "1"}),
        directive("never@x.example", notification_interval=-1),
        directive("post@x.example", medium="post"),
        directive(""),
        "no directive",
    ]
    frame = pl.DataFrame({"row": [7], DIRECTIVES: [json.dumps(listed)]})
    found = told(frame)
    assert [(row, way, mailbox) for row, way, mailbox, _ in found.rows()] == [
        (7, "directives", "n@x.example"), (7, "directives", "n@x.example"),
    ]  # fmt: skip
    assert found["mail"].n_unique() == 2


def test_a_directive_anywhere_decides_the_way() -> None:
    both = pl.DataFrame(
        {
            "row": [1, 2],
            CONTACT: ["a@x.example", "b@x.example"],
            DIRECTIVES: [json.dumps([directive("n@x.example")]), ""],
        }
    )
    assert way_of(told(both)) is Way.DIRECTIVES
    assert way_of(told(both.drop(DIRECTIVES))) is Way.ABUSE_CONTACT
    assert told(both.select("row")).schema == pl.Schema(TOLD)


@pytest.mark.parametrize("column", [CONTACT, DIRECTIVES])
@settings(deadline=None, max_examples=10)
@given(
    cell=st.text() | st.lists(st.none() | st.dictionaries(st.text(), st.integers())).map(json.dumps)
)
def test_any_cell_is_read(column: str, cell: str) -> None:
    assert all(row == 1 and "@" in mailbox for row, mailbox in read(cell, column=column))
