"""Proofs of control as rows: what makes a claim, what ends it, and who never sees anything."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pehra.kernel.actors import Actor
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.models import Entry
from pehra.mandate.models import Organisation
from pehra.mandate.tenancy import as_system, seen_by
from pehra.mandate.viewers import SYSTEM_VIEWER, Viewer
from pehra.registry import actions, queries
from pehra.registry.actions import Ask, Letter
from pehra.registry.looks import Look
from pehra.registry.models import Asset, Claim, ControlProof, WorkItem

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
FOUND, MISSING, SILENT = Look(True, "there"), Look(False, "gone"), Look(None, "away")
AMNA = Actor(name="amna", office="ncert-director-general")


class Holder:
    """An organisation that proves what it controls."""

    def __init__(self, slug: str, now: datetime) -> None:
        self.id = Organisation.objects.create(slug=slug, name=slug).pk
        self.now = now

    @property
    def viewer(self) -> Viewer:
        """One of its people."""
        return Viewer(name="c", organisations=frozenset({self.id}))

    def asks(
        self, asset: str = "bank.example", method: str = "dns-txt", mailbox: int = 0
    ) -> actions.Asked:
        """Open a request."""
        return actions.ask_control(Ask(self.id, asset, method, mailbox), actor=AMNA, now=self.now)

    def looked(self, proof: int, found: Look, days: float = 0) -> str:
        """Note a look, some days after the last."""
        self.now += days * DAY
        return actions.note_look(proof, found, actor=AMNA, now=self.now)

    def holds(self) -> list[tuple[str, str, bool]]:
        """Asset, source, and whether it still holds."""
        rows = queries.claims_of(self.id, viewer=self.viewer)
        return [
            (row.asset, row.source, row.valid_to is None) for row in rows if not row.withdrawn_at
        ]


@pytest.fixture
def bank(now: datetime) -> Holder:
    return Holder("bank", now)


@pytest.fixture
def thief(now: datetime) -> Holder:
    return Holder("thief", now)


def test_a_proof_makes_a_claim_and_its_end_ends_it(bank: Holder) -> None:
    proof = bank.asks(" Bank.Example ").proof
    assert bank.asks().proof == proof
    assert (bank.looked(proof, MISSING), bank.holds()) == ("asked", [])
    assert bank.looked(proof, FOUND, 1) == "proved"
    assert bank.holds() == [("bank.example", "self", True)]
    assert queries.proven_assets(bank.id, viewer=bank.viewer) == [("domain", "bank.example")]
    with pytest.raises(Refused, match="proven by dns-txt already"):
        bank.asks()
    assert bank.looked(proof, MISSING, 90) == "proved"
    assert bank.looked(proof, MISSING, 7) == "lapsed"
    assert bank.holds() == [("bank.example", "self", False)]
    acts = list(Entry.objects.order_by("seq").values_list("act", flat=True))
    assert acts == [
        "registry.ask-control",
        "registry.ask-control",
        "registry.prove-control",
        "registry.end-control",
    ]


def test_two_proofs_carry_one_claim(bank: Holder) -> None:
    first, second = bank.asks().proof, bank.asks(method="https-file").proof
    bank.looked(first, FOUND)
    bank.looked(second, FOUND, 1)
    actions.withdraw_control(first, actor=AMNA, now=bank.now + DAY)
    assert bank.holds() == [("bank.example", "self", True)]
    actions.withdraw_control(second, actor=AMNA, now=bank.now + 2 * DAY)
    assert bank.holds() == [("bank.example", "self", False)]
    with pytest.raises(UsageError):
        actions.withdraw_control(second, actor=AMNA, now=bank.now)


def test_a_claim_of_a_register_is_not_ended_by_a_proof(bank: Holder) -> None:
    asset = Asset.objects.create(kind="domain", value="bank.example")
    with as_system():
        Claim.objects.create(
            asset=asset, organisation_id=bank.id, source="self", recorded_at=bank.now
        )
    proof = bank.asks().proof
    bank.looked(proof, FOUND, 1)
    actions.withdraw_control(proof, actor=AMNA, now=bank.now)
    assert bank.holds() == [("bank.example", "self", True)]


def test_a_proof_that_ends_at_once_leaves_no_claim(bank: Holder) -> None:
    proof = bank.asks().proof
    bank.looked(proof, FOUND)
    actions.withdraw_control(proof, actor=AMNA, now=bank.now)
    assert bank.holds() == []


def test_two_who_prove_are_a_conflict_until_one_is_left(bank: Holder, thief: Holder) -> None:
    first = bank.asks().proof
    bank.looked(first, FOUND)
    thief.now += DAY
    second = thief.asks().proof
    thief.looked(second, FOUND)
    items = WorkItem.objects.filter(closed_at__isnull=True)
    assert items.get().subject == "domain bank.example (self)"
    asked_again = [view.id for view in queries.due_controls(thief.now)]
    assert asked_again == [first]
    bank.now = thief.now
    assert bank.looked(first, MISSING) == "proved"
    assert bank.looked(first, MISSING, 1) == "lapsed"
    assert items.count() == 0


def test_a_proof_against_a_persons_word_is_a_conflict(bank: Holder, thief: Holder) -> None:
    asset = Asset.objects.create(kind="domain", value="bank.example")
    with as_system():
        Claim.objects.create(
            asset=asset, organisation_id=bank.id, source="manual", recorded_at=bank.now
        )
    thief.looked(thief.asks().proof, FOUND)
    assert WorkItem.objects.get().subject == "control of bank.example"


def test_a_proof_is_looked_at_again_when_another_is_said_to_hold_the_asset(
    bank: Holder, thief: Holder
) -> None:
    proof = bank.asks().proof
    bank.looked(proof, FOUND)
    later = bank.now + DAY
    assert queries.due_controls(later) == []
    asset = Asset.objects.get(value="bank.example")
    with as_system():
        Claim.objects.create(
            asset=asset, organisation_id=thief.id, source="registry", recorded_at=later
        )
    assert [view.id for view in queries.due_controls(later)] == [proof]
    bank.looked(proof, FOUND, 2)
    assert queries.due_controls(bank.now) == []


def test_a_mailbox_is_one_that_a_registry_names(bank: Holder) -> None:
    with pytest.raises(UsageError, match="No registry names this mailbox"):
        bank.asks("192.0.2.0/24", "registry-mailbox", mailbox=1)
    noted = actions.record_mailboxes(
        ("prefix", "192.0.2.0/24"), ["Abuse@isp.example"], "RDAP", actor=AMNA, now=bank.now
    )
    assert noted == 1
    ((mailbox, address),) = queries.mailboxes_of("prefix", "192.0.2.0/24")
    asked = bank.asks("192.0.2.0/24", "registry-mailbox", mailbox=mailbox)
    assert (asked.mailbox, address) == ("abuse@isp.example", "abuse@isp.example")
    (shown,) = queries.controls_of(bank.id, viewer=bank.viewer)
    assert asked.link not in (shown.token, shown.detail)
    again = bank.asks("192.0.2.0/24", "registry-mailbox", mailbox=mailbox)
    for old in (asked.link, "", "x"):
        with pytest.raises(Refused, match="no longer answered"):
            actions.answer_control(old, now=bank.now)
    assert actions.answer_control(again.link, now=bank.now + DAY) == asked.proof
    assert bank.holds() == [("192.0.2.0/24", "self", True)]
    with pytest.raises(Refused):
        actions.answer_control(again.link, now=bank.now + DAY)
    assert actions.end_letters(bank.now + 121 * DAY) == 1
    assert bank.holds() == [("192.0.2.0/24", "self", False)]


def test_a_letter_counts_by_an_officers_word(bank: Holder) -> None:
    def letter(digest: str) -> int:
        return actions.record_letter(Letter(bank.id, "AS64500", digest), actor=AMNA, now=bank.now)

    with pytest.raises(UsageError, match="SHA-256"):
        letter("")
    assert letter("a" * 64) == letter("b" * 64)
    assert bank.holds() == [("AS64500", "self", True)]
    with as_system():
        assert ControlProof.objects.get().letter == "b" * 64


@pytest.mark.parametrize("asset", ["", "com.pk", "10.0.0.0/8", "bank"])
def test_what_is_no_asset_is_refused(bank: Holder, asset: str) -> None:
    with pytest.raises(UsageError):
        bank.asks(asset, "letter")


def test_requests_are_limited(bank: Holder) -> None:
    for number in range(20):
        bank.asks(f"host{number}.example")
    with pytest.raises(Refused, match="20 requests are open"):
        bank.asks()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["bank", "thief"]),
        st.sampled_from(["ask", "found", "missing", "silent", "withdraw"]),
        st.integers(0, 40),
    ),
    max_size=12,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_nobody_sees_an_asset_without_a_standing_proof(
    steps: list[tuple[str, str, int]], now: datetime
) -> None:
    """Whatever two claimants do, a row is visible to one exactly while that one's proof stands."""
    with as_system():
        Organisation.objects.filter(slug__in=["bank", "thief"]).delete()
        Asset.objects.all().delete()
    holders = {slug: Holder(slug, now) for slug in ("bank", "thief")}
    looks = {"found": FOUND, "missing": MISSING, "silent": SILENT}
    proofs: dict[str, int] = {}
    for slug, act, days in steps:
        holder = holders[slug]
        for other in holders.values():
            other.now += days * DAY
        if act == "ask":
            proofs[slug] = _asked(holder, proofs.get(slug, 0))
        elif slug in proofs and act in looks:
            holder.looked(proofs[slug], looks[act])
        elif slug in proofs and _open(proofs[slug]):
            actions.withdraw_control(proofs[slug], actor=AMNA, now=holder.now)
        for each in holders.values():
            _check(each)


def _asked(holder: Holder, before: int) -> int:
    try:
        return holder.asks().proof
    except Refused:  # proven already
        return before


def _open(proof: int) -> bool:
    found = queries.control(proof, viewer=SYSTEM_VIEWER)
    return found is not None and found.proof.state in ("asked", "proved")


def _check(holder: Holder) -> None:
    with as_system():
        proven = ControlProof.objects.filter(organisation=holder.id, state="proved").exists()
    held = [row for row in holder.holds() if row[2]]
    assert held == ([("bank.example", "self", True)] if proven else [])
    with seen_by(holder.viewer):
        assert set(Claim.objects.values_list("organisation", flat=True)) <= {holder.id}
