"""Names the room to Django."""

from __future__ import annotations

from django.apps import AppConfig


class MandateConfig(AppConfig):
    """The room `mandate`."""

    name = "pehra.mandate"
    label = "mandate"
    default_auto_field = "django.db.models.BigAutoField"
