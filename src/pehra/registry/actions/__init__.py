"""Acts on the register: import, propose, decide, withdraw. One act, one transaction, one entry."""

from __future__ import annotations

from pehra.registry.actions.contacts import (
    Holder,
    add_contact,
    add_key,
    ask_verification,
    change_contact,
    record_health,
    remove_contact,
    remove_key,
    verify_contact,
    verify_key,
)
from pehra.registry.actions.controls import (
    Ask,
    Asked,
    Letter,
    answer_control,
    ask_control,
    end_letters,
    note_look,
    record_letter,
    record_mailboxes,
    withdraw_control,
)
from pehra.registry.actions.found_contacts import Taken, take_named
from pehra.registry.actions.imports import (
    Export,
    Imported,
    Manner,
    bring_register,
    import_register,
)
from pehra.registry.actions.proposals import decide_proposal, import_country
from pehra.registry.actions.subscriptions import Wanted, subscribe, unsubscribe
from pehra.registry.actions.upkeep import CHANGED, close_work_item, withdraw_claim
from pehra.registry.compiled import current_holdings
from pehra.registry.contacts import KeyFacts

__all__ = [
    "CHANGED",
    "Ask",
    "Asked",
    "Export",
    "Holder",
    "Imported",
    "KeyFacts",
    "Letter",
    "Manner",
    "Taken",
    "Wanted",
    "add_contact",
    "add_key",
    "answer_control",
    "ask_control",
    "ask_verification",
    "bring_register",
    "change_contact",
    "close_work_item",
    "current_holdings",
    "decide_proposal",
    "end_letters",
    "import_country",
    "import_register",
    "note_look",
    "record_health",
    "record_letter",
    "record_mailboxes",
    "remove_contact",
    "remove_key",
    "subscribe",
    "take_named",
    "unsubscribe",
    "verify_contact",
    "verify_key",
    "withdraw_claim",
    "withdraw_control",
]
