"""Contacts of a register: whole, the same twice, and never overwritten unasked."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

import pytest

from pehra.mandate.models import Organisation
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry import actions, queries
from pehra.registry.actions import Imported, Manner
from pehra.registry.contacts import ContactFacts
from pehra.registry.models import Contact
from pehra.registry.register_text import to_csv

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor

pytestmark = pytest.mark.django_db
YAML = """organisations:
  - slug: bank
    name: Bank
    contacts:
      - purpose: abuse
        email: abuse@bank.example
        language: ur
        automatic: true
        active: false
        quiet: 22:00-07:30
        business_days: true
        intervals: high=12 low=168
        inhibits: scanner open-telnet
      - {purpose: 24x7, phone: "+92 51 0000000"}
"""


def wishes() -> list[ContactFacts]:
    bank = Organisation.objects.get(slug="bank").pk
    return [row.facts for row in queries.contact_cards(bank, viewer=SYSTEM_VIEWER)]


def test_what_is_exported_comes_back_whole(actor: Actor, now: datetime) -> None:
    def take(text: str, name: str) -> Imported:
        return actions.import_register(text.encode(), name, actor=actor, now=now)

    assert take(YAML, "r.yaml").counts == {"added": 3}
    first = wishes()
    assert first[1] == ContactFacts(
        purpose="abuse", email="abuse@bank.example", language="ur", source="register, amna",
        automatic=True, active=False, quiet_from=time(22), quiet_to=time(7, 30),
        business_days=True, intervals={"high": 12, "low": 168}, inhibits=("scanner", "open-telnet"),
    )  # fmt: skip
    text = to_csv(queries.register_rows(viewer=SYSTEM_VIEWER))
    assert take(text, "r.csv").counts == {}
    with as_system():
        Contact.objects.all().delete()
    assert take(text, "r.csv").counts == {"added": 2}
    assert wishes() == first


def test_wishes_are_filled_and_kept_unless_told(actor: Actor, now: datetime) -> None:
    def take(cells: str, *, overwrite: bool = False) -> list[tuple[str, str]]:
        header = "organisation,name,contact_purpose,contact_email,contact_language,contact_quiet\n"
        text = f"{header}bank,Bank,abuse,a@bank.example,{cells}\n"
        found = actions.import_register(
            text.encode(), "r.csv", actor=actor, now=now, manner=Manner(overwrite=overwrite)
        )
        return list(found.report.select("outcome", "detail").iter_rows())

    take(",")
    assert take("ur,") == [("changed", "abuse contact: language: en -> ur")]
    kept = ("conflict", "abuse contact: language is `ur` here and `en` in the file; kept")
    assert take("en,") == [kept]
    assert take(",") == []
    assert take("en,", overwrite=True) == [("changed", "abuse contact: language: ur -> en")]
    why = "`late` is not understood: write `22:00-07:00`"
    assert take(",late") == [("rejected", why)]
