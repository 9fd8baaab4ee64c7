"""The frame: the menu of each reader, and where one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client


def labels(client: Client, path: str) -> list[str]:
    return [str(entry["label"]) for entry in client.get(path).context["menu"]]


def test_national_staff_has_every_section(officer: Client) -> None:
    assert labels(officer, "/") == [
        "Findings",
        "Cases",
        "Notices",
        "Reports of people",
        "Reports",
        "Sources",
        "Unattributed",
        "Organisations",
        "Breaches",
        "Advisories",
        "Situation reports",
        "Roster",
        "Structure",
        "Users and offices",
        "Settings check",
        "Ledger",
        "Jobs",
    ]


def test_others_have_what_they_may_open(contact: Client) -> None:
    assert labels(contact, "/") == [
        "My organisation",
        "Findings",
        "Cases",
        "Notices",
        "Organisations",
        "Breaches",
        "Situation reports",
        "Structure",
    ]


def test_the_section_of_the_page_is_marked(officer: Client) -> None:
    entries = officer.get("/findings/1/").context["menu"]
    assert [str(entry["label"]) for entry in entries if entry["current"]] == ["Findings"]
