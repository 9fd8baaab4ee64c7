"""Names the room to Django."""

from __future__ import annotations

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """The room `cases`."""

    name = "pehra.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"
