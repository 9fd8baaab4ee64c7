"""A column map in the operator's words: which column of a file is which of an observation.

Options of a delivery are the map: `{"time": "seen", "ip": "addr", "identifier": "=open-telnet"}`.
A key is a column of an observation (`time` is `observed_at`); a value is a column of the file, in
JSON with dots into nested objects, or a constant after `=`. Columns that the map leaves out are
guessed by their usual names.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import polars as pl

from pehra.intake import typed
from pehra.intake.classification import CLASSES, RSIT
from pehra.intake.columns import Computed, Plan, constant
from pehra.kernel.errors import UnreadableFile, UsageError
from pehra.observations.schema import REPORTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DERIVED = frozenset({"row", "extra", "url_host", "url_path_hash"})
_EACH_ITS_OWN = frozenset({"observed_at", "until"})
MAPPED = tuple(name for name in REPORTED if name not in _DERIVED)

USUAL: dict[str, tuple[str, ...]] = {
    "observed_at": (
        *("time.source", "time", "timestamp", "@timestamp", "observed_at", "datetime", "date"),
        *("event_time", "seen", "last_seen", "first_seen", "detected_at", "time.observation"),
    ),
    "class": ("classification.taxonomy", "class", "taxonomy"),
    "type": ("classification.type", "type"),
    "identifier": ("classification.identifier", "identifier"),
    "severity": ("severity",),
    "tlp": ("tlp", "tlp_label"),
    "pap": ("pap",),
    "confidence": ("feed.accuracy", "confidence"),
    "ip": (
        *("source.ip", "ip", "ip_address", "ipaddress", "address", "addr", "src_ip", "host_ip"),
        *("source_ip", "source_address"),
    ),
    "port": ("source.port", "port", "src_port", "source_port"),
    "protocol": ("protocol.transport", "protocol", "proto", "transport"),
    "application": ("protocol.application", "application", "service"),
    "asn": ("source.asn", "asn", "as", "as_number"),
    "network": ("source.network", "network", "prefix", "cidr"),
    "country": ("source.geolocation.cc", "country", "country_code", "cc", "geo"),
    "host": ("source.fqdn", "host", "domain", "fqdn"),
    "url": ("source.url", "url"),
    "peer_ip": ("destination.ip", "peer_ip", "dst_ip", "destination_ip"),
    "peer_port": ("destination.port", "peer_port", "dst_port", "destination_port"),
    "peer_host": ("destination.fqdn", "peer_host"),
    "family": ("malware.name", "family", "malware", "infection"),
    "product_vendor": ("product.vendor", "product_vendor", "vendor"),
    "product_name": ("product.full_name", "product.name", "product_name", "product"),
    "product_version": ("product.version", "product_version"),
    "cves": ("product.vulnerabilities", "cves", "cve", "vulnerability"),
    "tags": ("tags", "tag"),
    "count": ("count",),
    "until": ("until",),
    "expires": ("expires",),
}
_GENERAL_TYPE = {
    "vulnerable": "vulnerable-system",
    "malicious-code": "infected-system",
    "other": "undetermined",
}
UNCLASSIFIED = {"type": "undetermined", "identifier": "unclassified", "role": "report"}


def mapped(options: Mapping[str, str], *, but: frozenset[str]) -> dict[str, str]:
    """The map in a delivery's options, `time` spelled `observed_at`.

    Args:
        options: of the delivery.
        but: options that are no part of the map.

    Raises:
        UsageError: a key is no column of an observation, a class or type is not of RSIT, or a
            constant is nothing that its column can hold.
    """
    found = {
        ("observed_at" if key == "time" else key): value
        for key, value in options.items()
        if key not in but
    }
    for key in found:
        if key not in MAPPED:
            near = difflib.get_close_matches(key, MAPPED, n=1)
            message = f"`{key}` is no column of an observation."
            raise UsageError(message, mend=f"Did you mean `{near[0]}`?" if near else _known(MAPPED))
    for key, words in (("class", CLASSES), ("type", RSIT)):
        value = found.get(key, "")
        if value.startswith("=") and value[1:] not in words:
            message = f"`{value[1:]}` is no {key} of RSIT v1003."
            raise UsageError(message, mend=_known(words))
    for key, value in found.items():
        if value.startswith("="):
            _check_constant(key, value[1:])
    return found


def _check_constant(key: str, value: str) -> None:
    if key in _EACH_ITS_OWN:
        message = f"`{key}` cannot be the same for every row."
        raise UsageError(message, mend="Name the column that holds it, with one `=`.")
    if constant(key, value).null_count():
        message = f"`{value}` is no {key}."
        raise UsageError(message, mend="Give another, or name a column.")


def _known(words: Iterable[str]) -> str:
    return f"Known are: {', '.join(words)}."


def mapped_plan(names: frozenset[str], columns: Mapping[str, str], *, prefix: str = "") -> Plan:
    """The plan for a file with these columns; empty `names`: each record names its own.

    Raises:
        UnreadableFile: the map or the usual names find no time, or a mapped column is not there.
    """
    takes: dict[str, tuple[str, ...]] = {}
    constants = dict(UNCLASSIFIED)
    claimed = frozenset(value for value in columns.values() if not value.startswith("="))
    for name in MAPPED:
        value = columns.get(name)
        if value is None:
            takes[name] = tuple(usual for usual in USUAL.get(name, ()) if usual not in claimed)
        elif value.startswith("="):
            constants[name] = value[1:]
        else:
            takes[name] = (value,)
    if names:
        _check(names, claimed, takes)
    constants["type"] = _type_of(constants)
    constants["class"] = RSIT[constants["type"]]
    return Plan(
        takes=takes,
        constants=constants,
        known=frozenset(column for taken in takes.values() for column in taken),
        prefix=prefix,
        computed=_classes(takes),
    )


def _type_of(constants: Mapping[str, str]) -> str:
    """The type for rows that name none; a class alone stands for its most general type."""
    kind = constants["type"]
    if kind != UNCLASSIFIED["type"] or "class" not in constants:
        return kind
    return _general(constants["class"])


def _general(name: str) -> str:
    return _GENERAL_TYPE.get(name, CLASSES[name][0])


def _check(
    names: frozenset[str], claimed: frozenset[str], takes: Mapping[str, tuple[str, ...]]
) -> None:
    lacking = sorted(claimed - names)
    if lacking:
        message = f"The file has no column `{lacking[0]}`."
        raise UnreadableFile(message, mend=f"It has: {', '.join(sorted(names))[:400]}.")
    if not names.intersection(takes.get("observed_at", ())):
        message = "No column of the file is known to hold the time."
        raise UnreadableFile(message, mend="Say which one does: time=COLUMN.")


def _classes(takes: Mapping[str, tuple[str, ...]]) -> Computed:
    """Class and type of RSIT from the columns that hold them; unknown words stay null."""

    def classes(frame: pl.DataFrame) -> dict[str, pl.Expr]:
        kind = _known_word(frame, takes.get("type", ()), RSIT)
        named = _known_word(frame, takes.get("class", ()), CLASSES)
        general = named.replace_strict({name: _general(name) for name in CLASSES}, default=None)
        kind = pl.coalesce(kind, general)
        return {"type": kind, "class": kind.replace_strict(RSIT, default=None)}

    return classes


def _known_word(frame: pl.DataFrame, columns: tuple[str, ...], words: Iterable[str]) -> pl.Expr:
    filled = [
        pl.when(pl.col(column) != "").then(pl.col(column))
        for column in columns
        if column in frame.columns
    ]
    word = typed.word(pl.coalesce(filled)) if filled else pl.lit(None, pl.String())
    return pl.when(word.is_in(list(words))).then(word)
