"""The manifest reads back as it was signed, and goes with what it needs to be checked."""

from __future__ import annotations

import hashlib

from pehra.cases.evidence import manifest, standalone
from pehra.cases.evidence.manifest import Asked, LeftOut, Manifest, PackedItem

ASKED = Asked(
    request=1, case=2, kind="traffic", agency="investigators", agency_name="Ermittler ä",
    reference="FIR 12/2026", scope="all", narrowed_to="some", ground="law-32", law="An Act",
    ordered_by="investigators",
)  # fmt: skip
ITEM = PackedItem(
    item=3, path="items/0001.bin", name="a\n\u202eb", size=1, sha256="a", sha512="b", tool="dd",
    tool_version="1", acquired_at="2026-11-22T06:00:00Z", clock_offset_seconds=None, source="s",
    collector="c", order="disk", custody="d",
)  # fmt: skip
TOLD = Manifest(
    made_at="2026-11-22T06:00:00Z", made_by="a@b.example", office="custodian", tool="pehra",
    log="log+1+a", key="f" * 64, asked=ASKED, items=(ITEM,),
    files=(manifest.packed("custody.jsonl", b"x"),), left_out=(LeftOut("names", "not asked"),),
)  # fmt: skip


def test_it_reads_back_as_it_was_signed() -> None:
    assert manifest.read(TOLD.text) == TOLD
    assert manifest.read(TOLD.text).text == TOLD.text
    assert TOLD.sha256 == hashlib.sha256(TOLD.text.encode()).hexdigest()
    assert TOLD.text.count("\n") == 1


def test_what_goes_along() -> None:
    found = manifest.carried(b"PEM", "ab" * 32, ["{}", "{}"])
    assert sorted(found) == [
        "VERIFY.txt", "custody.jsonl", "procedure.txt", "public-key.pem", "verify.py",
    ]  # fmt: skip
    assert found["custody.jsonl"] == b"{}\n{}\n"
    assert found["VERIFY.txt"].count(b"ab" * 32) == 2
    assert set(manifest.SPEAK_OF_IT) == standalone.SPEAK_OF_IT
