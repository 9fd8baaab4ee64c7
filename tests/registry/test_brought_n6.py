"""n6: filters become claims, notifications contacts; the rest is reported."""

from __future__ import annotations

import pytest

from pehra.kernel.errors import UsageError
from pehra.registry.brought.n6 import read
from pehra.registry.register import Known, check

NOTHING = Known(frozenset(), frozenset())


def insert(table: str, columns: str, *rows: str) -> str:
    listed = ", ".join(f"`{name}`" for name in columns.split())
    told = ",".join(f"({row})" for row in rows)
    return f"INSERT INTO `{table}` ({listed}) VALUES {told};\n"  # noqa: S608 a text to read, run by nobody


DUMP = "".join([
    insert(
        "org",
        "org_id actual_name entity_id email_notification_enabled email_notification_language"
        " email_notification_business_days_only",
        "'bank.example','Bank',7,1,'EN',1", "'isp.example',NULL,NULL,0,'pl',0",
    ),
    insert("entity", "id full_name alert_email", "7,'The Bank','soc@bank.example'",
           "8,'School',NULL"),
    insert("entity_contact_point", "id entity_id name email", "1,8,'Desk',NULL", "2,8,'X',NULL",
           "3,99,'Y','y@y.example'"),
    insert("entity_contact_point_phone", "id contact_point_id phone_number", "1,1,'+92 51 000'"),
    insert("email_notification_address", "id email org_id", "1,'CERT@bank.example','bank.example'",
           "2,'noc@isp.example','isp.example'"),
    insert("inside_filter_asn", "id asn org_id", "1,64500,'isp.example'"),
    insert("inside_filter_ip_network", "id ip_network org_id", "1,'192.0.2.0/24','bank.example'",
           "2,'198.51.100.0/24','gone.example'"),
    insert("inside_filter_fqdn", "id fqdn org_id", "1,'bank.example','bank.example'"),
    insert("inside_filter_cc", "id cc org_id", "1,'PK','isp.example'"),
    insert("entity_fqdn", "id fqdn entity_id", "1,'bank.example',7", "2,'school.example',8"),
])  # fmt: skip


def test_a_dump_becomes_a_register() -> None:
    found = check(*read(DUMP, "auth.sql"), NOTHING)
    assert [(one.slug, one.name) for one in found.organisations] == [
        ("bank-example", "The Bank"), ("isp-example", "isp.example"), ("school", "School"),
    ]  # fmt: skip
    assert found.claims.select("organisation", "value", "source").rows() == [
        ("isp-example", "64500", "manual"),
        ("bank-example", "192.0.2.0/24", "manual"),
        ("bank-example", "bank.example", "manual"),
        ("school", "school.example", "manual"),
    ]
    assert [
        (one.organisation, one.purpose, one.email, one.phone, one.language, one.active,
         one.business_days)
        for one in found.contacts
    ] == [
        ("bank-example", "24x7", "soc@bank.example", "", None, None, None),
        ("school", "technical", "", "+92 51 000", None, None, None),
        ("bank-example", "abuse", "cert@bank.example", "", "en", None, True),
        ("isp-example", "abuse", "noc@isp.example", "", None, False, None),
    ]  # fmt: skip
    assert [one.why for one in found.rejects] == [
        "there is no entity `99`",
        "there is no org `gone.example`",
        "a country is no asset that one organisation holds: `PK` of isp-example",
    ]


def test_another_dump_is_refused() -> None:
    with pytest.raises(UsageError, match="no rows of the table `org`"):
        read("CREATE TABLE `users` (\n  `id` int\n);", "other.sql")
