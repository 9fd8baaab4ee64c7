"""Who holds what, for the index and for each kind of reader."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pehra.mandate.models import Organisation, Team
from pehra.mandate.viewers import NOBODY, SYSTEM_VIEWER, Viewer
from pehra.registry import actions, queries
from pehra.registry.models import Asset

if TYPE_CHECKING:
    from pehra.kernel.actors import Actor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pakistan", "two")]
DAY = date(2026, 11, 22)
TEXT = """organisation,name,sector,asset,source,valid_from,valid_to,contact_purpose,contact_email
bank,Bank,banking,192.0.2.0/24,registry,2026-01-01,,abuse,abuse@bank.example
carrier,Carrier,telecom,192.0.2.0/25,registry,2026-01-01,,abuse,abuse@carrier.example
carrier,,,192.0.0.0/16,manual,,2026-06-01,,
"""


@pytest.fixture
def two(pakistan: None, actor: Actor, now: datetime) -> None:
    del pakistan
    actions.import_register(TEXT.encode(), "two.csv", actor=actor, now=now)


def organisation(slug: str) -> int:
    return Organisation.objects.get(slug=slug).pk


def team(slug: str) -> int:
    return Team.objects.get(slug=slug).pk


def bank() -> Viewer:
    return Viewer("bank", organisations=frozenset({organisation("bank")}))


def telecom() -> Viewer:
    return Viewer("analyst", teams=frozenset({team("ntcert")}), on=DAY)


def test_claims_for_the_index() -> None:
    found = queries.claims_frame(DAY)
    assert dict(found.schema) == queries.CLAIMS
    assert found.drop("claim").rows() == [
        (
            organisation("bank"), team("ncert"), "prefix", "192.0.2.0/24", "registry", 50, "static",
            datetime(2026, 1, 1, tzinfo=UTC), None, None,
        ),
        (
            organisation("carrier"), team("ntcert"), "prefix", "192.0.2.0/25", "registry", 50,
            "static", datetime(2026, 1, 1, tzinfo=UTC), None, None,
        ),
        (
            organisation("carrier"), team("ntcert"), "prefix", "192.0.0.0/16", "manual", 100,
            "static", None, datetime(2026, 6, 1, tzinfo=UTC), None,
        ),
    ]  # fmt: skip


def test_a_decision_on_the_asset_overrides_routing() -> None:
    Asset.objects.filter(value="192.0.2.0/24").update(lead_team=team("ntcert"))
    assert queries.claims_frame(DAY)["team"].unique().to_list() == [team("ntcert")]


def test_a_pool_keeps_the_id_of_its_holder_s_first_claim(actor: Actor, now: datetime) -> None:
    head = "organisation,name,asset,confidence,use,source"
    for hour, line in enumerate(
        (
            "pooler,Pooler,203.0.113.0/24,60,dynamic,registry",
            "pooler,,203.0.113.0/24,70,dynamic,registry",
            "pooler,,203.0.113.0/24,70,carrier-nat,registry",
            "pooler,,203.0.113.0/24,90,carrier-nat,manual",
            "other,Other,203.0.113.0/24,60,dynamic,registry",
        )
    ):
        at = now + timedelta(hours=hour)
        actions.import_register(f"{head}\n{line}\n".encode(), "r.csv", actor=actor, now=at)
    found = queries.claims_frame(DAY).filter(value="203.0.113.0/24")
    mine = found.filter(organisation=organisation("pooler"))
    assert mine["pool"].to_list() == [mine["claim"][0]] * 4
    theirs = found.filter(organisation=organisation("other"))
    assert theirs["pool"].to_list() == theirs["claim"].to_list()
    actions.withdraw_claim(mine["claim"][0], "a slip", actor=actor, now=now)
    left = queries.claims_frame(DAY).filter(organisation=organisation("pooler"))
    assert left["pool"].to_list() == [mine["claim"][0]] * 3


def test_an_organisation_by_its_readers() -> None:
    whole = queries.organisation("carrier", viewer=SYSTEM_VIEWER, on=DAY)
    assert whole is not None
    assert (whole.lead, whole.claims, whole.sector) == (
        "National Telecom CERT", 2, "Telecommunications",
    )  # fmt: skip
    assert queries.organisation("carrier", viewer=telecom(), on=DAY) == whole
    assert queries.organisation("carrier", viewer=bank(), on=DAY) is None
    assert queries.organisation("nobody", viewer=SYSTEM_VIEWER, on=DAY) is None


def test_lists_hold_what_the_reader_may_see() -> None:
    assert [row.slug for row in queries.organisations(viewer=bank())] == ["bank"]
    assert [row.slug for row in queries.organisations(viewer=telecom())] == ["carrier", "pta"]
    assert queries.organisations(viewer=NOBODY) == []
    first = queries.organisations(viewer=SYSTEM_VIEWER, size=3)
    then = queries.organisations(viewer=SYSTEM_VIEWER, size=100, after=first[-1].slug)
    assert len(first) + len(then) == 33
    assert queries.claims_of(organisation("carrier"), viewer=bank()) == []
    assert len(queries.claims_of(organisation("carrier"), viewer=telecom())) == 2
    mine = queries.contacts_of(organisation("bank"), viewer=bank())
    assert [(one.purpose, one.email) for one in mine] == [("abuse", "abuse@bank.example")]
    assert queries.contacts_of(organisation("bank"), viewer=telecom()) == []


def test_the_reason_in_words() -> None:
    ids = queries.claims_frame(DAY)["claim"].to_list()
    told = queries.explain(ids[1], ids[0], viewer=SYSTEM_VIEWER)
    assert told.reason == (
        "Carrier holds 192.0.2.0/25 since 2026-01-01T00:00:00Z, by registry word, confidence 50 %."
        " 192.0.2.0/25 is nearer than 192.0.2.0/24 of Bank."
    )
    assert queries.explain(ids[2], ids[0], viewer=SYSTEM_VIEWER).reason == (
        "Carrier holds 192.0.0.0/16 until 2026-06-01T00:00:00Z, by manual word, confidence 100 %."
        " A manual claim beats one that is registry of Bank."
    )
    assert queries.explain(None, None, viewer=SYSTEM_VIEWER).winner is None


def test_a_reason_hides_what_the_reader_may_not_see() -> None:
    ids = queries.claims_frame(DAY)["claim"].to_list()
    told = queries.explain(ids[1], ids[0], viewer=telecom())
    assert (told.beaten, told.hidden) == (None, True)
    assert "Bank" not in told.reason
    assert queries.explain(ids[1], ids[0], viewer=bank()).winner is None


def test_an_export_holds_what_the_reader_may_see() -> None:
    assert queries.register_rows(viewer=bank())["organisation"].unique().to_list() == ["bank"]


def test_work_items_of_a_team(actor: Actor, now: datetime) -> None:
    text = TEXT.replace("192.0.2.0/25", "192.0.2.0/24")
    actions.import_register(text.encode(), "two.csv", actor=actor, now=now)
    assert len(queries.work_items(viewer=SYSTEM_VIEWER)) == 1
    assert queries.work_items(viewer=telecom()) == []
    assert len(queries.work_items(viewer=Viewer("n", teams=frozenset({team("ncert")})))) == 1
