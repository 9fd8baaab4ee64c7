"""Whom IntelMQ would write to about an event, by what stands in the event.

By directives, where the rules of certbund-contact put them into `extra.certbund`: those that are
equal but for their interval go out as one mail (intelmq-mailgen,
https://github.com/Intevation/intelmq-mailgen, `docs/concept.rst`). Else by `source.abuse_contact`,
a mail for each address (`outputs/smtp_batch` of https://github.com/certtools/intelmq), unless
tuency said that nobody is to be told (`extra.notify`, `experts/tuency`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator


class Way(StrEnum):
    """How an installation chooses recipients."""

    DIRECTIVES = "directives"
    ABUSE_CONTACT = "abuse-contact"


CONTACT = "source.abuse_contact"
DIRECTIVES = "extra.certbund.source_directives"
NOTIFY = "extra.notify"
TOLD = {"row": pl.Int64, "way": pl.String, "mailbox": pl.String, "mail": pl.String}
"""`mail`: what goes out as one, beside the mailbox."""

_ADDRESS = r"[^\s,;:\"'<>()\[\]\\]+@[^\s,;:\"'<>()\[\]\\]+"
_NEVER = -1
_SAME = ("template_name", "notification_format", "event_data_format")


def told(frame: pl.DataFrame) -> pl.DataFrame:
    """Whom each of some events would be told to, by either way: `TOLD`.

    Args:
        frame: columns of events as text, and `row`.
    """
    found = [pl.DataFrame(schema=TOLD)]
    if CONTACT in frame.columns:
        found.append(_by_contact(frame))
    if DIRECTIVES in frame.columns:
        found.append(_by_directive(frame))
    return pl.concat(found)


def way_of(rows: pl.DataFrame) -> Way:
    """By directives, where any event has one; else by contacts. `rows` is `TOLD`."""
    is_directive = rows["way"] == Way.DIRECTIVES.value
    return Way.DIRECTIVES if is_directive.any() else Way.ABUSE_CONTACT


def _by_contact(frame: pl.DataFrame) -> pl.DataFrame:
    silent = pl.col(NOTIFY) == "false" if NOTIFY in frame.columns else pl.lit(value=False)
    return (
        frame.filter(pl.col(CONTACT) != "", ~silent)
        .select("row", mailbox=pl.col(CONTACT).str.to_lowercase().str.extract_all(_ADDRESS))
        .explode("mailbox", empty_as_null=True)
        .drop_nulls("mailbox")
        .unique(maintain_order=True)
        .select("row", pl.lit(Way.ABUSE_CONTACT.value).alias("way"), "mailbox", mail=pl.lit(""))
    )


def _by_directive(frame: pl.DataFrame) -> pl.DataFrame:
    listed = frame.filter(pl.col(DIRECTIVES) != "").select("row", text=pl.col(DIRECTIVES))
    # The same few contacts hold most networks: a text is read once.
    rows = [
        (text, mailbox, mail)
        for text in listed["text"].unique(maintain_order=True)
        for mailbox, mail in _directives(text)
    ]
    texts = pl.DataFrame(rows, schema=["text", "mailbox", "mail"], orient="row")
    read = texts.cast({"text": pl.String, "mailbox": pl.String, "mail": pl.String})
    way = pl.lit(Way.DIRECTIVES.value).alias("way")
    return (
        listed.join(read, on="text", how="inner", maintain_order="left")
        .select("row", way, "mailbox", "mail")
        .unique(maintain_order=True)
    )


def _directives(text: str) -> Iterator[tuple[str, str]]:
    """Mailbox and mail of each directive of a text; what is none, or is never sent, is left."""
    try:
        listed = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return
    for one in listed if isinstance(listed, list) else []:
        if not isinstance(one, dict) or one.get("medium", "email") != "email":
            continue
        mailbox = str(one.get("recipient_address") or "").strip().lower()
        if mailbox and one.get("notification_interval") != _NEVER:
            yield mailbox, _mail(one)


def _mail(one: dict[str, Any]) -> str:
    same = [one.get(name) for name in _SAME]
    return msgspec.json.encode([*same, one.get("aggregate_identifier")], order="sorted").decode()
