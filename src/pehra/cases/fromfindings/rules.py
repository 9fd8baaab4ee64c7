"""What a rule asks of findings, and which cases follow. Pure: columns in, a plan out."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from pehra.cases.rules import LONGEST_TITLE, Kind
from pehra.kernel.errors import UsageError
from pehra.kernel.labels import Severity
from pehra.kernel.time import micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GROUPS = ("what", "identifier", "rsit_class", "organisation")
LONGEST_GROUP = 200
_MOST_A_DAY = 50
OVER = "over the limit"
"""Group of the case that takes what a rule may not open a case of its own for."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule; a field that is empty asks for nothing.

    Attributes:
        title: of a case that it opens: {group}, {holder}, {organisations} and {findings} stand for
            what was found.
        group: columns by which findings are put together, of `GROUPS`.
        named: only findings that name a family or a CVE.
        identifiers: any of these.
        classes: any of these, of RSIT.
        cii_grades: holders of any of these grades.
        relapsed: only those that came back after their holder said that they were fixed.
        within_days: seen in so many days until now.
        least_organisations: holders in one group, at least.
        least_findings: findings in one group, at least.
        most_a_day: cases that it opens on one day, at most.
        enabled: false: it opens and feeds nothing, and a preview shows it all the same.
    """

    slug: str
    valid_from: date
    title: str
    case_kind: str = Kind.OTHER.value
    group: tuple[str, ...]
    named: bool = False
    identifiers: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    cii_grades: tuple[str, ...] = ()
    relapsed: bool = False
    least_severity: str = "high"
    within_days: int = 7
    least_organisations: int = 1
    least_findings: int = 1
    most_a_day: int = 5
    enabled: bool = True

    @property
    def least(self) -> int:
        """The least severity as a number."""
        return int(Severity[self.least_severity.upper()])


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of rules."""

    rules: tuple[Rule, ...]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Findings that belong together: numbers of the findings, and of their holders."""

    name: str
    worst: int
    organisations: tuple[int, ...]
    findings: tuple[int, ...]


class Fed(msgspec.Struct, frozen=True):
    """A group that is fed already: to which case, and whether that is the one over the limit."""

    case: int
    digest: str = ""
    over: bool = False


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What follows for one group.

    Attributes:
        case: the case that it feeds; null: one is to be opened.
        over: it is over the rule's limit of the day.
    """

    rule: str
    group: Group
    title: str
    case: int | None
    over: bool = False


def read(content: bytes) -> list[Rule]:
    """Read a file of rules.

    Raises:
        UsageError: it is no TOML, or a rule in it makes no sense; the message names the place.
    """
    try:
        found = msgspec.convert(tomllib.loads(content.decode()), Rules).rules
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        message = f"This is no file of rules: {error}"
        raise UsageError(message, mend="docs/playbooks.md shows one.") from None
    for place, rule in enumerate(found):
        _check(rule, f"rules[{place}] ({rule.slug[:40]})")
    return list(found)


def _check(rule: Rule, place: str) -> None:
    levels = [level.word for level in Severity]
    checks = (
        (bool(rule.slug) and len(rule.slug) <= 64, "slug", "1 to 64 characters"),  # noqa: PLR2004 its column
        (rule.case_kind in set(Kind), "case_kind", ", ".join(Kind)),
        (bool(rule.group) and set(rule.group) <= set(GROUPS), "group", ", ".join(GROUPS)),
        (rule.least_severity in levels, "least_severity", ", ".join(levels)),
        (1 <= rule.within_days <= 400, "within_days", "1 to 400"),  # noqa: PLR2004 as counts are kept
        (rule.least_organisations >= 1, "least_organisations", "1 or more"),
        (rule.least_findings >= 1, "least_findings", "1 or more"),
        (0 <= rule.most_a_day <= _MOST_A_DAY, "most_a_day", f"0 to {_MOST_A_DAY}"),
    )
    for holds, name, possible in checks:
        if not holds:
            message = f"{place}: `{name}` cannot be that."
            raise UsageError(message, mend=f"Possible: {possible}.")
    try:
        _worded(rule.title, "x", "x", 1, 1)
    except (KeyError, IndexError, ValueError, AttributeError):
        message = f"{place}: `title` has a word in braces that stands for nothing."
        mend = "Possible: {group}, {holder}, {organisations}, {findings}."
        raise UsageError(message, mend=mend) from None


def _worded(title: str, group: str, holder: str, organisations: int, findings: int) -> str:
    return title.format(group=group, holder=holder, organisations=organisations, findings=findings)


@cache
def shipped() -> tuple[Rule, ...]:
    """The rules that come with Pehra."""
    text = (files("pehra.cases.fromfindings") / "data" / "rules.toml").read_bytes()
    return tuple(read(text))


def in_force(rules: Iterable[Rule], on: date) -> list[Rule]:
    """The newest version of each rule that has begun, in order of slug; of one day the last."""
    newest: dict[str, Rule] = {}
    for rule in sorted(rules, key=lambda one: one.valid_from):
        if rule.valid_from <= on:
            newest[rule.slug] = rule
    return [newest[slug] for slug in sorted(newest)]


def groups(
    rule: Rule,
    rows: pl.DataFrame,
    graded: Mapping[int, str],
    judged: Mapping[str, int],
    now: datetime,
) -> list[Group]:
    """Groups that are large enough, the worst and widest first.

    Args:
        rule: what is asked.
        rows: as `findings.queries.grouped.standing_rows` gives them.
        graded: holder -> grade of critical infrastructure, of those that have one.
        judged: group -> the newest of its findings that a person has judged, with all before it.
        now: aware.
    """
    since = micros(now - timedelta(days=rule.within_days))
    wanted = [pl.col("severity") >= rule.least, pl.col("last_seen") >= since]
    if rule.named:
        wanted.append(pl.col("what") != "")
    if rule.relapsed:
        wanted.append(pl.col("relapsed") == 1)
    for column, names in (("identifier", rule.identifiers), ("rsit_class", rule.classes)):
        if names:
            wanted.append(pl.col(column).is_in(list(names)))
    if rule.cii_grades:
        able = [holder for holder, grade in graded.items() if grade in rule.cii_grades]
        wanted.append(pl.col("organisation").is_in(able))
    name = pl.concat_str([pl.col(column).cast(pl.String) for column in rule.group], separator=" ")
    ended = pl.DataFrame(
        {"name": list(judged), "last": list(judged.values())},
        schema={"name": pl.String, "last": pl.Int64},
    )
    found = (
        rows.filter(wanted)
        .with_columns(name=name.str.head(LONGEST_GROUP))
        .join(ended, on="name", how="left")
        .filter(pl.col("last").is_null() | (pl.col("id") > pl.col("last")))
        .group_by("name")
        .agg(
            worst=pl.col("severity").max(),
            organisations=pl.col("organisation").unique().sort(),
            findings=pl.col("id").sort(),
        )
        .with_columns(
            holders=pl.col("organisations").list.len(), many=pl.col("findings").list.len()
        )
        .filter(
            pl.col("holders") >= rule.least_organisations, pl.col("many") >= rule.least_findings
        )
        .sort(["worst", "holders", "many", "name"], descending=[True, True, True, False])
    )
    return [
        Group(
            name=row["name"],
            worst=row["worst"],
            organisations=tuple(row["organisations"]),
            findings=tuple(row["findings"]),
        )
        for row in found.iter_rows(named=True)
    ]


def plan(
    rule: Rule,
    found: Iterable[Group],
    fed: Mapping[str, Fed],
    opened: int,
    names: Mapping[int, str],
) -> list[Planned]:
    """What follows for each group.

    Args:
        rule: the rule.
        found: its groups, in the order in which they come first.
        fed: group -> the open case that takes it already; `OVER` names the one over the limit.
        opened: how many cases the rule opened today.
        names: organisation -> its name.
    """
    result, left = list[Planned](), max(0, rule.most_a_day - opened)
    for group in found:
        known = fed.get(group.name)
        over = known.over if known else left == 0
        if known is None and not over:
            left -= 1
        takes = known or (fed.get(OVER) if over else None)
        result.append(
            Planned(
                rule=rule.slug,
                group=group,
                title=title(rule, group, names),
                case=takes.case if takes else None,
                over=over,
            )
        )
    return result


def title(rule: Rule, group: Group, names: Mapping[int, str]) -> str:
    """What a case about a group is called."""
    first = group.organisations[0]
    holder = names.get(first, str(first))
    shown = _worded(rule.title, group.name, holder, len(group.organisations), len(group.findings))
    return " ".join(shown.split())[:LONGEST_TITLE]


def title_over(rule: Rule, on: date) -> str:
    """What the case is called that takes what is over the limit."""
    return f"Rule {rule.slug} is over its limit of {rule.most_a_day} cases on {on.isoformat()}"
