"""Gates let through what labels and law allow, and nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pehra.dispatch.gates import SENTENCES, Entry, Known, judge
from pehra.dispatch.letters import Attachment, Letter
from pehra.dispatch.rules import Outgoing, Recipient
from pehra.kernel.labels import Pap, Tlp

BANK, SCHOOL, CLINIC = 1, 2, 3
NATIONAL, SECTORAL, OTHER = 10, 11, 12
KNOWN = Known(
    entries={
        "desk@bank.example": (Entry(101, BANK, None, verified=True),),
        "noc@school.example": (Entry(102, SCHOOL, None, verified=False),),
        "noc@isp.example": (
            Entry(103, SCHOOL, None, verified=True),
            Entry(104, CLINIC, None, verified=True),
        ),
        "cert@bank-cert.example": (Entry(105, None, SECTORAL, verified=True),),
        "cert@other.example": (Entry(106, None, OTHER, verified=True),),
        "duty@ncert.example": (Entry(107, None, NATIONAL, verified=True),),
    },
    organisations=frozenset({BANK, SCHOOL, CLINIC}),
    teams=frozenset({NATIONAL, SECTORAL, OTHER}),
    leads={BANK: SECTORAL, SCHOOL: NATIONAL, CLINIC: OTHER},
    own=NATIONAL,
    grounds=frozenset({"peca-21"}),
)
DESK = Recipient(organisation=BANK, contact=101, address="desk@bank.example")
NOC = Recipient(organisation=SCHOOL, contact=102, address="noc@school.example")
ISP = Recipient(contact=103, address="NOC@isp.example")
CERT = Recipient(team=SECTORAL, contact=105, address="cert@bank-cert.example")
OTHERS = Recipient(team=OTHER, contact=106, address="cert@other.example")
DUTY = Recipient(team=NATIONAL, contact=107, address="duty@ncert.example")
STRANGER = Recipient(address="someone@else.example")
PERSON = msgspec.structs.replace(DESK, person=True)


def item(to: Recipient, tlp: Tlp, *about: int, **changes: Any) -> Outgoing:  # noqa: ANN401 any field of it
    known = Outgoing(
        kind="notice",
        reference="notice:1",
        key="notice:1",
        recipient=to,
        letter=Letter("s", "t"),
        tlp=tlp,
        about=frozenset(about),
    )
    return msgspec.structs.replace(known, **changes)


def code(given: Outgoing) -> str:
    refusal = judge(given, KNOWN)
    return "" if refusal is None else refusal.code


@pytest.mark.parametrize(
    ("to", "tlp", "about", "refused"),
    [
        (DESK, Tlp.AMBER, {BANK}, ""),
        (DESK, Tlp.AMBER_STRICT, {BANK}, ""),
        (DESK, Tlp.AMBER, {BANK, SCHOOL}, "tenancy"),
        (DESK, Tlp.AMBER, {SCHOOL}, "tlp-amber"),
        (DESK, Tlp.AMBER, set(), "tlp-amber"),
        (DESK, Tlp.AMBER_STRICT, {BANK, SCHOOL}, "tlp-strict"),
        (DESK, Tlp.GREEN, set(), ""),
        (DESK, Tlp.GREEN, {SCHOOL}, "tenancy"),
        (DESK, Tlp.RED, {BANK}, "tlp-red"),
        (PERSON, Tlp.RED, {BANK}, ""),
        (PERSON, Tlp.RED, {SCHOOL}, "tenancy"),
        (NOC, Tlp.AMBER, {SCHOOL}, ""),
        (NOC, Tlp.AMBER_STRICT, {SCHOOL}, "unverified"),
        (ISP, Tlp.AMBER, {SCHOOL, CLINIC}, ""),
        (ISP, Tlp.AMBER, {SCHOOL, BANK}, "tenancy"),
        (ISP, Tlp.AMBER_STRICT, {SCHOOL, CLINIC}, "tlp-strict"),
        (CERT, Tlp.AMBER, {BANK}, ""),
        (CERT, Tlp.AMBER_STRICT, {BANK}, ""),
        (CERT, Tlp.AMBER, {BANK, SCHOOL}, "tenancy"),
        (OTHERS, Tlp.AMBER, {BANK}, "tlp-amber"),
        (OTHERS, Tlp.GREEN, {BANK}, "tenancy"),
        (DUTY, Tlp.AMBER_STRICT, {BANK, CLINIC}, ""),
        (STRANGER, Tlp.CLEAR, set(), ""),
        (STRANGER, Tlp.GREEN, set(), "stranger"),
        (STRANGER, Tlp.CLEAR, {BANK}, "stranger"),
        (msgspec.structs.replace(DESK, address="x@evil.example"), Tlp.AMBER, {BANK}, "stranger"),
        (msgspec.structs.replace(DESK, contact=102), Tlp.AMBER, {BANK}, "stranger"),
        (msgspec.structs.replace(DESK, organisation=SCHOOL), Tlp.AMBER, {SCHOOL}, "stranger"),
        (msgspec.structs.replace(DESK, organisation=99), Tlp.GREEN, set(), "stranger"),
        (msgspec.structs.replace(CERT, team=99), Tlp.GREEN, set(), "stranger"),
    ],
)
def test_labels(to: Recipient, tlp: Tlp, about: set[int], refused: str) -> None:
    assert code(item(to, tlp, *about)) == refused


HOOK = Recipient(organisation=BANK, address="https://bank.example/hook")
SHELF = Recipient(organisation=BANK)


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        (item(DESK, Tlp.AMBER, BANK, channel="pigeon"), "no-channel"),
        (item(DESK, Tlp.AMBER, BANK, key=""), "no-key"),
        (item(DESK, Tlp.AMBER, BANK, key="k" * 129), "no-key"),
        (item(Recipient(address="a@b\nBcc: c@d"), Tlp.CLEAR), "no-address"),
        (item(DESK, Tlp.AMBER, BANK, letter=Letter("s", "t", "<img>")), "html"),
        (
            item(DESK, Tlp.AMBER, BANK, letter=Letter("s", "t", "", (Attachment("a", "x", b""),))),
            "attachment",
        ),
        (item(DESK, Tlp.AMBER, BANK, kind="order"), "no-ground"),
        (item(DESK, Tlp.AMBER, BANK, kind="order", ground="peca-99"), "ground"),
        (item(DESK, Tlp.AMBER, BANK, kind="order", ground="peca-21"), ""),
        (item(DESK, Tlp.AMBER, BANK, ground="peca-99"), "ground"),
        (item(DESK, Tlp.AMBER, BANK, ground="peca-21", exercise=True), "exercise-compulsory"),
        (item(DESK, Tlp.AMBER, BANK, pap=Pap.RED), "pap-person"),
        (item(PERSON, Tlp.AMBER, BANK, pap=Pap.RED), ""),
        (item(HOOK, Tlp.AMBER, BANK, channel="webhook"), ""),
        (item(HOOK, Tlp.AMBER, BANK, channel="webhook", pap=Pap.AMBER), "pap-machine"),
        (item(HOOK, Tlp.AMBER, SCHOOL, channel="webhook"), "tlp-amber"),
        (item(HOOK, Tlp.RED, BANK, channel="webhook"), "tlp-red"),
        (item(Recipient(address=HOOK.address), Tlp.GREEN, channel="webhook"), "stranger"),
        (item(SHELF, Tlp.AMBER, BANK, channel="pull"), ""),
        (item(Recipient(), Tlp.GREEN, channel="pull"), "no-address"),
    ],
)
def test_form_law_and_machines(given: Outgoing, refused: str) -> None:
    assert code(given) == refused


@pytest.mark.parametrize(
    "address",
    ["http://a.example/", "https://", "https://u:p@a.example/", "https://a.example:x/", "ftp://a/"],
)
def test_a_webhook_is_an_https_address(address: str) -> None:
    to = Recipient(organisation=BANK, address=address)
    assert code(item(to, Tlp.AMBER, BANK, channel="webhook")) == "no-address"


RECIPIENTS = st.builds(
    Recipient,
    organisation=st.sampled_from([None, BANK, SCHOOL, CLINIC, 99]),
    team=st.sampled_from([None, None, NATIONAL, SECTORAL, OTHER, 99]),
    contact=st.sampled_from([None, *range(101, 109)]),
    address=st.sampled_from([*KNOWN.entries, "x@else.example", HOOK.address, ""]),
    person=st.booleans(),
)
ITEMS = st.builds(
    Outgoing,
    kind=st.sampled_from(["notice", "order"]),
    reference=st.just("r"),
    key=st.just("k"),
    recipient=RECIPIENTS,
    letter=st.just(Letter("s", "t")),
    tlp=st.sampled_from(Tlp),
    pap=st.sampled_from(Pap),
    channel=st.sampled_from(["mail", "webhook", "pull"]),
    ground=st.sampled_from(["", "peca-21", "peca-99"]),
    about=st.frozensets(st.sampled_from([BANK, SCHOOL, CLINIC]), max_size=3),
)


@given(ITEMS)
def test_what_passes_is_seen_only_by_those_who_may(given: Outgoing) -> None:
    refusal = judge(given, KNOWN)
    if refusal is not None:
        assert refusal.sentence == SENTENCES[refusal.code]
        return
    to = given.recipient
    entries = KNOWN.entries.get(to.address, ())
    homes = {to.organisation, *(one.organisation for one in entries)}
    teams = {to.team, *(one.team for one in entries)}
    if given.tlp != Tlp.CLEAR and NATIONAL not in teams:
        assert [one for one in given.about if one not in homes | teams_of(teams)] == []
    if given.tlp == Tlp.RED:
        assert (to.person, given.channel) == (True, "mail")
    if given.tlp in (Tlp.RED, Tlp.AMBER_STRICT) and given.channel == "mail":
        assert any(one.verified for one in entries)
    if given.kind == "order":
        assert given.ground == "peca-21"


def teams_of(teams: set[int | None]) -> set[int | None]:
    return {holder for holder, lead in KNOWN.leads.items() if lead in teams}


@given(ITEMS, st.sampled_from([Tlp.AMBER, Tlp.GREEN]))
def test_what_passes_as_strict_passes_under_a_wider_label(given: Outgoing, wider: Tlp) -> None:
    strict = msgspec.structs.replace(given, tlp=Tlp.AMBER_STRICT)
    if judge(strict, KNOWN) is None and given.about:
        assert judge(msgspec.structs.replace(given, tlp=wider), KNOWN) is None
