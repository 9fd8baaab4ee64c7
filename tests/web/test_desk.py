"""The start page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client


def test_numbers_have_denominators(officer: Client) -> None:
    context = officer.get("/").context
    assert [(tile["mark"].code, tile["figure"], tile["of"]) for tile in context["tiles"]] == [
        ("critical", "1", "of 3 open"),
        ("high", "1", "of 3 open"),
        ("medium", "0", "of 3 open"),
        ("low", "1", "of 3 open"),
    ]
    assert len(context["batches"].rows) == 1


def test_a_tile_leads_to_its_findings(officer: Client) -> None:
    tile = officer.get("/").context["tiles"][0]
    assert [row.name for row in officer.get(tile["href"]).context["rows"]] == ["F1"]


def test_a_stranger_counts_only_his_own(contact: Client) -> None:
    context = contact.get("/").context
    assert [tile["figure"] for tile in context["tiles"]] == ["1", "0", "0", "0"]
    assert context["tiles"][0]["of"] == "of 1 open"
    assert context["batches"] is None
