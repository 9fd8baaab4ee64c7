"""Names the room to Django."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The room `ledger`."""

    name = "pehra.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
