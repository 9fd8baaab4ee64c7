"""Who may do what: dated rows, four families that one person never joins, grounds, broken glass."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.mandate.powers import (
    COMPULSORY,
    FAMILIES,
    Family,
    Glass,
    GroundFacts,
    Part,
    Power,
    PowerFacts,
    Table,
    Taking,
    Warrant,
    check_apart,
    check_ground,
    check_order,
    check_review,
    check_taking,
    may,
    warrant,
)
from pehra.mandate.rules import Post, in_force

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
TODAY = NOW.date()
OFFICER = Post("duty", "NC", 1, "national", None)
DIRECTOR = Post("head", "DIR", 1, "national", None)
AUDITOR = Post("auditor", "AUD", 1, "national", None)
ANALYST = Post("pb-analyst", "SC", 2, "provincial", None)
CISO = Post("ciso", "ENT", None, "", 7)
HANDLE = Power("handle-reports")
POWERS = (
    PowerFacts(act="handle-reports", role="NC", tier="national"),
    PowerFacts(act="handle-reports", role="DIR", tier="national"),
    PowerFacts(act="send-notice", role="SC"),
)


def test_an_office_holds_what_its_role_holds_in_its_tier() -> None:
    assert may([OFFICER], HANDLE, POWERS, TODAY)
    assert not may([AUDITOR], HANDLE, POWERS, TODAY)
    assert not may([Post("pb-director", "DIR", 2, "provincial", None)], HANDLE, POWERS, TODAY)
    assert not may([OFFICER], Power("handle-reports", "approve"), POWERS, TODAY)
    assert may([ANALYST], Power("send-notice"), POWERS, TODAY)
    assert not may([], HANDLE, POWERS, TODAY)


def test_a_power_holds_between_its_dates() -> None:
    later = (msgspec.structs.replace(POWERS[0], valid_from=TODAY, valid_to=date(2027, 1, 1)),)
    assert not may([OFFICER], HANDLE, later, TODAY - timedelta(days=1))
    assert may([OFFICER], HANDLE, later, TODAY)
    assert not may([OFFICER], HANDLE, later, date(2027, 1, 1))


def test_one_acts_in_the_office_that_holds_the_power_or_that_was_chosen() -> None:
    posts, table = [AUDITOR, OFFICER, DIRECTOR], Table(POWERS)
    assert warrant(posts, HANDLE, table, NOW) == Warrant("head")
    assert warrant(posts, HANDLE, table, NOW, "duty") == Warrant("duty")
    assert warrant(posts, HANDLE, table, NOW, "auditor") is None
    assert Warrant("duty").actor("a@x.example") == Actor("a@x.example", "duty")


def test_broken_glass_holds_for_its_office_and_hours_and_marks_the_act() -> None:
    glass = Glass(
        id=4, office="auditor", act="handle-reports", does="may",
        taken_at=NOW, until=NOW + timedelta(hours=2),
    )  # fmt: skip
    table = Table(POWERS, (glass,))
    held = warrant([AUDITOR], HANDLE, table, NOW)
    assert held == Warrant("auditor", 4)
    assert held.actor("a@x.example") == Actor("a@x.example", "auditor+glass-4")
    assert warrant([AUDITOR], HANDLE, table, glass.until) is None
    assert warrant([AUDITOR], HANDLE, table, NOW - timedelta(seconds=1)) is None
    assert warrant([ANALYST], HANDLE, table, NOW) is None
    assert warrant([AUDITOR], Power("send-notice"), table, NOW) is None


TAKING = Taking(office="auditor", power=HANDLE, reason="Both officers are ill tonight", hours=2)


@pytest.mark.parametrize(
    ("changed", "posts", "error"),
    [
        ({}, [AUDITOR], None),
        ({"power": Power("security-block")}, [AUDITOR], Refused),
        ({"power": Power("evidence-out", "approve")}, [AUDITOR], Refused),
        ({"power": Power("review-break-glass")}, [AUDITOR], Refused),
        ({"power": Power("bake-bread")}, [AUDITOR], UsageError),
        ({"office": "duty"}, [AUDITOR], Refused),
        ({"office": "duty"}, [OFFICER], Refused),
        ({"office": "pb-analyst"}, [ANALYST], Refused),
        ({"office": "ciso"}, [CISO], Refused),
        ({"office": "ciso", "power": Power("send-notice")}, [CISO], Refused),
        ({"hours": 0}, [AUDITOR], Refused),
        ({"hours": 9}, [AUDITOR], Refused),
        ({"reason": "  because            "}, [AUDITOR], UsageError),
    ],
)
def test_what_glass_is_broken_for(
    changed: dict[str, object], posts: list[Post], error: type[Exception] | None
) -> None:
    wish = msgspec.structs.replace(TAKING, **changed)
    block = PowerFacts(act="security-block", role="NC")
    if error is None:
        check_taking(wish, posts, (*POWERS, block), 8, TODAY)
        return
    with pytest.raises(error) as refused:
        check_taking(wish, posts, (*POWERS, block), 8, TODAY)
    assert getattr(refused.value, "mend", "") != ""


def test_another_person_reviews() -> None:
    check_review({"a@x.example", "root"}, {"b@x.example"})
    with pytest.raises(Refused, match="root broke this glass"):
        check_review({"a@x.example", "root"}, {"b@x.example", "root"})


LAW = GroundFacts(
    slug="law-1", instrument="A Law", section="section 1", acts=("security-block",),
    ordered_by="ministry", longest_days=30, valid_from=date(2026, 1, 1), valid_to=date(2027, 1, 1),
)  # fmt: skip


@pytest.mark.parametrize(
    ("act", "slug", "changed", "on", "says"),
    [
        ("security-block", "law-1", {}, TODAY, ""),
        ("security-block", "", {}, TODAY, "`security-block` needs a ground in law."),
        ("security-block", "law-2", {}, TODAY, "There is no ground `law-2`."),
        ("security-block", "law-1", {}, date(2025, 12, 31), "is not in force on 2025-12-31"),
        ("security-block", "law-1", {}, date(2027, 1, 1), "is not in force on 2027-01-01"),
        ("security-block", "law-1", {"unconfirmed": True}, TODAY, "No public source confirms"),
        ("evidence-out", "law-1", {}, TODAY, "does not carry `evidence-out`"),
    ],
)
def test_a_ground_that_is_unknown_ended_or_unconfirmed_carries_nothing(
    act: str, slug: str, changed: dict[str, object], on: date, says: str
) -> None:
    ground = msgspec.structs.replace(LAW, **changed)
    if not says:
        assert check_ground(act, slug, [ground], on) == ground
        return
    with pytest.raises(Refused) as refused:
        check_ground(act, slug, [ground], on)
    assert says in refused.value.message
    usable = not ground.unconfirmed and act in ground.acts and on.year == 2026
    expected = "Grounds for it today: law-1." if usable else "No confirmed ground is in force"
    assert refused.value.mend.startswith(expected)


def test_the_newest_version_of_a_law_holds_from_its_day() -> None:
    changed = msgspec.structs.replace(LAW, acts=("evidence-out",), valid_from=date(2026, 6, 1))
    old = msgspec.structs.replace(LAW, valid_to=date(2026, 6, 1))
    assert check_ground("security-block", "law-1", [old, changed], date(2026, 5, 31)) == old
    with pytest.raises(Refused, match="does not carry"):
        check_ground("security-block", "law-1", [old, changed], date(2026, 6, 1))


def test_who_orders_on_a_ground_and_for_how_long() -> None:
    check_order(LAW, "ministry", TODAY, TODAY + timedelta(days=30))
    with pytest.raises(Refused, match="only `ministry` orders"):
        check_order(LAW, "bank", TODAY, TODAY)
    for ends in (None, TODAY + timedelta(days=31)):
        with pytest.raises(Refused, match="30 days at most"):
            check_order(LAW, "ministry", TODAY, ends)
    check_order(msgspec.structs.replace(LAW, longest_days=None), "ministry", TODAY, None)


PEOPLE = ("amna", "bilal", "chand", "dua")
ROLES = ("NC", "SUP", "DIR", "LEG", "ISP")
ACTS = ("security-block", "evidence-out", "send-notice")
DOES = tuple(word for word, family in FAMILIES.items() if family is not None)
people, acts, does = (st.sampled_from(words) for words in (PEOPLE, ACTS, DOES))


class House(RuleBasedStateMachine):
    """Powers at random, tenures that begin and end, days that pass, and people who try anything."""

    def __init__(self) -> None:
        super().__init__()
        self.day = TODAY
        self.powers: list[PowerFacts] = []
        self.tenures: list[tuple[str, str, date, date | None]] = []
        self.holding: set[tuple[str, str]] = set()
        self.parts: dict[tuple[str, int], list[Part]] = {}

    def _posts(self, person: str) -> list[Post]:
        """What the rows say of the day, as `queries.posts_of` reads them."""
        return [
            Post(role.lower(), role, 1, "national", None)
            for who, role, since, until in self.tenures
            if who == person and in_force(since, until, self.day)
        ]

    @rule(act=acts, role=st.sampled_from(ROLES), word=does, days=st.integers(1, 20))
    def _grant(self, act: str, role: str, word: str, days: int) -> None:
        until = self.day + timedelta(days=days)
        row = PowerFacts(act=act, role=role, does=word, valid_from=self.day, valid_to=until)
        self.powers.append(row)

    @rule(person=people, role=st.sampled_from(ROLES))
    def _appoint(self, person: str, role: str) -> None:
        if (person, role) not in self.holding:
            self.tenures.append((person, role, self.day, None))
            self.holding.add((person, role))

    @rule(person=people, role=st.sampled_from(ROLES))
    def _end(self, person: str, role: str) -> None:
        self.tenures = [
            (who, what, since, self.day if (who, what, until) == (person, role, None) else until)
            for who, what, since, until in self.tenures
        ]
        self.holding.discard((person, role))

    @rule(days=st.integers(1, 10))
    def _pass_days(self, days: int) -> None:
        self.day += timedelta(days=days)

    @rule(person=people, act=acts, word=does, number=st.integers(1, 2))
    def _attempt(self, person: str, act: str, word: str, number: int) -> None:
        family, table = FAMILIES[word], Table(tuple(self.powers))
        assert family is not None
        before = self.parts.setdefault((act, number), [])
        now = datetime.combine(self.day, NOW.timetz())
        held = warrant(self._posts(person), Power(act, word), table, now)
        granted = {
            row.role
            for row in self.powers
            if (row.act, row.does) == (act, word)
            and (row.valid_from or self.day) <= self.day < (row.valid_to or date.max)
        }
        # Exactly who holds an office today that holds the power today.
        assert (held is not None) == any((person, role) in self.holding for role in granted)
        if held is None:
            return
        other = {part.family for part in before if part.person == person} - {family}
        try:
            check_apart(act, before, Part(family, person))
        except Refused:
            assert act in COMPULSORY
            assert other
        else:
            before.append(Part(family, person))

    @invariant()
    def _nobody_has_two_parts_in_what_is_compulsory(self) -> None:
        for (act, _number), parts in self.parts.items():
            had: dict[str, set[Family]] = {}
            for part in parts:
                had.setdefault(part.person, set()).add(part.family)
            if act in COMPULSORY:
                assert all(len(families) == 1 for families in had.values())


TestHouse = House.TestCase
TestHouse.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_everyday_acts_need_one_named_person() -> None:
    parts = [Part(family, "amna") for family in Family]
    check_apart("send-notice", parts, Part(Family.VERIFY, "amna"))
    with pytest.raises(Refused, match="amna has the part `decide`") as refused:
        check_apart("penalty", [Part(Family.DECIDE, "amna")], Part(Family.VERIFY, "amna"))
    assert refused.value.mend == "Somebody else does the part `verify`: no one person holds two."
