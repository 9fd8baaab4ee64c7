"""Names the room to Django."""

from __future__ import annotations

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    """The room `dispatch`."""

    name = "pehra.dispatch"
    label = "dispatch"
    default_auto_field = "django.db.models.BigAutoField"
