"""XARF: the published schema accepts every report, and our reader reads it as it was."""

from __future__ import annotations

import json
import tarfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import msgspec
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.observations.conftest import extras

from pehra.intake.classification import RSIT
from pehra.intake.sources.xarf import SOURCE
from pehra.kernel.addresses import pack
from pehra.observations.plain import CARRIED
from pehra.observations.xarf import IN_GENERAL, OWN, TYPES, Reporter, reports

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    Whole = Callable[..., pl.DataFrame]

AGAIN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
COLUMNS = [name for name in CARRIED if name != "extra"]
REPORTER = Reporter("A CERT", "reports@cert.example", "cert.example")
SAMPLES = Path(__file__).resolve().parents[3] / "shared/data/peer-tests"
HOME = "https://xarf.org/schemas/v4/"


@AGAIN
@given(data=st.data())
def test_out_and_in_again_is_the_same(
    data: st.DataObject,
    anything: st.SearchStrategy[dict[str, Any]],
    whole: Whole,
    reread: Callable[..., pl.DataFrame],
) -> None:
    rows = whole(data.draw(st.lists(anything, min_size=1, max_size=8)))
    lines = (msgspec.json.encode(one) + b"\n" for one in reports(rows, REPORTER))
    again = reread(SOURCE, lines)
    assert again.select(COLUMNS).to_dicts() == rows.select(COLUMNS).to_dicts()
    assert extras(again) == extras(rows)


@pytest.fixture(scope="module")
def schema() -> jsonschema_rs.Validator:
    """The published schema of version 4, with all that it refers to."""
    packed = (SAMPLES / "xarf-v4-spec-samples.tar.zst").read_bytes()
    data = zstandard.ZstdDecompressor().stream_reader(BytesIO(packed)).read()
    with tarfile.open(fileobj=BytesIO(data)) as files:
        texts = {
            member.name.removeprefix("schemas/v4/"): (files.extractfile(member) or BytesIO()).read()
            for member in files.getmembers()
            if member.name.startswith("schemas/v4/") and member.isfile()
        }

    def named(address: str) -> Any:  # noqa: ANN401 a schema
        return json.loads(texts[address.partition("#")[0].removeprefix(HOME)])

    master = named(f"{HOME}xarf-v4-master.json")
    return jsonschema_rs.validator_for(master, retriever=named, validate_formats=True)


@pytest.mark.service
@settings(AGAIN, max_examples=60)
@given(data=st.data())
def test_the_schema_accepts_every_report(
    data: st.DataObject,
    anything: st.SearchStrategy[dict[str, Any]],
    whole: Whole,
    schema: jsonschema_rs.Validator,
) -> None:
    rows = whole(data.draw(st.lists(anything, min_size=1, max_size=8)))
    for one in reports(rows, REPORTER):
        assert [error.message for error in schema.iter_errors(one)] == []


def kind(row: dict[str, Any], whole: Whole) -> tuple[str, str]:
    given_ = {"ip": pack("192.0.2.1"), "class": RSIT[row["type"]], **row}
    (one,) = reports(whole([given_]), REPORTER)
    return one["category"], one["type"]


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_row_that_says_enough_has_the_type_of_its_class(name: str, whole: Whole) -> None:
    row = {"type": name, "port": 40_000, "url": "http://bad.example/x"}
    assert kind(row, whole) == TYPES[name]


@pytest.mark.parametrize("name", ["ddos", "scanner", "brute-force", "phishing", "data-leak"])
def test_what_xarf_cannot_say_is_said_in_general(name: str, whole: Whole) -> None:
    assert kind({"type": name}, whole) == tuple(IN_GENERAL.values())


def test_a_listed_address_is_a_listed_address(whole: Whole) -> None:
    row = {"type": "phishing", "url": "http://bad.example/x", "role": "blocklist"}
    assert kind(row, whole) == ("reputation", "blocklist")
    exposed = {"type": "vulnerable-system", "port": 23, "application": "telnet"}
    assert kind(exposed, whole) == ("vulnerability", "open_service")
    assert kind({**exposed, "cves": ["CVE-2026-0001"]}, whole) == ("vulnerability", "cve")


def test_labels_and_the_rest_stand_in_a_property_of_ours(whole: Whole) -> None:
    row = {"ip": pack("192.0.2.1"), "type": "scanner", "port": 7, "tlp": "GREEN", "pap": "RED"}
    (one,) = reports(whole([row]), REPORTER)
    assert one["tags"] == ["rsit:scanner", "tlp:green"]
    assert (one[OWN]["tlp"], one[OWN]["pap"], one["source_port"]) == ("GREEN", "RED", 7)
