"""Contacts of a network as PeeringDB has them: a `net` with its points of contact, `poc_set`."""

from __future__ import annotations

from typing import Any

from pehra.registry.contacts import FoundContact, answer_of, sound

PURPOSE = {"Abuse": "abuse", "NOC": "technical", "Technical": "technical"}
"""Role of a point of contact -> purpose; sales, policy and the rest are not for us."""
_MOST = 200


def contacts(data: bytes) -> list[FoundContact]:
    """Contacts that an answer names, each once.

    Raises:
        ValueError: the bytes are no JSON object.
    """
    answer = answer_of(data)
    points = [
        point
        for network in _listed(answer.get("data"))
        for point in _listed(network.get("poc_set"))
        if point.get("role") in PURPOSE
    ]
    return sound(
        FoundContact(
            purpose=PURPOSE[point["role"]],
            name=_text(point.get("name")),
            email=_text(point.get("email")),
            phone=_text(point.get("phone")),
        )
        for point in points[:_MOST]
    )


def _listed(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
