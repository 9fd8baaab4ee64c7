"""A contact is sealed, opened by a person and logged, sealed anew, and forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.cases.conftest import AMNA, NOW, Nation
from tests.cases.reported.conftest import say

from pehra.cases.models.case import Case
from pehra.cases.models.report import ReportContact
from pehra.cases.reported import queries
from pehra.cases.reported.actions.contacts import forget_contacts, open_contact, reseal_contacts
from pehra.cases.reported.actions.deciding import Decision, decide
from pehra.cases.reported.rules import CONTACT_KEPT, CONTACT_KEPT_UNTOLD, Contact, State
from pehra.cases.rules import State as CaseState
from pehra.engines.sealed import ring as rings
from pehra.engines.sealed.stream import key_of_value
from pehra.kernel.errors import UsageError
from pehra.ledger.models import Entry
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from pehra.kernel.settings import Home

pytestmark = pytest.mark.django_db
HERS = Contact(mail="a@b.example", phone="0300 1234567")


def test_opening_is_logged(home: Home, nation: Nation) -> None:
    filed = say(home, NOW, "x", contact=HERS)
    found = open_contact(home, filed.report, viewer=SYSTEM_VIEWER, actor=AMNA, now=NOW)
    assert found == HERS
    entry = Entry.objects.order_by("seq").last()
    assert entry is not None
    assert (entry.act, entry.subject) == ("cases.open-contact", f"citizen-report:{filed.report}")
    assert b"b.example" not in bytes(entry.body)
    (line,) = queries.reports_of(filed.cluster, viewer=SYSTEM_VIEWER)
    assert line.contact == 1
    with pytest.raises(UsageError):
        open_contact(home, filed.report, viewer=nation.of_fincert, actor=AMNA, now=NOW)
    without = say(home, NOW, "y")
    with pytest.raises(UsageError):
        open_contact(home, without.report, viewer=SYSTEM_VIEWER, actor=AMNA, now=NOW)


def test_it_moves_to_a_new_key(home: Home, nation: Nation) -> None:
    del nation
    filed = say(home, NOW, "x", contact=HERS)
    assert reseal_contacts(home) == 0
    key = rings.add(home)
    assert reseal_contacts(home) == 1
    with as_system():
        assert key_of_value(bytes(ReportContact.objects.get().inside)) == key.id
    found = open_contact(home, filed.report, viewer=SYSTEM_VIEWER, actor=AMNA, now=NOW)
    assert found == HERS


def test_it_is_forgotten_once_all_is_said(home: Home, nation: Nation) -> None:
    del nation
    done = say(home, NOW, "https://one.example/", contact=HERS)
    say(home, NOW, "https://two.example/", contact=HERS)
    spam = Decision(what=State.SPAM)
    decide(done.cluster, spam, viewer=SYSTEM_VIEWER, actor=AMNA, now=NOW)
    assert forget_contacts(now=NOW + CONTACT_KEPT) == 0
    assert forget_contacts(now=NOW + CONTACT_KEPT + timedelta(seconds=1)) == 1
    with as_system():
        assert ReportContact.objects.count() == 1


def test_it_is_kept_while_its_case_goes_on(home: Home, nation: Nation) -> None:
    del nation
    filed = say(home, NOW, "https://one.example/", contact=HERS)
    found = Decision(what=State.CASE, why="seen")
    case = decide(filed.cluster, found, viewer=SYSTEM_VIEWER, actor=AMNA, now=NOW)
    assert case is not None
    assert forget_contacts(now=NOW + 2 * CONTACT_KEPT) == 0
    with as_system():
        Case.objects.filter(pk=case).update(state=CaseState.CLOSED)
    assert forget_contacts(now=NOW + 2 * CONTACT_KEPT) == 1


def test_it_is_forgotten_where_nobody_decides(home: Home, nation: Nation) -> None:
    del nation
    say(home, NOW, "x", contact=HERS)
    assert forget_contacts(now=NOW + CONTACT_KEPT_UNTOLD) == 0
    assert forget_contacts(now=NOW + CONTACT_KEPT_UNTOLD + timedelta(seconds=1)) == 1
