"""Rules group findings by columns, and a day's limit holds whatever comes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pehra.cases.fromfindings import rules
from pehra.cases.fromfindings.rules import OVER, Fed, Group, Rule
from pehra.findings.queries.grouped import SCHEMA
from pehra.kernel.errors import UsageError
from pehra.kernel.time import micros

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
TODAY = date(2026, 11, 28)


def rule(**facts: object) -> Rule:
    given = {"slug": "x", "valid_from": TODAY, "title": "{group} at {holder}", "group": ("what",)}
    return Rule(**{**given, **facts})  # type: ignore[arg-type] # a test's own words


def rows(*found: tuple[int, int, int, str, int]) -> pl.DataFrame:
    """Findings: id, holder, severity, family, days ago."""
    return pl.DataFrame(
        [
            (number, holder, level, "infected-system", "malicious-code", what,
             micros(NOW - timedelta(days=days)), int(number % 2 == 0))
            for number, holder, level, what, days in found
        ],
        schema=SCHEMA,
        orient="row",
    )  # fmt: skip


ROWS = rows(
    (1, 10, 3, "qakbot", 1),
    (2, 11, 4, "qakbot", 2),
    (3, 11, 3, "qakbot", 9),
    (4, 12, 3, "mirai", 1),
    (5, 12, 1, "mirai", 1),
    (6, 13, 3, "", 1),
)


def test_a_family_in_a_window() -> None:
    found = rules.groups(rule(named=True, least_organisations=2), ROWS, {}, {}, NOW)
    assert found == [Group(name="qakbot", worst=4, organisations=(10, 11), findings=(1, 2))]
    assert rules.groups(rule(named=True), ROWS, {}, {"qakbot": 1, "mirai": 9}, NOW) == [
        Group(name="qakbot", worst=4, organisations=(11,), findings=(2,))
    ]


def test_grades_relapses_classes_and_identifiers_narrow() -> None:
    graded = {11: "A", 12: "C"}
    of_a = rule(group=("organisation",), cii_grades=("A",), within_days=30)
    assert [one.findings for one in rules.groups(of_a, ROWS, graded, {}, NOW)] == [(2, 3)]
    back = rule(group=("organisation",), relapsed=True)
    assert [one.name for one in rules.groups(back, ROWS, {}, {}, NOW)] == ["11", "12", "13"]
    none = rule(classes=("fraud",), identifiers=("phishing",))
    assert rules.groups(none, ROWS, {}, {}, NOW) == []


def group(name: str) -> Group:
    return Group(name=name, worst=3, organisations=(10,), findings=(1,))


def test_over_the_limit_goes_to_one_case_and_stays_there() -> None:
    names = {10: "River Bank"}
    found = [group("a"), group("b"), group("c"), group("d")]
    fed = {"a": Fed(7), "d": Fed(9, over=True), OVER: Fed(9, over=True)}
    planned = rules.plan(rule(most_a_day=2), found, fed, 1, names)
    told = [(one.group.name, one.case, one.over) for one in planned]
    assert told == [("a", 7, False), ("b", None, False), ("c", 9, True), ("d", 9, True)]
    assert planned[1].title == "b at River Bank"
    assert rules.title_over(rule(most_a_day=2), TODAY) == (
        "Rule x is over its limit of 2 cases on 2026-11-28"
    )


@settings(max_examples=20)
@given(st.integers(0, 60), st.integers(0, 50), st.integers(0, 60))
def test_a_day_never_opens_more_than_its_limit(many: int, limit: int, opened: int) -> None:
    found = [group(str(number)) for number in range(many)]
    planned = rules.plan(rule(most_a_day=limit), found, {}, opened, {})
    fresh = [one for one in planned if one.case is None and not one.over]
    assert len(fresh) == min(many, max(0, limit - opened))
    assert len(planned) == many


def test_the_newest_version_that_has_begun() -> None:
    old, new, later = (
        rule(least_findings=number, valid_from=TODAY + timedelta(days=days))
        for number, days in ((1, -9), (2, 0), (3, 1))
    )
    assert rules.in_force([later, old, new], TODAY) == [new]
    assert rules.in_force([later], TODAY) == []


def test_what_ships() -> None:
    assert [one.slug for one in rules.shipped()] == [
        "family-outbreak",
        "cii-critical",
        "relapse-after-claim",
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("group", ["asset"], r"rules\[0\] \(x\): `group`"),
        ("case_kind", "war", "`case_kind`"),
        ("least_severity", "worst", "`least_severity`"),
        ("within_days", 0, "`within_days`"),
        ("most_a_day", 51, "`most_a_day`"),
        ("title", "{nothing}", "`title`"),
        ("title", "{group.nothing}", "`title`"),
        ("title", "{", "`title`"),
        ("surprise", 1, r"\$\.rules\[0\]|unknown field"),
    ],
)
def test_a_file_that_makes_no_sense(name: str, value: object, said: str) -> None:
    told = {"slug": "x", "valid_from": "2026-11-28", "title": "x", "group": ["what"], name: value}
    lines = [
        f"{key} = {one if key == 'valid_from' else msgspec.json.encode(one).decode()}"
        for key, one in told.items()
    ]
    with pytest.raises(UsageError, match=said):
        rules.read("\n".join(["[[rules]]", *lines]).encode())


def test_no_toml() -> None:
    for content in (b"[[", b"\xff"):
        with pytest.raises(UsageError, match="no file of rules"):
            rules.read(content)
