"""What a developer has beside the repository: real routing data, and the peer's report schema.

A user has neither; the bench then makes prefixes up, and asks for the schema.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import zstandard

from pehra.kernel.errors import EnvironmentFault

_DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
MADE_UP = "400000"
"""How many prefixes are made up where no real table is at hand."""


def prefixes(given: str) -> str:
    """The given table or number; `real` is the table beside the repository, else `MADE_UP`."""
    if given != "real":
        return given
    table = _DATA / "routing" / "asn-ipv4.csv.zst"
    return str(table) if table.is_file() else MADE_UP


def schema(given: Path | None, folder: Path) -> Path:
    """The Shadowserver parser's schema: the given file, else the one beside the repository.

    Raises:
        EnvironmentFault: neither is there.
    """
    if given is not None:
        return given
    archive = _DATA / "shadowserver" / "report_schema.tar.zst"
    if not archive.is_file():
        message = "IntelMQ's Shadowserver parser needs its report schema, which it downloads."
        raise EnvironmentFault(message, mend="Give that JSON file with --schema.")
    with zstandard.ZstdDecompressor().stream_reader(archive.read_bytes()) as stream:
        plain = io.BytesIO(stream.read())
    with tarfile.open(fileobj=plain) as tar:
        tar.extract("intelmq.json", folder, filter="data")
    return folder / "intelmq.json"
