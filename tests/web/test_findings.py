"""The list of findings and the page of one: what each reader sees, and what it costs."""

from __future__ import annotations

import csv
import io
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from django.conf import settings
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from pehra.findings import queries
from pehra.findings.queries import UNRESOLVED, Filter
from pehra.findings.rules import State
from pehra.kernel.addresses import pack, sort_key
from pehra.kernel.labels import Severity
from pehra.mandate.queries import viewer_of
from pehra.mandate.tenancy import as_system
from pehra.observations.schema import OBSERVATION, complete
from pehra.observations.store import open_lake
from pehra.registry.models import Claim
from pehra.web.findings import evidence, filters, rows

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries
    from tests.web.conftest import Nation

    from pehra.mandate.viewers import Viewer

PATH = "/findings/"

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def shown(client: Client, path: str = PATH, /, **query: str | list[str]) -> list[str]:
    """Numbers of the findings on a page of the list, in order."""
    text = client.get(path, query).content.decode()
    return re.findall(r'row__main" href="/findings/(\d+)/"', text)


def exported(client: Client, **query: str | list[str]) -> list[str]:
    """Numbers of the findings in the download, in order."""
    response = client.get(f"{PATH}export.csv", query)
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined] # it streams
    return [row["finding"].removeprefix("F") for row in csv.DictReader(io.StringIO(text))]


def test_staff_sees_what_needs_somebody_newest_first(officer: Client) -> None:
    assert shown(officer) == ["3", "2", "1"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"state": "any"}, ["4", "3", "2", "1"]),
        ({"state": "gone"}, ["4"]),
        ({"severity": ["critical", "high"]}, ["2", "1"]),
        ({"organisation": "bank", "state": "any"}, ["4", "1"]),
        ({"team": "national"}, ["3", "2", "1"]),
        ({"team": "none-such"}, []),
        ({"identifier": "open-mongodb"}, ["1"]),
        ({"asset": " 192.0.2.2 "}, ["2"]),
        ({"asset": "::ffff:192.0.2.2"}, ["2"]),
        ({"source": "shadowserver"}, ["3", "2", "1"]),
        ({"source": "unheard-of"}, []),
        ({"since": "2999-01-01"}, []),
        ({"until": "2020-01-01"}, []),
        ({"asn": "AS64501"}, ["3"]),
        ({"holder": "none"}, ["3"]),
    ],
)
def test_a_filter_narrows_list_total_and_download_alike(
    officer: Client, query: dict[str, str | list[str]], numbers: list[str]
) -> None:
    assert shown(officer, **query) == numbers
    assert exported(officer, **query) == numbers
    heading = officer.get(PATH, query).context["heading"]
    assert heading == f"{len(numbers)} finding{'' if len(numbers) == 1 else 's'}"


def test_what_cannot_be_read_in_the_address_is_said(officer: Client) -> None:
    query = {"state": "sleeping", "severity": "dire", "since": "yesterday"}
    warnings = officer.get(PATH, query).context["warnings"]
    assert warnings == (
        "There is no state “sleeping”; it was left out.",
        "There is no severity “dire”; it was left out.",
        "“yesterday” is no day; write it as 2026-11-22.",
    )


def test_pages_go_by_key_both_ways(officer: Client, nation: Nation) -> None:
    for _ in range(116):
        nation.finding(nation.bank)
    first = officer.get(PATH)
    assert shown(officer)[:1] == ["120"]
    second = first.context["pages"].next
    assert shown(officer, second)[0] == str(int(shown(officer)[-1]) - 1)
    third = officer.get(second).context["pages"].next
    assert shown(officer, third)[-1] == "1"
    assert officer.get(third).context["pages"].next == ""
    back = officer.get(third).context["pages"].previous
    assert shown(officer, back) == shown(officer, second)


def test_a_total_is_counted_no_further_than_needed(nation: Nation) -> None:
    viewer = queries_viewer(nation)
    assert queries.total(Filter(), viewer=viewer, limit=2) == 3
    assert queries.total(Filter(), viewer=viewer) == 4


def queries_viewer(nation: Nation) -> Viewer:
    return viewer_of(nation.officer, on=nation.now.date())


@pytest.mark.parametrize("extra", [0, 40])
def test_the_list_costs_the_same_for_one_row_and_for_many(
    officer: Client,
    nation: Nation,
    extra: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(extra):
        nation.finding(nation.bank)
    # session, account, offices, identifiers, sources, page: a whole list is counted by reading it
    with django_assert_num_queries(8):
        officer.get(PATH)


def test_a_stranger_sees_only_his_own(contact: Client) -> None:
    assert shown(contact, state="any") == ["4", "1"]
    assert exported(contact, state="any") == ["4", "1"]
    assert shown(contact, organisation="school", state="any") == []
    assert shown(contact, holder="none", state="any") == []
    response = contact.get(PATH, {"state": "any"})
    assert response.context["heading"] == "2 findings"
    choices = {box.name: box.choices for box in response.context["form"].boxes}
    assert choices["identifier"] == ["open-mongodb", "open-telnet"]
    assert b"School" not in response.content


@pytest.mark.parametrize("number", [2, 3, 5, 2**63, 10**40])
def test_of_another_or_of_none_there_is_nothing(contact: Client, number: int) -> None:
    assert contact.get(f"{PATH}{number}/").status_code == 404


def test_the_page_of_one_says_what_where_whose_and_when(officer: Client) -> None:
    response = officer.get(f"{PATH}1/")
    head = response.context["finding"]
    assert (head.name, head.identifier, head.asset) == ("F1", "open-mongodb", "192.0.2.1:27017")
    assert (head.organisation, head.severity.code, head.state.word) == (
        "First Bank",
        "critical",
        "Open",
    )
    assert [done.act for done in response.context["history"]] == [
        "Opened",
        "First seen in a report",
    ]


def test_which_report_did_it_is_for_those_who_see_reports(officer: Client, contact: Client) -> None:
    assert officer.get(f"{PATH}4/").context["history"][0].who == f"batch {'a' * 32}"
    assert contact.get(f"{PATH}4/").context["history"][0].who == "by a report"


def test_an_address_is_spelled_one_way() -> None:
    assert filters.asset("[2001:DB8::0:1]") == "2001:db8::1"
    assert filters.asset("Example.ORG.") == "example.org"


def test_ports_follow_bracketed_ipv6(nation: Nation) -> None:
    number = nation.finding(nation.bank, asset="2001:db8::1", port=443).pk
    found = queries.one(number, viewer=queries_viewer(nation))
    assert found is not None
    assert rows.asset_text(found.row) == "[2001:db8::1]:443"


@given(
    st.dictionaries(
        st.sampled_from([*Filter.__struct_fields__, "state", "severity", "asn"]), st.text()
    )
)
def test_any_address_gives_a_filter(query: dict[str, str]) -> None:
    asked = QueryDict(mutable=True)
    asked.update(query)
    assert isinstance(filters.read(asked, now=NOW).filter, Filter)


@given(
    st.sets(st.sampled_from(State), min_size=1),
    st.sets(st.sampled_from(Severity)),
)
def test_states_and_severities_come_back_from_the_address(
    states: set[State], severities: set[Severity]
) -> None:
    asked = QueryDict(mutable=True)
    asked.setlist("state", [state.word for state in states])
    asked.setlist("severity", [level.word for level in severities])
    found = filters.read(asked, now=NOW).filter
    assert (set(found.states), set(found.severities)) == (states, severities)


def test_the_plain_list_is_not_narrowed() -> None:
    assert filters.read(QueryDict(""), now=NOW) == filters.Asked(
        Filter(states=UNRESOLVED), (), narrowed=False
    )


def test_a_finding_of_a_pool_asks_the_lake_for_no_address(nation: Nation, now: datetime) -> None:
    number = nation.finding(nation.bank, asset="pool 7", asset_kind=3, port=None).pk
    found = queries.one(number, viewer=queries_viewer(nation))
    assert found is not None
    seen = evidence.observations(found, viewer=queries_viewer(nation), page=1, now=now)
    assert (seen.rows, seen.more) == ([], False)


def reported(nation: Nation, number: int, times: int) -> None:
    """Put rows of a report behind a finding into the lake."""
    found = queries.one(number, viewer=queries_viewer(nation))
    assert found is not None
    packed = pack(found.row.asset)
    with as_system():
        claims = list(Claim.objects.order_by("id").values_list("id", flat=True))
    row = {
        "batch": "a" * 32,
        "source": "shadowserver",
        "received_at": nation.now,
        "received_day": nation.now.date(),
        "ip": packed,
        "ip_key": sort_key(packed),
        "port": 23,
        "protocol": "tcp",
        "product_name": "BusyBox",
        "finding_key": found.lake_key,
        "organisation": nation.bank.pk,
        "team": nation.national.pk,
        "claim": claims[0],
        "beaten": claims[1],
        "why": "manual beats registry",
    }
    rows = [
        row | {"id": bytes([n] * 16), "row": n, "observed_at": nation.now - timedelta(hours=n)}
        for n in range(times)
    ]
    for old in rows[10:]:
        old["why"] = "nobody else claimed it then"
    frame = pl.DataFrame(rows).with_columns(pl.col("^.*_at$").dt.cast_time_unit("us"))
    name = f"test-{secrets.token_hex(8)}"
    open_lake(settings.HOME.lake).append(complete(frame, OBSERVATION), name=name, number=1)


def test_what_was_reported_stands_on_the_page(
    officer: Client, contact: Client, nation: Nation
) -> None:
    number = nation.finding(nation.bank, asset="203.0.113.77").pk
    reported(nation, number, 12)
    first = officer.get(f"{PATH}{number}/").context
    assert [row.place for row in first["observations"]] == [f"aaaaaaaa #{n}" for n in range(10)]
    assert first["observations"][0].address == "203.0.113.77:23"
    assert first["observations"][0].details == "tcp · BusyBox"
    assert first["observations"][0].batch_href == f"/batches/{'a' * 32}/"
    assert first["reasons"].text == "manual beats registry"
    assert [(claim.badge.word, claim.holder) for claim in first["reasons"].claims] == [
        ("Holds", "First Bank"),
        ("Beaten", "A School"),
    ]
    second = officer.get(first["observation_pages"].next.partition("#")[0]).context
    assert [row.place for row in second["observations"]] == ["aaaaaaaa #10", "aaaaaaaa #11"]
    assert second["reasons"].text == "manual beats registry"
    theirs = contact.get(f"{PATH}{number}/").context
    assert theirs["observations"][0].batch_href == ""
    assert [claim.holder for claim in theirs["reasons"].claims] == ["First Bank"]
    assert "an organisation that you may not see" in theirs["reasons"].text
    assert "School" not in contact.get(f"{PATH}{number}/").content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "x", "100000", "9" * 18, "9" * 40])
def test_any_page_of_what_was_reported_can_be_asked_for(
    officer: Client, nation: Nation, page: str
) -> None:
    number = nation.finding(nation.bank, asset="203.0.113.78").pk
    reported(nation, number, 2)
    told = officer.get(f"{PATH}{number}/", {"page": page})
    assert told.status_code == 200
    assert told.context["reasons"].text == "manual beats registry"


@pytest.fixture
def now(nation: Nation) -> datetime:
    moment: datetime = nation.now
    return moment
