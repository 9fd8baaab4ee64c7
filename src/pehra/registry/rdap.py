"""Contacts of an RDAP answer about a network, an ASN or a domain (RFC 9083, jCard RFC 7095).

Entities stand in one another; an IRT object of a regional registry is an entity with the role
`abuse`. Anything that is not as promised is left out: registries differ, and a contact that is
missed is found by a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pehra.registry.contacts import FoundContact, answer_of, sound

if TYPE_CHECKING:
    from collections.abc import Iterator

PURPOSE = {"abuse": "abuse", "technical": "technical", "noc": "technical"}
"""Role of an entity -> purpose of a contact; others, such as registrants, are not for us."""
_DEEPEST = 8
_MOST = 200


def contacts(data: bytes) -> list[FoundContact]:
    """Contacts that an answer names, each once.

    Raises:
        ValueError: the bytes are no JSON object.
    """
    answer = answer_of(data)
    found = [one for entity in _entities(answer, 0) for one in _contacts_of(entity)]
    return sound(found[:_MOST])


def _entities(node: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    entities = node.get("entities")
    for entity in entities if isinstance(entities, list) and depth < _DEEPEST else ():
        if isinstance(entity, dict):
            yield entity
            yield from _entities(entity, depth + 1)


def _contacts_of(entity: dict[str, Any]) -> Iterator[FoundContact]:
    roles = entity.get("roles")
    told = [role for role in roles if isinstance(role, str)] if isinstance(roles, list) else []
    purposes = sorted({PURPOSE[role] for role in told if role in PURPOSE})
    card = _card(entity)
    phones = card.get("tel", [""])
    for purpose in purposes:
        for email in card.get("email", [""]):
            yield FoundContact(
                purpose=purpose, name=card.get("fn", [""])[0], email=email, phone=phones[0]
            )


def _card(entity: dict[str, Any]) -> dict[str, list[str]]:
    """Properties of a jCard by name: texts, and telephone numbers without their scheme."""
    array = entity.get("vcardArray")
    rows = array[1] if isinstance(array, list) and len(array) > 1 else []
    found: dict[str, list[str]] = {}
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, list) and len(row) > 3 and isinstance(row[0], str):  # noqa: PLR2004 name, parameters, type, value
            value = row[3]
            if isinstance(value, str) and value.strip():
                plain = value.removeprefix("tel:").partition(";")[0]
                found.setdefault(row[0].lower(), []).append(plain)
    return found
