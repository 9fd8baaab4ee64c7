"""`pehra doctor`: what is wrong with a home is found, with what mends it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pehra.kernel.time import clock
from pehra.registry.networks import build

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def wrong(told: Any) -> dict[str, str]:  # noqa: ANN401 what a call came to
    return {check["what"]: check["mend"] for check in told.said["checks"] if not check["well"]}


def test_doctor_finds_what_is_wrong(pehra: Callable[..., Any], place: Path) -> None:
    told = pehra("doctor", "--json")
    assert (told.code, wrong(told)) == (1, {"home": "Run `pehra init`."})
    pehra("init")
    told = pehra("doctor", "--json")
    assert (told.code, told.said["well"]) == (1, False)
    assert wrong(told) == {"indexes": "Run `pehra networks update`."}
    (place / "keys" / "finding.key").rename(place / "keys" / "finding.old")
    assert "keys" in wrong(pehra("doctor", "--json"))
    (place / "keys" / "finding.old").rename(place / "keys" / "finding.key")
    (place / "keys" / "django.key").chmod(0o640)
    told = pehra("doctor", "--json")
    assert wrong(told)["keys"] == "Restore them, or `chmod 600`."
    assert "MEND keys: readable by others: ['django.key'] Restore them, or `chmod 600`." in (
        pehra("doctor").out.splitlines()
    )
    (place / "keys" / "django.key").chmod(0o600)
    assert "keys" not in wrong(pehra("doctor", "--json"))
    (place / "pehra.toml").write_text('[nation]\ncountry = ["PK"]\n')
    assert wrong(pehra("doctor", "--json"))["settings"] == "Did you mean `countries`?"
    (place / "pehra.toml").write_text("[web\n")
    assert wrong(pehra("doctor", "--json"))["settings"] == "Mend the line or remove it."


def found(told: Any) -> dict[str, str]:  # noqa: ANN401 what a call came to
    return {check["what"]: check["found"] for check in told.said["checks"]}


def test_lake_ledger_and_register_are_looked_at(
    open_for_work: Callable[..., Any], place: Path
) -> None:
    told = found(open_for_work("doctor", "--json"))
    entries = open_for_work("status", "--json").said["ledger_entries"]
    assert told["lake"] == "14 observations"
    assert told["ledger"] == f"{entries} entries, no checkpoint yet"
    assert told["holdings"].startswith("fresh: revision 1, ")
    assert open_for_work("ledger", "checkpoint").code == 0
    told = found(open_for_work("doctor", "--json"))
    assert told["ledger"].startswith(f"{entries} entries, the latest checkpoint at {entries}")
    (place / "indexes" / "holdings" / "manifest.json").write_text("{")
    assert "holdings" in wrong(open_for_work("doctor", "--json"))


def test_holdings_that_are_not_compiled_are_no_fault(pehra: Callable[..., Any]) -> None:
    pehra("init")
    told = found(pehra("doctor", "--json"))
    assert told["holdings"] == "revision 0 is not compiled; the next ingest does it"
    assert told["lake"] == "0 observations"


def test_a_lake_that_cannot_be_read_is_found(
    open_for_work: Callable[..., Any], place: Path
) -> None:
    for file in (place / "lake").rglob("*.parquet"):
        file.write_bytes(b"torn")
    told = open_for_work("doctor", "--json")
    assert wrong(told)["lake"] == "Restore it from a backup."
    assert (told.code, told.err) == (1, "")


@pytest.mark.parametrize(("days", "code"), [(0, 0), (89, 0), (91, 1)])
def test_an_old_address_table_is_found(
    pehra: Callable[..., Any], place: Path, tmp_path: Path, days: int, code: int
) -> None:
    pehra("init")
    ranges = tmp_path / "ip2asn.tsv"
    ranges.write_text("192.0.2.0\t192.0.2.255\t64500\tPK\tEXAMPLE\n")
    build([ranges], place / "indexes" / "networks", now=clock() - timedelta(days=days))
    told = pehra("doctor", "--json")
    assert wrong(told) == ({"indexes": "Run `pehra networks update`."} if code else {})
    assert f", {days} days old" in found(told)["indexes"]
    assert told.code == code
