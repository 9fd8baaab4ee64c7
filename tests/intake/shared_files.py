"""Which files of the shared data which source reads, in the order of the manifest."""

from __future__ import annotations

import re
import tarfile
from fnmatch import fnmatch
from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec
import zstandard
from tests.intake.agreement import DATA, members

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kept(msgspec.Struct, frozen=True):
    """Files that a source reads.

    Attributes:
        archive: as in the manifest; `*` as in a shell.
        pattern: of the names inside.
        source: its slug.
        options: for the reader.
        but: names that hold this are another's.
    """

    archive: str
    pattern: str
    source: str
    options: dict[str, str] = {}
    but: str = "\n"


_PHISH = {"time": "date", "url": "URL", "type": "=phishing"}
_NAMES = {"time": "Date added", "host": "Domain", "family": "Malware", "type": "=c2-server"}
_SENSOR = {"time": "last_seen", "type": "=brute-force"}
_RAW = "peer-tests/intelmq-raw-fixtures.tar.zst"

READ = (
    Kept("advisories/eset-malware-ioc.tar.zst", "*misp*.json", "misp"),
    Kept("feeds/abusech-samples.tar.zst", "*", "feodo"),
    Kept("feeds/jpcert-phishurl-list.tar.zst", "*.csv", "csv", _PHISH),
    Kept("feeds/threatfox-domains-2023.tar.zst", "threatfox.csv", "threatfox"),
    Kept(_RAW, "*/spamhaus/drop.txt", "spamhaus-drop"),
    Kept(_RAW, "*/spamhaus/asndrop.txt", "spamhaus-asndrop"),
    Kept(_RAW, "*/spamhaus/cert.txt", "spamhaus-cert"),
    Kept(_RAW, "*/openphish/feed.txt", "openphish"),
    Kept("peer-tests/misp-stix-fixtures.tar.zst", "*collection_[12].json", "misp"),
    Kept("peer-tests/misp-stix-fixtures.tar.zst", "*stix2*.json", "stix"),
    Kept("peer-tests/pymisp-events.tar.zst", "*.json", "misp"),
    Kept("peer-tests/xarf-samples.tar.zst", "samples/*", "xarf"),
    Kept("peer-tests/xarf-v4-spec-samples.tar.zst", "samples/*", "xarf"),
    Kept("shadowserver/intelmq-testdata-csv.tar.zst", "*.csv", "shadowserver"),
    Kept("stix/cti-stix2-json-schemas.tar.zst", "examples/*.json", "stix"),
    Kept("stix/enterprise-attack-objects.tar.zst", "*.json", "stix"),
    Kept("stix/enterprise-attack-relationships-uses.tar.zst", "*.json", "stix"),
    Kept("stix/ics-attack.tar.zst", "*.json", "stix"),
    Kept("timeseries/blackbook.tar.zst", "*.csv", "csv", _NAMES),
    Kept("timeseries/cps-feeds-2021.tar.zst", "*/abuse-ch-ipblocklist.txt", "feodo"),
    Kept("timeseries/cps-feeds-2021.tar.zst", "*/tor-exit.txt", "tor-exits"),
    Kept("timeseries/cps-feeds-2022.tar.zst", "*/abuse-ch-ipblocklist.txt", "feodo"),
    Kept("timeseries/cps-feeds-2022.tar.zst", "*/tor-exit.txt", "tor-exits"),
    Kept("timeseries/ipsum/*.zst", "*", "ipsum"),
    Kept("timeseries/jacobrakai-honeypot.tar.zst", "*.csv", "csv", _SENSOR),
    Kept("timeseries/openphish.tar.zst", "*", "openphish"),
    Kept("timeseries/scriptzteam-levels.tar.zst", "*", "ipsum"),
    Kept("timeseries/spamhaus-drop.tar.zst", "*drop*.txt", "spamhaus-drop", but="asn_drop"),
    Kept("timeseries/spamhaus-drop.tar.zst", "*/asn_drop.txt", "spamhaus-asndrop"),
    Kept("timeseries/threatfox-ips.tar.zst", "*", "threatfox"),
    Kept("timeseries/tor-exit.tar.zst", "*", "tor-exits"),
)
"""What recorded peer tests hold, in JSON Lines, is read by `test_peer_agreement.py`."""


def names(kept: Kept) -> list[str]:
    """Names of the files, in order; nothing of them is held."""
    found: list[str] = []
    for path in sorted(DATA.glob(kept.archive)):
        if ".tar." not in path.name:
            found.append(path.name.removesuffix(".zst"))
            continue
        with (
            path.open("rb") as packed,
            zstandard.ZstdDecompressor().stream_reader(packed) as stream,
            tarfile.open(fileobj=stream, mode="r|") as archive,
        ):
            found += [member.name for member in archive if member.isfile()]
    return sorted(name for name in found if fnmatch(name, kept.pattern) and kept.but not in name)


def files(kept: Kept, chosen: set[str]) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the chosen files."""
    for path in sorted(DATA.glob(kept.archive)):
        if ".tar." in path.name or path.name.removesuffix(".zst") in chosen:
            yield from members(path, chosen.__contains__)


_NUMBER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d")
"""What tells a list's files apart: digits of a date, or the UUID of an object with its own file."""


def newest(kept: Kept) -> set[str]:
    """The last file of each of the lists that the files are: `drop.txt` and `edrop.txt`, say."""
    return set({_NUMBER.sub("", PurePath(name).name): name for name in names(kept)}.values())
