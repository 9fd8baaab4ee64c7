"""RDAP: contacts of nested entities, and anything else without a crash."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.registry.contacts import FoundContact
from pehra.registry.rdap import contacts


def entity(*roles: str, fn: str = "", email: str = "", tel: str = "") -> dict[str, Any]:
    """An entity as a regional registry writes it."""
    rows: list[list[object]] = [["version", {}, "text", "4.0"]]
    rows += [["fn", {}, "text", fn]] if fn else []
    rows += [["email", {"pref": "1"}, "text", email]] if email else []
    rows += [["tel", {"type": "voice"}, "uri", f"tel:{tel}"]] if tel else []
    return {"objectClassName": "entity", "roles": list(roles), "vcardArray": ["vcard", rows]}


def answer(*entities: dict[str, Any]) -> bytes:
    return json.dumps({"objectClassName": "ip network", "entities": list(entities)}).encode()


def test_an_irt_object_and_nested_entities_are_read() -> None:
    holder = entity("registrant", fn="Exercise Telecom", email="office@telecom.example")
    holder["entities"] = [entity("technical", "noc", fn="NOC", tel="+92-51-0000000;ext=1")]
    irt = entity("abuse", fn="IRT-EXERCISE", email="Abuse@Telecom.example", tel="+92 51 1")
    assert contacts(answer(irt, holder)) == [
        FoundContact(
            purpose="abuse", name="IRT-EXERCISE", email="abuse@telecom.example", phone="+92 51 1"
        ),
        FoundContact(purpose="technical", name="NOC", phone="+92-51-0000000"),
    ]


def test_the_same_mailbox_is_named_once() -> None:
    desk = entity("abuse", email="abuse@telecom.example")
    assert len(contacts(answer(desk, desk))) == 1


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{", b"\xff"])
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        contacts(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["entities", "roles", "vcardArray", "x"]), inner)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["entities", "roles", "vcardArray"]), JSON))
def test_any_object_is_read(value: dict[str, Any]) -> None:
    assert isinstance(contacts(json.dumps(value).encode()), list)
