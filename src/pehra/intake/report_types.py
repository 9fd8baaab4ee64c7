"""Report types as data: a TOML file that says, per type, what a row means and where columns go.

Written for Shadowserver's family of reports, whose types share two shapes; see the head of
`sources/shadowserver.toml` for the meaning of the keys.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import msgspec

from pehra.intake.classification import RSIT
from pehra.intake.columns import Computed, Plan
from pehra.intake.content import content_rules

if TYPE_CHECKING:
    from pehra.kernel.labels import Role

Takes = dict[str, tuple[str, ...]]


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Columns that many types share, and where they go."""

    columns: tuple[str, ...]
    takes: Takes
    also: tuple[str, ...] = ()


class ReportType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a row of one type means."""

    identifier: str
    type: str
    severity: str
    application: str = ""
    protocol: str = ""
    six: bool = False


class Kinds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Columns whose values are no text in `extra`."""

    integer: tuple[str, ...]
    number: tuple[str, ...]
    flag: tuple[str, ...]


class WithoutAsset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Types whose rows need not name an address or a name."""

    types: tuple[str, ...]


class ReportTypes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    zero_is_null: tuple[str, ...]
    shapes: dict[str, Shape]
    names: dict[str, str]
    aliases: dict[str, str]
    kinds: Kinds
    groups: dict[str, tuple[str, ...]]
    types: dict[str, ReportType]
    columns: dict[str, tuple[str, ...]]
    rules: dict[str, str]
    named_by_row: Takes
    without_asset: WithoutAsset
    takes: dict[str, Takes]
    rename: dict[str, dict[str, str]]

    @classmethod
    def parse(cls, text: str) -> ReportTypes:
        """Read the file; a type's class must be of RSIT."""
        return msgspec.convert(tomllib.loads(text), cls)

    def base(self, kind: str) -> str:
        """The type under which `kind` is described: `scan6_rdp` is `scan_rdp`; empty: unknown."""
        name = self.aliases.get(kind, kind)
        for candidate in (name, *_without_six(name)):
            known = self.types.get(candidate)
            if known and (candidate == name or known.six):
                return candidate
        return ""

    def shape(self, base: str) -> Shape:
        """The shape of a described type."""
        return self.shapes["event" if base.startswith("event") else "device"]

    def own_columns(self, base: str) -> frozenset[str]:
        """Columns that the type has besides those of its shape."""
        return frozenset(
            column
            for name in self.columns.get(base, ())
            for column in (self.groups[name[1:]] if name.startswith("@") else (name,))
        )

    def recognise(self, header: tuple[str, ...]) -> str:
        """The one described type whose columns these are; empty where none or several fit."""
        found = frozenset(header)
        fitting = []
        for base in self.types:
            own, shared = self.own_columns(base), frozenset(self.shape(base).columns)
            optional = shared | {"sic"}
            if own and own <= found and found <= own | optional and {"timestamp"} <= found:
                fitting.append(base)
        return fitting[0] if len(fitting) == 1 else ""

    def plan(self, base: str, role: Role, computed: Computed | None) -> Plan:
        """How the columns of a described type become columns of an observation."""
        kind, shape = self.types[base], self.shape(base)
        takes = {**shape.takes, **self.takes.get(base, {})}
        constants = {
            "class": RSIT[kind.type],
            "type": kind.type,
            "identifier": kind.identifier,
            "severity": kind.severity,
            "role": role.value,
        }
        constants |= {
            name: value
            for name, value in (("application", kind.application), ("protocol", kind.protocol))
            if value
        }
        kinds = {
            column: name
            for name in ("integer", "number", "flag")
            for column in getattr(self.kinds, name)
        }
        return Plan(
            takes=takes,
            constants=constants,
            names={**self.names, **self.rename.get(base, {})},
            kinds=kinds,
            zero_is_null=frozenset(self.zero_is_null),
            known=frozenset(shape.columns) | self.own_columns(base) | self.names.keys(),
            also=frozenset(shape.also),
            computed=computed,
            needs_asset=base not in self.without_asset.types,
            content=content_rules(base),
        )


def _without_six(kind: str) -> tuple[str, ...]:
    """Names that an IPv6 type could be the twin of."""
    if kind.startswith("event6_"):
        return ("event4_" + kind.removeprefix("event6_"),)
    if kind.startswith("event_"):  # as the IntelMQ mapping spells them
        return ("event4_" + kind.removeprefix("event_"),)
    shorter = re.sub(r"^([a-z]+)6_", r"\1_", kind)
    return (shorter if shorter != kind else kind.removesuffix("6"),)
