"""Names the room to Django."""

from __future__ import annotations

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """The room `registry`."""

    name = "pehra.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"
