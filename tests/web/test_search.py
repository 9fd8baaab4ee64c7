"""The search box: straight to one thing, a page for several, and nobody else's rows."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.conf import settings

from pehra.findings.models import SourceNumber
from pehra.intake.models import Batch
from pehra.kernel.addresses import pack, sort_key
from pehra.kernel.ids import batch_id
from pehra.kernel.time import clock
from pehra.mandate.models import Team
from pehra.observations.schema import OBSERVATION, complete
from pehra.observations.store import open_lake

if TYPE_CHECKING:
    from django.test import Client
    from tests.web.conftest import Nation


def told(client: Client, asked: str) -> dict[str, list[str]]:
    """Section -> main texts of its rows."""
    context: Any = client.get("/find/", {"q": asked}).context
    return {
        section.anchor: [row[0][1].text for row in section.table.rows]
        for section in context["sections"]
    }


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("F1", "/findings/1/"),
        ("\u06f1", "/findings/1/"),
        ("f4", "/findings/4/"),
        ("first ban", "/registry/bank/"),
        ("بنك", "/registry/bank/"),
        ("mongodb", "/findings/?identifier=open-mongodb&state=any"),
        ("c" * 64, f"/batches/{batch_id('c' * 64, 'urlhaus')}/"),
        ("A" * 32, f"/batches/{'a' * 32}/"),
        ("192.0.2.200", "/registry/school/"),
        ("192.0.2.0/24", None),
        ("192.0.2.1", None),
        ("nothing like it", None),
        ("", None),
    ],
)
def test_one_thing_is_gone_to(
    officer: Client, nation: Nation, asked: str, target: str | None
) -> None:
    nation.bank.name_ur = "فرسٹ بنک"
    nation.bank.save()
    name = batch_id("c" * 64, "urlhaus")
    Batch.objects.create(id=name, sha256="c" * 64, source="urlhaus", received_at=nation.now, size=1)
    SourceNumber.objects.create(slug="urlhaus", number=1)
    response = officer.get("/find/", {"q": asked})
    assert response.headers.get("Location") == target


def test_an_address_gives_its_findings_and_its_holder(officer: Client) -> None:
    assert told(officer, "http://192.0.2.1:8080/x") == {
        "findings": ["open-mongodb"],
        "organisations": ["First Bank"],
    }


def test_several_organisations_are_listed_the_nearest_first(
    officer: Client, nation: Nation
) -> None:
    nation.school.name = "Bank of the River"
    nation.school.save()
    assert told(officer, "bank")["organisations"] == ["Bank of the River", "First Bank"]


@pytest.mark.parametrize(
    "asked", ["F2", "F3", "school", "192.0.2.200", "b" * 64, "a" * 32, "telnet school"]
)
def test_what_is_anothers_is_not_found(contact: Client, asked: str) -> None:
    response = contact.get("/find/", {"q": asked})
    assert response.status_code == 200
    assert response.context["sections"] == []
    assert "A School" not in response.content.decode()


def test_nothing_found_says_what_can_be_asked(officer: Client) -> None:
    assert "SHA-256" in officer.get("/find/", {"q": "no such thing"}).content.decode()


def observed(nation: Nation, *addresses: str) -> None:
    """Put a row about each address, of the school's, into the lake."""
    now = clock()
    rows = [
        {
            "id": secrets.token_bytes(16),
            "batch": "a" * 32,
            "row": number,
            "source": "shadowserver",
            "identifier": "open-telnet",
            "observed_at": now,
            "received_at": now,
            "received_day": now.date(),
            "ip": pack(address),
            "ip_key": sort_key(pack(address)),
            "organisation": nation.school.pk,
            "team": nation.national.pk,
        }
        for number, address in enumerate(addresses)
    ]
    frame = pl.DataFrame(rows).with_columns(pl.col("^.*_at$").dt.cast_time_unit("us"))
    lake = open_lake(settings.HOME.lake)
    lake.append(complete(frame, OBSERVATION), name=secrets.token_hex(8), number=1)


def test_what_was_reported_of_a_network_is_its_holders_and_the_officers(
    officer: Client, contact: Client, nation: Nation
) -> None:
    observed(nation, "203.0.113.170", "2001:db8:77::1")
    for asked in ("203.0.113.168/29", "203.0.113.170", "2001:db8:77::/48"):
        assert told(officer, asked)["observations"] == ["open-telnet"]
        theirs = contact.get("/find/", {"q": asked})
        assert theirs.context["sections"] == []
        assert "observation in" not in theirs.content.decode()


def test_a_cve_gives_the_findings_that_name_it_and_no_longer_number(
    officer: Client, contact: Client, nation: Nation
) -> None:
    for named in ("CVE-2024-1234 CVE-2025-9999", "CVE-2024-12345", "mirai"):
        nation.finding(nation.school, what=named, identifier="open-smb")
    response = officer.get("/find/", {"q": "cve-2025-9999"})
    assert response.headers["Location"] == "/findings/5/"
    assert officer.get("/find/", {"q": "mira"}).headers["Location"] == (
        "/findings/?what=mirai&state=any"
    )
    listed = officer.get("/findings/", {"what": "CVE-2024-1234"}).context["rows"]
    assert [row.name for row in listed] == ["F5"]
    assert contact.get("/find/", {"q": "cve-2025-9999"}).context["sections"] == []
    assert contact.get("/find/", {"q": "mira"}).context["sections"] == []


def test_a_team_is_found_in_both_languages_unless_it_is_restricted(
    officer: Client, contact: Client
) -> None:
    Team.objects.create(slug="hill", name="Hill CERT", name_ur="پہاڑی سرٹ", tier="provincial")
    Team.objects.create(slug="quiet", name="Quiet CERT", tier="sectoral", restricted=True)
    for client in (officer, contact):
        place = client.get("/find/", {"q": "پہاڑي"}).headers["Location"]
        assert place == "/findings/?team=hill&state=any"
    assert officer.get("/find/", {"q": "quiet"}).status_code == 302
    assert contact.get("/find/", {"q": "quiet"}).context["sections"] == []
