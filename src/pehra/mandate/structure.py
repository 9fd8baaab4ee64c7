"""A nation's structure as one YAML file: who exists, since when, by which word, what is missing.

The list of keys is closed; a fault names file, line, key path and the nearest known key. Rows refer
to one another by slug (territories by their ISO 3166-2 code). `compare` says what loading a file
would change, and leaves alone what a person has changed since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date  # noqa: TC003 msgspec reads the annotation when it converts
from typing import Annotated, Any, Literal

import msgspec

from pehra.kernel.errors import UsageError
from pehra.kernel.labels import Severity
from pehra.kernel.marked import Document, Fault, FaultyText, convert

Facts = Mapping[str, Any]
"""A row in the file's own words: JSON values, references as slugs."""
Key = tuple[str, ...]

Slug = msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=96)
Tile = Annotated[str, msgspec.Meta(pattern=r"^([1-9][0-9]?,[1-9][0-9]?)?$")]
Day = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^((\d{4}-)?(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
        r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday)$"
    ),
]
Tier = Literal[
    "national", "government", "cii", "sectoral", "provincial", "organisational", "community"
]
Status = Literal["active", "defined", "recommended", "planned", "gap", "dissolved"]
Role = Literal[
    "NC", "SUP", "DIR", "SC", "ENT", "ENH", "LEG", "ISP", "AUD", "REG", "INV", "EVC", "DPO", "CNL",
    "OBS", "AUT", "PEER",
]  # fmt: skip
ClockKind = Literal[
    "fix", "early-warning", "notification", "final", "breach-authority", "breach-subjects",
    "breach-processor", "advisory-flash", "advisory-publish", "advisory-ack",
    "dispute-answer", "break-glass", "break-glass-review", "notice-answer", "notice-ciso",
    "notice-team", "notice-regulator", "notice-council", "case-triage", "case-call",
    "case-grade", "case-situation", "case-review", "evidence-paper", "evidence-retention",
    "report-triage",
]  # fmt: skip
Act = Literal[
    "report", "grade-incident", "send-notice", "close-as-fixed", "security-block", "legal-order",
    "lift-block", "evidence-out", "disclosure", "penalty", "audit-finding", "share-abroad",
    "change-rule", "handle-reports", "address-look-up", "manage-offices", "review-break-glass",
    "work-cases", "merge-cases", "move-grade", "close-cases",
    "publish-advisories", "handle-breaches", "triage-reports",
    "keep-evidence", "evidence-preserve", "evidence-traffic", "evidence-content", "evidence-own",
]  # fmt: skip
Does = Literal[
    "may", "propose", "approve", "apply", "verify", "check", "record", "ask", "claim", "answer",
    "consent", "read",
]  # fmt: skip
SeverityWord = Literal["critical", "high", "medium", "low", "info"]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every row says of itself."""

    valid_from: date | None = None
    valid_to: date | None = None
    """First day on which it no longer holds."""
    source: str = ""
    unconfirmed: bool = False
    """No public source confirms it; pages show that beside the value."""
    note: str = ""


class TerritoryRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A province or territory."""

    code: str
    name: str
    name_ur: str = ""
    tile: Tile = ""
    """Place on the tile map: column and row, from 1 at the top."""


class OrganisationRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A body of the state, or another that the structure names."""

    slug: str
    name: str
    name_ur: str = ""
    role: str = ""
    sector: str | None = None
    territory: str | None = None
    public: bool | None = None
    cii_grade: Literal["A", "B", "C", "none"] = "none"


class SectorRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A sector; without a regulator or a team it is a gap, and shown as one."""

    slug: str
    name: str
    name_ur: str = ""
    regulator: str | None = None
    team: str | None = None
    restricted: bool = False


class TeamRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A CERT, or the place where one should be."""

    slug: str
    name: str
    name_ur: str = ""
    tier: Tier
    status: Status = "active"
    reachable: bool = True
    parent: str | None = None
    sector: str | None = None
    territory: str | None = None
    host: str | None = None
    restricted: bool = False


class OfficeRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A post that holds power."""

    slug: str
    name: str
    role: Role
    team: str | None = None
    organisation: str | None = None


class GroundRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A section of an instrument of law."""

    slug: str
    instrument: str
    section: str = ""
    ordered_by: str | None = None
    acts: tuple[Act, ...] = ()
    """What it can be the ground of."""
    longest_days: int | None = None
    """How long what rests on it may last."""


class PowerRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the offices of a role may do about an act."""

    act: Act
    role: Role
    does: Does = "may"
    tier: Tier | Literal[""] = ""
    """Of the office's team; empty: any, or none."""


class ClockRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A deadline."""

    kind: ClockKind
    severity: SeverityWord | None = None
    sector: str | None = None
    organisation: str | None = None
    category: Annotated[int, msgspec.Meta(ge=1, le=6)] | None = None
    """Of a case: 1 to 6, for C1 to C6; null: any."""
    hours: int
    minutes: Annotated[int, msgspec.Meta(ge=0, le=59)] = 0
    """Beside the hours."""


class HolidayRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A day on which offices are closed: each week, each year, or once."""

    slug: str
    day: Day
    """`sunday`, `08-14` in every year, or `2027-03-10`, since some days move with the moon."""
    name: str
    name_ur: str = ""
    territory: str | None = None
    """Where; null: in the whole nation."""


class Structure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    name: str
    country: str
    """ISO 3166-1 alpha-2."""
    territories: tuple[TerritoryRow, ...] = ()
    sectors: tuple[SectorRow, ...] = ()
    organisations: tuple[OrganisationRow, ...] = ()
    teams: tuple[TeamRow, ...] = ()
    offices: tuple[OfficeRow, ...] = ()
    grounds: tuple[GroundRow, ...] = ()
    clocks: tuple[ClockRow, ...] = ()
    powers: tuple[PowerRow, ...] = ()
    holidays: tuple[HolidayRow, ...] = ()


KEYS: dict[str, tuple[str, ...]] = {
    "territories": ("code",),
    "sectors": ("slug",),
    "organisations": ("slug",),
    "teams": ("slug",),
    "offices": ("slug",),
    "grounds": ("slug", "valid_from"),
    "clocks": ("kind", "severity", "sector", "organisation", "category", "valid_from"),
    "powers": ("act", "role", "does", "valid_from"),
    "holidays": ("slug", "day", "territory"),
}
"""What tells rows of a list apart. A clock or ground with another first day is another row."""

REFERENCES: dict[str, dict[str, str]] = {
    "territories": {},
    "sectors": {"regulator": "organisations", "team": "teams"},
    "organisations": {"sector": "sectors", "territory": "territories"},
    "teams": {
        "parent": "teams",
        "sector": "sectors",
        "territory": "territories",
        "host": "organisations",
    },
    "offices": {"team": "teams", "organisation": "organisations"},
    "grounds": {"ordered_by": "organisations"},
    "clocks": {"sector": "sectors", "organisation": "organisations"},
    "powers": {},
    "holidays": {"territory": "territories"},
}
"""Which keys of a list name a row of which list."""


def read(text: str, name: str) -> Structure:
    """Read a structure file.

    Args:
        text: YAML.
        name: what to call the file in errors.

    Raises:
        UsageError: with the place, what is wrong, and the nearest known word.
    """
    try:
        document = Document(text)
        structure = convert(document.root, document.value(document.root), Structure)
    except FaultyText as faulty:
        raise faulty.fault.error(name) from None
    _check_keys(structure, name)
    return structure


def _check_keys(structure: Structure, name: str) -> None:
    for kind in KEYS:
        seen: set[Key] = set()
        for index, row in enumerate(getattr(structure, kind)):
            key = key_of(kind, facts_of(row))
            if key in seen:
                fault = Fault(0, f"{kind}[{index}]", f"`{'/'.join(key)}` stands here twice.")
                raise fault.error(name)
            seen.add(key)
            if row.valid_from and row.valid_to and row.valid_to <= row.valid_from:
                what = "`valid_to`, the first day without it, must be after `valid_from`."
                raise Fault(0, f"{kind}[{index}]", what).error(name)


def facts_of(row: Row) -> dict[str, Any]:
    """A row as JSON values."""
    facts: dict[str, Any] = msgspec.to_builtins(row)
    return {key: list(value) if isinstance(value, tuple) else value for key, value in facts.items()}


def key_of(kind: str, facts: Facts) -> Key:
    """What tells the row from others of its list; an absent part is empty."""
    return tuple(str(facts[part] or "") for part in KEYS[kind])


def stated(structure: Structure) -> dict[str, dict[Key, Facts]]:
    """All rows of a file: list -> key -> facts."""
    return {
        kind: {
            key_of(kind, facts): facts
            for facts in (facts_of(row) for row in getattr(structure, kind))
        }
        for kind in KEYS
    }


def check_references(
    rows: Mapping[str, Mapping[Key, Facts]], known: Mapping[str, set[str]], name: str
) -> None:
    """Refuse a row that refers to what is neither in the file nor `known` (list -> slugs).

    Raises:
        UsageError: names row, key and the slug.
    """
    names = {kind: known.get(kind, set()) | {key[0] for key in rows[kind]} for kind in KEYS}
    for kind, references in REFERENCES.items():
        for key, facts in rows[kind].items():
            for field, target in references.items():
                slug = facts[field]
                if slug is not None and slug not in names[target]:
                    message = (
                        f"{name}: {kind} `{'/'.join(filter(None, key))}`: `{field}` names `{slug}`,"
                        f" which is not among the {target}."
                    )
                    raise UsageError(message, mend=f"Add it to `{target}`, or mend the name.")


_LATER = frozenset({"tile", "acts", "longest_days", "category", "minutes"})
"""Keys that earlier files did not know: empty, they are not part of a row's digest."""


def digest_of(facts: Facts) -> str:
    """Digest of a row's facts, kept to see later whether a person changed the row."""
    known = {key: value for key, value in facts.items() if value or key not in _LATER}
    ordered = msgspec.json.encode(known, order="sorted")
    return hashlib.sha256(ordered).hexdigest()


def severity_number(word: str | None) -> int | None:
    """`kernel.labels.Severity` of a word; null stays null."""
    return None if word is None else int(Severity[word.upper()])


class Present(msgspec.Struct, frozen=True):
    """A row as it stands in the database.

    Attributes:
        facts: in the file's words.
        filed: digest when a file last wrote it; empty: never.
    """

    facts: Facts
    filed: str

    @property
    def by_hand(self) -> bool:
        """Whether a person wrote or changed it."""
        return self.filed != digest_of(self.facts)


class Change(msgspec.Struct, frozen=True):
    """One difference between a file and the rows.

    Attributes:
        kind: list, such as `teams`.
        key: what names the row.
        outcome: `added`, `changed`, `kept` (a person's change stands) or `missing` (a file once
            stated it, this one does not; it is kept).
        fields: key -> (value of the row, value of the file), of those that differ.
    """

    kind: str
    key: Key
    outcome: Literal["added", "changed", "kept", "missing"]
    fields: dict[str, tuple[Any, Any]]

    @property
    def words(self) -> str:
        """One line for a person."""
        name = "/".join(filter(None, self.key))
        parts = ", ".join(f"{key}: {old!r} -> {new!r}" for key, (old, new) in self.fields.items())
        return f"{self.outcome} {self.kind} {name}" + (f" ({parts})" if parts else "")


def compare(
    rows: Mapping[str, Mapping[Key, Facts]],
    present: Mapping[str, Mapping[Key, Present]],
    *,
    overwrite: bool,
) -> list[Change]:
    """What loading `rows` over `present` changes, in the file's order."""
    changes: list[Change] = []
    for kind in KEYS:
        for key, facts in rows[kind].items():
            there = present[kind].get(key)
            if there is None:
                changes.append(Change(kind, key, "added", {}))
            elif fields := _differences(there.facts, facts):
                keep = there.by_hand and not overwrite
                changes.append(Change(kind, key, "kept" if keep else "changed", fields))
        changes.extend(
            Change(kind, key, "missing", {})
            for key, there in present[kind].items()
            if there.filed and key not in rows[kind]
        )
    return changes


def _differences(old: Facts, new: Facts) -> dict[str, tuple[Any, Any]]:
    return {key: (old[key], new[key]) for key in new if old[key] != new[key]}
