"""Organisations of a MISP: names, countries, the addresses in their contacts; any JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.kernel.errors import UsageError
from pehra.registry.brought.misp import read
from pehra.registry.register import Known, check

NOTHING = Known(frozenset(), frozenset())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Organisation",
                    "name",
                    "id",
                    "nationality",
                    "contacts",
                    "response",
                    "SharingGroup",
                    "SharingGroupOrg",
                ]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


def test_organisations_of_an_index() -> None:
    data = [
        {"Organisation": {"id": "1", "name": "Exercise CERT", "nationality": "PK",
                          "contacts": "Desk <desk@cert.example>, desk@cert.example"}},
        {"Organisation": {"id": "2", "name": "Bank", "nationality": "Pakistan", "contacts": None}},
        {"Organisation": {"id": "3"}},
    ]  # fmt: skip
    found = check(*read(json.dumps(data), "index.json"), NOTHING)
    assert [(one.slug, one.name, one.country) for one in found.organisations] == [
        ("exercise-cert", "Exercise CERT", "PK"), ("bank", "Bank", None)
    ]  # fmt: skip
    assert [(one.email, one.automatic) for one in found.contacts] == [("desk@cert.example", True)]
    assert [one.why for one in found.rejects] == ["no organisation with a name"]


def test_members_of_sharing_groups_come_once_and_the_groups_are_reported() -> None:
    bank, school = {"id": "2", "name": "Bank"}, {"id": "3", "name": "School"}
    keeper = {"id": "1", "name": "Exercise CERT", "nationality": "PK"}
    groups = [
        {"SharingGroup": {"id": "1", "name": "Banks"}, "Organisation": keeper,
         "SharingGroupOrg": [{"Organisation": bank}, {"Organisation": {}}, "x"]},
        {"SharingGroup": {"id": "2", "name": "All"}, "Organisation": keeper,
         "SharingGroupOrg": [{"Organisation": bank}, {"Organisation": school}]},
        {"SharingGroup": None, "SharingGroupOrg": None},
    ]  # fmt: skip
    found = check(*read(json.dumps({"response": groups}), "index.json"), NOTHING)
    assert [(one.slug, one.country) for one in found.organisations] == [
        ("exercise-cert", "PK"), ("bank", None), ("school", None),
    ]  # fmt: skip
    assert [one.why for one in found.rejects] == [
        "the sharing group `Banks` is not brought, its 2 organisations are",
        "the sharing group `All` is not brought, its 3 organisations are",
        "the sharing group `` is not brought, its 0 organisations are",
    ]


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(UsageError, match="is no JSON"):
        read("<html>", "index.json")


@settings(max_examples=20)
@given(JSON)
def test_any_json_gives_rows_or_rejects(document: Any) -> None:  # noqa: ANN401 any JSON there is
    listed = document.get("response") if isinstance(document, dict) else document
    entries = listed if isinstance(listed, list) else [document]
    register = check(*read(json.dumps(document), "index.json"), NOTHING)
    assert register.rows >= len(entries)
