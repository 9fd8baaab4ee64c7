"""Cases of other systems as their documentation shapes them, written by us."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st


def encoded(document: object) -> bytes:
    return json.dumps(document).encode()


def any_json(*names: str) -> st.SearchStrategy[Any]:
    """Any JSON whose objects have these names, among others."""
    keys = st.sampled_from(names) | st.text(max_size=3)
    words = st.text(max_size=8) | st.sampled_from(["1", "2026-11-01T10:00:00Z", "tlp:red"])
    return st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | words,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=8),
        max_leaves=25,
    )


def ticket(number: int, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 any JSON
    """What RT's REST 2.0 answers of a ticket of RTIR."""
    return {
        "id": number,
        "Type": "ticket",
        "Subject": "Phishing page of River Bank",
        "Status": "open",
        "Queue": {"type": "queue", "id": "3", "Name": "Incidents"},
        "Owner": {"type": "user", "id": "amna"},
        "Requestor": [{"type": "user", "id": "citizen@post.example"}],
        "Created": "2026-11-01T10:00:00Z",
        "LastUpdated": "2026-11-02T09:00:00Z",
        "Resolved": "1970-01-01T00:00:00Z",
        "CustomFields": [
            {"id": "5", "name": "Classification", "values": ["Phishing"]},
            {"id": "6", "name": "IP", "values": ["192.0.2.7"]},
        ],
        "_hyperlinks": [],
        **facts,
    }


HISTORY: list[dict[str, Any]] = [
    {
        "id": "71",
        "Type": "Create",
        "Created": "2026-11-01T10:00:00Z",
        "Creator": {"type": "user", "id": "citizen@post.example"},
        "Attachments": [
            {"id": "8", "ContentType": "text/plain", "Content": "VGhleSBhc2sgZm9yIGEgUElOLgo="},
            {"id": "9", "ContentType": "image/png", "Filename": "page.png", "Content": "iVBO"},
        ],
    },
    {
        "id": "72",
        "Type": "Status",
        "Field": "Status",
        "OldValue": "new",
        "NewValue": "open",
        "Created": "2026-11-01T11:00:00Z",
        "Creator": {"type": "user", "id": "amna"},
    },
    {"id": "73", "Type": "EmailRecord", "Created": "2026-11-01T11:00:01Z"},
    {
        "id": "74",
        "Type": "Comment",
        "Content": "The host was told by telephone.",
        "Created": "2026-11-01T12:00:00Z",
        "Creator": {"type": "user", "id": "amna"},
    },
]

SHEET = (
    b"id\tSubject\tStatus\tQueueName\tOwnerName\tRequestors\tCreated\tResolved"
    b"\tCustomField.{Classification}\tCustomField.{IP}\tTimeWorked\tColour\n"
    b"42\tDefaced page\tresolved\tIncidents\tamna\tcitizen@post.example\t2026-11-01 10:00:00"
    b"\t2026-11-03 10:00:00\tWeb defacement\t192.0.2.7,192.0.2.8\t10 min\tred\n"
    b"43\t\topen\tIncidents\tNobody\t\t2026-11-01 10:00:00\t\t\t\t\t\n"
    b"x\ty\tz\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\n"
)


def hive(**facts: Any) -> dict[str, Any]:  # noqa: ANN401 any JSON
    """A case of TheHive 5."""
    return {
        "_id": "~4096",
        "_type": "Case",
        "_createdBy": "amna@cert.example",
        "_createdAt": 1_793_527_200_000,
        "number": 12,
        "title": "Ransomware at a mill",
        "description": "Files have a new ending.",
        "severity": 3,
        "severityLabel": "HIGH",
        "startDate": 1_793_527_200_000,
        "tags": ["ransomware", "mill"],
        "flag": False,
        "tlp": 2,
        "tlpLabel": "AMBER",
        "pap": 2,
        "papLabel": "AMBER",
        "status": "InProgress",
        "stage": "InProgress",
        "assignee": "amna@cert.example",
        "customFields": [{"_id": "~1", "name": "region", "type": "string", "value": "north"}],
        "observables": [
            {"_id": "~20", "dataType": "ip", "data": "198.51.100.9", "ioc": True, "tlp": 3,
             "tlpLabel": "RED", "message": "control server", "tags": ["c2"]},
            {"_id": "~21", "dataType": "file", "attachment": {"name": "note.txt"}, "tlp": 2},
        ],
        "tasks": [
            {"_id": "~30", "title": "Call the mill", "status": "Completed",
             "description": "By telephone.",
             "logs": [{"_id": "~31", "message": "They answered.", "date": 1_793_530_800_000,
                       "_createdBy": "amna@cert.example"}]},
            {"_id": "~32", "title": "Restore", "status": "Waiting", "dueDate": 1_793_613_600_000},
            {"_id": "~33", "status": "Waiting"},
        ],
        "comments": [{"_id": "~40", "message": "Paid nothing.", "createdBy": "bilal",
                      "createdAt": 1_793_534_400_000}],
        "newField": "x",
        **facts,
    }  # fmt: skip


def iris(**facts: Any) -> dict[str, Any]:  # noqa: ANN401 any JSON
    """What `/case/export` of DFIR-IRIS gives."""
    return {
        "case": {
            "case_id": 7,
            "case_uuid": "6f1f5d0e-0b8e-4b39-9b0f-3f1d7a3c0001",
            "name": "#7 - Insider at a ministry",
            "description": "Somebody copied a register.",
            "open_date": "2026-11-01",
            "close_date": None,
            "soc_id": "SOC-7",
            "client": {"customer_name": "Ministry", "customer_id": 2},
            "severity": {"severity_name": "High"},
            "state": {"state_name": "In progress"},
            "status_id": 0,
            "classification": {"name": "other:other", "name_expanded": "Insider"},
            "owner": {"user_login": "amna", "user_email": "amna@cert.example"},
            "tags": [{"tag_title": "usb", "id": 1}],
        },
        "timeline": [
            {"event_id": 3, "event_uuid": "e-3", "event_title": "A stick was plugged in",
             "event_date": "2026-10-30T08:00:00", "event_content": "Seen in the log.",
             "assets": ["PC-7 (Windows)"], "iocs": [{"ioc_value": "ABCD"}], "category": "Access",
             "last_edited_by": "amna"},
        ],
        "iocs": [{"ioc_id": 1, "ioc_value": "ABCD", "ioc_type": {"type_name": "serial"},
                  "ioc_description": "of the stick", "tlp": {"tlp_name": "red"}}],
        "assets": [{"asset_id": 1, "asset_name": "PC-7", "type": "Windows",
                    "asset_ip": "203.0.113.7", "asset_compromise_status": "Compromised"}],
        "tasks": [{"id": 4, "task_uuid": "t-4", "task_title": "Ask the owner",
                   "task_status": "Done", "task_description": "Politely.",
                   "task_assignees": [{"user": "amna", "name": "Amna"}]}],
        "notes": [{"note_id": 5, "note_title": "First", "note_content": "Nothing is lost.",
                   "note_creationdate": "2026-11-02T10:00:00",
                   "comments": [{"comment_id": 6, "comment_text": "Agreed.",
                                 "comment_date": "2026-11-02T11:00:00"}]}],
        "comments": [],
        "evidences": [{"filename": "disk.e01", "file_hash": "aa11", "file_size": 4}],
        "export_date": "2026-11-20T10:00:00",
        **facts,
    }  # fmt: skip


def event(**facts: Any) -> dict[str, Any]:  # noqa: ANN401 any JSON
    """An event of MISP."""
    return {
        "Event": {
            "id": "9",
            "uuid": "7a3f5d0e-0b8e-4b39-9b0f-3f1d7a3c0002",
            "info": "Botnet against banks",
            "date": "2026-11-01",
            "timestamp": "1793613600",
            "threat_level_id": "1",
            "analysis": "1",
            "distribution": "1",
            "Orgc": {"name": "Exercise CERT", "uuid": "o-1"},
            "Tag": [{"name": "tlp:green"}, {"name": 'rsit:malicious-code="c2-server"'}],
            "Attribute": [
                {"uuid": "a-1", "type": "ip-dst", "value": "198.51.100.9", "to_ids": True,
                 "category": "Network activity", "comment": "control",
                 "first_seen": "2026-10-30", "Sighting": [{"id": "1"}, {"id": "2"}],
                 "Tag": [{"name": "tlp:red"}]},
                {"uuid": "a-2", "type": "malware-sample", "value": "x.exe|aa", "data": "AAAA"},
                {"uuid": "a-3", "type": "domain", "value": "old.example", "deleted": True},
            ],
            "Object": [
                {"name": "file", "comment": "dropped", "Attribute": [
                    {"uuid": "a-4", "type": "sha256", "object_relation": "sha256", "value": "bb"}]}
            ],
            "EventReport": [{"uuid": "r-1", "name": "Report", "content": "It spreads by mail.",
                             "timestamp": "1793613600"}],
            "RelatedEvent": [{"Event": {"uuid": "u-1"}}],
            **facts,
        }
    }  # fmt: skip
