"""Names the room to Django."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class MandateConfig(AppConfig):
    """The room `mandate`."""

    name = "pehra.mandate"
    label = "mandate"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Raise the second fence whenever tables were brought up to date."""
        post_migrate.connect(_raise_fence, sender=self)


def _raise_fence(**_: object) -> None:
    from pehra.mandate.actions.fence import raise_fence  # noqa: PLC0415 Django has no tables before

    raise_fence()
