"""Names the room to Django."""

from __future__ import annotations

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """The room `notices`."""

    name = "pehra.notices"
    label = "notices"
    default_auto_field = "django.db.models.BigAutoField"
