"""security.txt: contacts while it is in force, in the language that it asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.registry.contacts import FoundContact
from pehra.registry.security_txt import contacts

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FILE = b"""-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

# Our security address
Contact: mailto:security@bank.example
contact:tel:+92-21-0000000
Contact: https://bank.example/report
Expires: 2027-01-01T00:00:00Z
Preferred-Languages: fr, ur, en
-----BEGIN PGP SIGNATURE-----
"""


def test_mailboxes_and_telephones_are_read() -> None:
    assert contacts(FILE, NOW) == [
        FoundContact(purpose="technical", email="security@bank.example", language="ur"),
        FoundContact(purpose="technical", phone="+92-21-0000000", language="ur"),
    ]


@pytest.mark.parametrize(
    "expires", [b"Expires: 2026-11-22T00:00:00Z", b"Expires: soon", b"", b"Expires: 2020-01-01"]
)
def test_a_file_past_its_time_says_nothing(expires: bytes) -> None:
    assert contacts(FILE.replace(b"Expires: 2027-01-01T00:00:00Z", expires), NOW) == []


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    assert isinstance(contacts(FILE + b"\nContact: " + data, NOW), list)
