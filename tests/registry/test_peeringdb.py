"""PeeringDB: points of contact for abuse and operations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.registry.contacts import FoundContact
from pehra.registry.peeringdb import contacts

POINTS = [
    {"role": "NOC", "visible": "Public", "name": "Operations", "email": "noc@telecom.example",
     "phone": "+92 51 0000000", "url": ""},
    {"role": "Abuse", "name": "", "email": "abuse@telecom.example", "phone": ""},
    {"role": "Sales", "name": "", "email": "sales@telecom.example", "phone": ""},
    {"role": "Technical", "name": None, "email": "not an address", "phone": None},
]  # fmt: skip


def test_points_of_contact_by_role() -> None:
    data = json.dumps({"data": [{"asn": 64500, "poc_set": POINTS}], "meta": {}}).encode()
    assert contacts(data) == [
        FoundContact(
            purpose="technical",
            name="Operations",
            email="noc@telecom.example",
            phone="+92 51 0000000",
        ),
        FoundContact(purpose="abuse", email="abuse@telecom.example"),
    ]


def test_a_network_that_is_not_there_names_nobody() -> None:
    assert contacts(b'{"data": []}') == []
    with pytest.raises(ValueError, match=r"."):
        contacts(b"<html>")


VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["data", "poc_set", "role", "email"]), inner)
    ),
)


@given(st.dictionaries(st.just("data"), VALUES))
def test_any_object_is_read(value: dict[str, Any]) -> None:
    assert isinstance(contacts(json.dumps(value).encode()), list)
