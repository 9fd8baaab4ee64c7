"""certbund-contact: people beat registries; annotations are kept, told or reported."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.kernel.errors import UsageError
from pehra.registry.brought.certbund import read
from pehra.registry.register import Known, check

NOTHING = Known(frozenset(), frozenset())


def copy(table: str, columns: str, *rows: str) -> str:
    body = "".join(row.replace("|", "\t") + "\n" for row in rows)
    return f"COPY public.{table} ({columns}) FROM stdin;\n{body}\\.\n"


def annotation(value: str) -> str:
    condition = ["eq", ["event_field", "classification.identifier"], value]
    return json.dumps({"tag": "inhibition", "condition": condition})


ORGANISATION = "organisation_id, name, ripe_org_hdl"
DUMP = "".join([
    copy("organisation", ORGANISATION, "1|Bank|ORG-B1-EXAMPLE", "2|Bank|", "3|School|"),
    copy(
        "organisation_automatic", "organisation_automatic_id, name, ripe_org_hdl",
        "10|BANK LTD|ORG-B1-EXAMPLE", "11|Telecom|ORG-T1-EXAMPLE",
    ),
    copy(
        "contact", "contact_id, firstname, lastname, tel, email, organisation_id",
        "1|Security|Desk|+92 51 0000000|Abuse@bank.example|1", "2|||\\N|it@school.example|3",
        "3||||lost@bank.example|99",
    ),
    copy(
        "contact_automatic", "contact_automatic_id, email, organisation_automatic_id",
        "1|noc@telecom.example|11", "2|abuse@bank.example|10",
    ),
    copy("email_status", "email, enabled", "noc@telecom.example|f"),
    copy("network", "network_id, address, comment", "5|192.0.2.0/24|Head office"),
    copy("network_automatic", "network_automatic_id, address, comment", "6|198.51.100.0/24|"),
    copy("fqdn", "fqdn_id, fqdn, comment", "4|school.example|"),
    copy("organisation_to_asn", "organisation_id, asn", "1|64500"),
    copy("organisation_to_network", "organisation_id, network_id", "1|5", "1|77"),
    copy(
        "organisation_to_network_automatic", "organisation_automatic_id, network_automatic_id",
        "10|6", "10|6",
    ),
    copy("organisation_to_fqdn", "organisation_id, fqdn_id", "3|4"),
    copy(
        "organisation_annotation", "organisation_annotation_id, organisation_id, annotation",
        f"1|1|{annotation('open-telnet')}", '2|3|{"tag": "inhibition"}', '3|1|{"tag": "daily"}',
    ),
    copy("network_annotation", "network_annotation_id, network_id, annotation", '1|5|{"tag": "x"}'),
])  # fmt: skip


def test_a_dump_becomes_a_register() -> None:
    found = check(*read(DUMP, "dump.sql"), NOTHING)
    assert [(one.slug, one.name) for one in found.organisations] == [
        ("bank", "Bank"), ("bank-2", "Bank"), ("school", "School"),
        ("org-t1-example", "Telecom"),
    ]  # fmt: skip
    claims = found.claims.select("organisation", "value", "source", "note").rows()
    assert claims == [
        ("bank", "64500", "manual", ""),
        ("bank", "192.0.2.0/24", "manual", 'Head office; {"tag": "x"}'),
        ("bank", "198.51.100.0/24", "registry", ""),
        ("school", "school.example", "manual", ""),
    ]
    told = [(one.organisation, one.email, one.phone, one.automatic) for one in found.contacts]
    assert told == [
        ("bank", "abuse@bank.example", "+92 51 0000000", None),
        ("school", "it@school.example", "", None),
        ("org-t1-example", "noc@telecom.example", "", True),
    ]


def test_annotations_and_states_become_wishes() -> None:
    found = check(*read(DUMP, "dump.sql"), NOTHING)
    wishes = [(one.organisation, one.active, one.inhibits) for one in found.contacts]
    assert wishes == [
        ("bank", None, ("open-telnet",)), ("school", False, None), ("org-t1-example", False, None)
    ]  # fmt: skip


def test_what_has_no_place_is_reported() -> None:
    found = check(*read(DUMP, "dump.sql"), NOTHING)
    assert [one.why for one in found.rejects] == [
        "there is no organisation `99`",
        "there is no network `77`",
        'an annotation that has no place here: {"tag": "daily"}',
    ]


@pytest.mark.parametrize(
    "said",
    [
        "no JSON", "[1]", '{"tag": "inhibition", "expires": "2026-12-31"}',
        '{"tag": "inhibition", "condition": false}',
        '{"tag": "inhibition", "condition": ["eq", "a", "b"]}',
        '{"tag": "inhibition", "condition": ["eq", ["event_field", "source.ip"], "192.0.2.1"]}',
        annotation("Not A Word"), annotation(""),
    ],
)  # fmt: skip
def test_an_inhibition_that_is_not_understood_silences_nobody(said: str) -> None:
    organisation = copy("organisation", ORGANISATION, "1|Bank|")
    contact = copy("contact", "contact_id, email, organisation_id", "1|abuse@bank.example|1")
    annotated = copy("organisation_annotation", "organisation_id, annotation", f"1|{said}")
    found = check(*read(organisation + contact + annotated, "dump.sql"), NOTHING)
    assert [(one.active, one.inhibits) for one in found.contacts] == [(None, None)]
    assert len(found.rejects) == 1


def test_a_file_that_is_no_dump_is_refused() -> None:
    with pytest.raises(UsageError, match="has no table `organisation`"):
        read("organisation,name\n", "x.csv")


@settings(max_examples=20)
@given(st.lists(st.sampled_from(DUMP.splitlines()), max_size=25), st.text())
def test_any_lines_give_rows_or_rejects(lines: list[str], more: str) -> None:
    text = copy("organisation", ORGANISATION, "1|Bank|") + "\n".join([*lines, more])
    register = check(*read(text, "dump.sql"), NOTHING)
    assert register.rows >= 1
