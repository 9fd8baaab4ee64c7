"""What the API answers, field by field; times are RFC 3339 in UTC, null is unknown or open."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import AwareDatetime

SeverityWord = Literal["info", "low", "medium", "high", "critical"]
StateWord = Literal[
    "open", "notified", "acknowledged", "fix-claimed", "gone", "passed-to-subscriber",
    "relapsed", "disputed", "exception", "transferred", "withdrawn",
]  # fmt: skip
ActWord = Literal[
    "acknowledge", "claim-fix", "dispute", "uphold", "reject-dispute", "accept-risk", "pass-on",
    "withdraw",
]  # fmt: skip
Short = Annotated[str, Field(max_length=255)]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
Size = Annotated[int, Field(ge=1, le=500)]


class Problem(Schema):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    mend: str


class Me(Schema):
    """Who asks."""

    name: str
    kind: Literal["person", "key"]
    office: str
    sees_all: bool
    teams: list[int]
    organisations: list[int]
    scopes: list[str] | None


class FindingOut(Schema):
    """A finding in a list."""

    number: int
    identifier: str
    what: str
    asset: str
    port: int | None
    state: StateWord
    severity: SeverityWord
    due_at: datetime | None
    first_seen: datetime
    last_seen: datetime
    count: int
    organisation: str | None
    organisation_name: str | None
    team: str | None


class Findings(Schema):
    """A page, newest first; `after` is the next page's, null on the last one."""

    findings: list[FindingOut]
    after: int | None


class StepOut(Schema):
    """A change of a finding's state."""

    at: datetime
    state: StateWord
    by: str
    why: str


class FindingWhole(FindingOut):
    """A finding in full."""

    rsit_class: str
    rsit_type: str
    exposed: bool
    asn: int | None
    country: str
    opened_at: datetime
    sources: list[str]
    last_covered: datetime | None
    covered_clean: int
    notified_at: datetime | None
    answered_at: datetime | None
    fix_claimed_at: datetime | None
    gone_at: datetime | None
    relapses: int
    previous: int | None
    steps: list[StepOut]


class Said(Schema):
    """An answer to a finding."""

    act: ActWord
    why: Annotated[str, Field(max_length=240)] = ""
    until: AwareDatetime | None = None


class Answered(Schema):
    """What became of it."""

    number: int
    state: StateWord


class ObservationOut(Schema):
    """One dated fact that reported the finding."""

    id: str
    observed_at: datetime
    source: str
    batch: str
    row: int
    ip: str | None
    port: int | None
    host: str | None
    protocol: str | None
    family: str | None
    tlp: str | None


class Observations(Schema):
    """A page, newest first; `page` is the next one's, null on the last."""

    observations: list[ObservationOut]
    page: int | None


class BatchOut(Schema):
    """A file as received."""

    id: str
    sha256: str
    source: str
    file_name: str
    size: int
    received_at: datetime
    kind: str
    state: str
    error: str
    rows: int
    accepted: int
    rejected: int
    duplicates: int
    unchanged: int
    attributed: int
    finished_at: datetime | None


class Batches(Schema):
    """A page, newest first; `after` is the next page's."""

    batches: list[BatchOut]
    after: str | None


class RejectOut(Schema):
    """A row that could not be read: where and why, never what it said."""

    row: int
    line: int | None
    offset: int | None
    reason: str
    detail: str


class Rejects(Schema):
    """A page in the order of the file; `after` is the next page's."""

    rejects: list[RejectOut]
    after: int | None


class SourceOut(Schema):
    """A source that we learn from."""

    slug: str
    alarms: list[str]


class Sources(Schema):
    """All of them."""

    sources: list[SourceOut]


class OrganisationLine(Schema):
    """An organisation in a list."""

    slug: str
    name: str
    sector: str
    standing: str
    claims: int


class Organisations(Schema):
    """A page by slug; `after` is the next page's."""

    organisations: list[OrganisationLine]
    after: str | None


class OrganisationOut(Schema):
    """An organisation in full."""

    slug: str
    name: str
    name_ur: str
    sector: str
    territory: str
    country: str
    is_public: bool | None
    cii_grade: str
    standing: str
    lead: str
    support: list[str]


class ClaimOut(Schema):
    """That an organisation holds an asset, by whose word."""

    claim: int
    kind: str
    asset: str
    source: str
    confidence: int
    use: str
    valid_from: datetime | None
    valid_to: datetime | None
    proposed: bool
    withdrawn_at: datetime | None
    note: str


class Claims(Schema):
    """A page; `after` is the next page's."""

    claims: list[ClaimOut]
    after: int | None


class ContactOut(Schema):
    """Whom to tell."""

    purpose: str
    name: str
    email: str
    phone: str
    language: str
    source: str
    verified_at: datetime | None


class Contacts(Schema):
    """All of an organisation's."""

    contacts: list[ContactOut]


class NewContact(Schema):
    """Whom to tell from now on; a mail address counts once its owner answered the link sent."""

    purpose: Literal["abuse", "technical", "24x7", "ciso", "head"]
    name: Annotated[str, Field(max_length=160)] = ""
    email: Annotated[str, Field(max_length=254)] = ""
    phone: Annotated[str, Field(max_length=32)] = ""
    language: Literal["en", "ur"] = "en"


class Made(Schema):
    """The number of what was made."""

    id: int


class NoticeOut(Schema):
    """A message about findings."""

    id: int
    kind: str
    rung: int
    mailbox: str
    language: str
    why: str
    findings: int
    state: str
    planned_at: datetime
    released_at: datetime | None
    answered_at: datetime | None


class Notices(Schema):
    """A page, newest first; `after` is the next page's."""

    notices: list[NoticeOut]
    after: int | None


class JobOut(Schema):
    """A job."""

    id: int
    kind: str
    state: str
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int
    most_attempts: int
    done: int
    total: int
    error: str


class Jobs(Schema):
    """A page, newest first; `after` is the next page's."""

    jobs: list[JobOut]
    after: int | None


class CheckpointOut(Schema):
    """The newest signed statement of the ledger's size and root (C2SP note); null: none yet."""

    size: int
    checkpoint: str | None


class ProofOut(Schema):
    """That an entry stands under the newest checkpoint, checkable without us."""

    seq: int
    size: int
    body: str
    hashes: list[str]
    checkpoint: str
    key: str


class FindingsAsked(Schema):
    """The filter of the list of findings, as in the address of the page."""

    severity: list[SeverityWord] = Field(default_factory=list)
    state: list[StateWord | Literal["needed", "any"]] = Field(default_factory=list)
    asset: Short = ""
    identifier: Short = ""
    what: Short = ""
    organisation: Short = ""
    team: Short = ""
    source: Short = ""
    asn: Annotated[str, Field(pattern=r"^(AS)?[0-9]{1,10}$")] | None = None
    since: date | None = None
    until: date | None = None
    holder: Literal["none"] | None = None
    assigned: Literal["me", "nobody"] | None = None
    due: Literal["past", "day"] | None = None
    number: list[Number] = Field(default_factory=list)
    after: Number | None = None
    size: Size = 50


def plain(row: Any, shape: type[Schema]) -> dict[str, Any]:  # noqa: ANN401 a value of any room
    """The fields of a shape, read from a row of the same names."""
    return {name: getattr(row, name) for name in shape.model_fields if hasattr(row, name)}
