"""How often each page and each operation of the API asks the database: as written in a file.

`PEHRA_WRITE_COUNTS=1` writes the file anew; look at what changed before committing it.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.web.test_tenancy_everywhere import (
    FIELD,
    SLUG,
    THEIRS,
    addresses,
    person,
    routes,
    rows_of,
    tenant,
)

from pehra.mandate.models import Office, Team, Tenure, User
from pehra.web.lists.views import LISTS

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

WRITTEN = Path(__file__).with_name("query_counts.json")
OK = 200


def pages() -> list[str]:
    """Every page and list, and every address that names a row."""
    bare = [address for _, address, names in routes() if not names and "accounts/" not in address]
    return [*bare, *(f"/lists/{name}.csv" for name in LISTS)]


def queries(client: Client, address: str) -> int | None:
    """How often a page that opens asks; the first time is left out, for it fills caches."""
    if client.get(address).status_code != OK:
        return None
    with CaptureQueriesContext(connection) as caught:
        answer = client.get(address)
        if answer.streaming:
            b"".join(answer.streaming_content)  # type: ignore[attr-defined] # a stream's
    return len(caught)


def test_every_page_asks_as_often_as_is_written() -> None:
    there = tenant(THEIRS, "theirs")
    reader = person(there)
    national = Team.objects.create(slug="national", name="National CERT", tier="national")
    office = Office.objects.create(slug="duty", name="Duty officer", role="SUP", team=national)
    Tenure.objects.create(office=office, person=User.objects.get(email=there.officer))
    counted = {
        re.sub(r"/[0-9]+|/b{32}", "/N", address.replace(SLUG, "SLUG")): asked
        for address in [*pages(), *addresses(rows_of(there))]
        if (asked := queries(reader, address)) is not None
    }
    if os.environ.get("PEHRA_WRITE_COUNTS"):
        WRITTEN.write_text(json.dumps(counted, indent=1, sort_keys=True) + "\n")
    assert len(counted) > len(FIELD)
    assert counted == json.loads(WRITTEN.read_text())
