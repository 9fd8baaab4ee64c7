"""What people report by the API, and what they are answered; times are RFC 3339 in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Field, Schema

Short = Annotated[str, Field(max_length=255)]


class ReportIn(Schema):
    """What somebody reports; a text or an address is needed."""

    kind: Literal["link", "message", "mail", "number", "vulnerability", "incident"]
    text: str = Field("", max_length=20_000)
    url: str = Field("", max_length=2_000)
    mail: str = Field("", max_length=254, pattern=r"^([^@\s]{1,64}@[A-Za-z0-9.-]{1,180})?$")
    phone: str = Field("", max_length=40, pattern=r"^[0-9+ ()./-]*$")
    language: Literal["en", "ur"] = "en"
    organisation: Short = ""
    """Short name of whom it is about; believed of a key only."""
    origin: Short = ""
    """Names the reporter's place, where a key reports for many; kept as a digest."""
    delivery: Short = ""
    """Names this delivery: sent twice, it is one report."""


class SmsIn(Schema):
    """A message as a gateway delivers it; `id` is the gateway's own."""

    id: str = Field(min_length=1, max_length=120)
    sender: str = Field(min_length=3, max_length=40, pattern=r"^[0-9+ ()./-]*$")
    text: str = Field(min_length=1, max_length=5_000)


class ReportFiled(Schema):
    """The answer at once; `reply` is what a gateway sends back."""

    number: str
    at: datetime
    page: str
    reply: str


class ReportTold(Schema):
    """What reporters were told."""

    at: datetime
    verdict: Literal["case", "lawful", "spam", "duplicate"]
    words: str


class ReportFate(Schema):
    """What became of a report."""

    number: str
    kind: str
    at: datetime
    state: Literal["open", "case", "closed", "lawful", "spam", "duplicate"]
    others: int
    told: list[ReportTold]
