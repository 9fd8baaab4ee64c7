"""Samples by which triage is learned and judged, read from a folder of published sets.

The folder is laid out as `phish/`, `feeds/`, `derived/` and `domains/` with tar and CSV files
compressed by zstd. Nothing is fetched, and no sample is kept in the repository.
"""

from __future__ import annotations

import csv
import html
import io
import json
import tarfile
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import zstandard

from pehra.cases.triage.mails import mail
from pehra.kernel.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HARMFUL = ("ebbu2017", "jpcert", "openphish")
_LISTS = {
    "popular": ("tranco10k", "majestic_million", "alexa", "moz-top500"),
    "asked": ("cloudflare-top100k", "cisco_top20k"),
    "universities": ("university_domains",),
    "banks": ("bank-website",),
}
_MOST = 20_000


def addresses(folder: Path, *, most: int = _MOST) -> dict[str, list[str]]:
    """All sets of addresses: harmful, lawful to learn from, and lawful only to judge by."""
    found = {**_ebbu(folder), "jpcert": _jpcert(folder), "openphish": _openphish(folder)}
    found |= _warning_lists(folder)
    found |= {
        "government": _government(folder, "world-gov-PAK"),
        "neighbours": _government(folder, "world-gov-SAARC-neighbours"),
        "dotgov": _dotgov(folder),
        "national": _national(folder),
        "lookalikes": pl.read_csv(folder / "derived/pk-lookalike-trails.csv")["trail"].to_list(),
    }
    return {
        name: _some(texts, most * 3 if name == "asked" else most) for name, texts in found.items()
    }


def messages(folder: Path) -> dict[str, list[str]]:
    """Short texts: lawful and harmful."""
    found: dict[str, list[str]] = {"ham": [], "spam": []}
    for line in _text(folder / "phish/sms-spam-uci.tsv.zst").splitlines():
        kind, _, text = line.partition("\t")
        if kind in found:
            found[kind].append(text)
    return {name: list(dict.fromkeys(texts)) for name, texts in found.items()}


def letters(folder: Path) -> dict[str, list[bytes]]:
    """Mails: lawful, spam, and phishing."""
    found: dict[str, list[bytes]] = {"ham": [], "spam": [], "phishing": []}
    for name, data in _members(folder / "phish/spamassassin-corpus.tar.zst"):
        found["spam" if "spam-" in name else "ham"].append(data)
    found["phishing"] = [data for _, data in _members(folder / "phish/phishing_pot-eml.tar.zst")]
    return found


def letter_text(data: bytes) -> str:
    """Subject and text of a mail, without a mailing list's tag and footer, which name the set."""
    read = mail(data)
    subject = read.subject.rpartition("]")[2].removeprefix("Re:").strip()
    return subject + "\n" + read.text.partition("_______")[0]


def _some(texts: Sequence[str], most: int) -> list[str]:
    distinct = sorted(set(texts))
    if len(distinct) <= most:
        return distinct
    chosen = np.random.default_rng(5).choice(len(distinct), most, replace=False)
    return [distinct[place] for place in np.sort(chosen)]


def _opened(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as fault:
        message = f"There are no samples at {path}."
        raise EnvironmentFault(message, mend="Name their folder with --data.") from fault
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()


def _text(path: Path) -> str:
    return _opened(path).decode("utf-8", "replace")


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(_opened(path))) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                yield member.name, file.read()


def _ebbu(folder: Path) -> dict[str, list[str]]:
    rows = list(csv.reader(io.StringIO(_text(folder / "phish/urls-pdd-ebbu2017.csv.zst"))))[1:]
    return {
        "ebbu2017": [html.unescape(url) for url, label in rows if label == "phishing"],
        "urls": [html.unescape(url) for url, label in rows if label != "phishing"],
    }


def _jpcert(folder: Path) -> list[str]:
    return [
        row[1]
        for name, data in _members(folder / "feeds/jpcert-phishurl-list.tar.zst")
        if name.endswith(".csv")
        for row in csv.reader(io.StringIO(data.decode("utf-8", "replace")))
        if len(row) > 1 and row[1].startswith("http")
    ]


def _openphish(folder: Path) -> list[str]:
    data = _opened(folder / "derived/openphish-url-intervals-dev.csv.zst")
    return pl.read_csv(data)["url"].to_list()


def _warning_lists(folder: Path) -> dict[str, list[str]]:
    held = {
        name.split("/")[-2]: json.loads(data)["list"]
        for name, data in _members(folder / "domains/misp-warninglists.tar.zst")
        if name.endswith("/list.json")
        and any(name.split("/")[-2] in group for group in _LISTS.values())
    }
    return {
        name: [host.lower().strip(".") for part in group for host in held[part]]
        for name, group in _LISTS.items()
    }


def _government(folder: Path, name: str) -> list[str]:
    return [
        row[0]
        for path, data in _members(folder / f"domains/{name}.tar.zst")
        if path.endswith("/subdomains.csv")
        for row in list(csv.reader(io.StringIO(data.decode("utf-8", "replace"))))[1:]
    ]


def _dotgov(folder: Path) -> list[str]:
    for path, data in _members(folder / "domains/dotgov-data.tar.zst"):
        if path.endswith("current-full.csv"):
            return [row[0].lower() for row in list(csv.reader(io.StringIO(data.decode())))[1:]]
    return []


def _national(folder: Path) -> list[str]:
    """The newest version of the list of sites that matter in Pakistan."""
    versions = {
        path: data
        for path, data in _members(folder / "domains/citizenlab-pk-testlist.tar.zst")
        if path.endswith("/pk.csv")
    }
    newest = versions[max(versions)].decode("utf-8", "replace")
    return [row[0] for row in list(csv.reader(io.StringIO(newest)))[1:]]
