"""Names the room to Django."""

from __future__ import annotations

from django.apps import AppConfig


class OutreachConfig(AppConfig):
    """The room `outreach`."""

    name = "pehra.outreach"
    label = "outreach"
    default_auto_field = "django.db.models.BigAutoField"
