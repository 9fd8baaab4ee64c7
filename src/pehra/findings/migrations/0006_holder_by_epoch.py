"""On SQLite the index by holder is one by epoch and holder (decision 83); PostgreSQL's stays."""

from typing import Any

import pehra.findings.models.epochs
from django.db import migrations

_NAME = "finding_by_holder"


def _made_anew(apps: Any, schema_editor: Any) -> None:  # noqa: ANN401 Django's own signature
    del apps
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(f'DROP INDEX IF EXISTS "{_NAME}"')
        schema_editor.execute(
            f'CREATE INDEX "{_NAME}" ON "findings_finding" (("id" >> 16), "organisation_id", "id")'
        )


def _as_before(apps: Any, schema_editor: Any) -> None:  # noqa: ANN401 Django's own signature
    del apps
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(f'DROP INDEX IF EXISTS "{_NAME}"')
        schema_editor.execute(
            f'CREATE INDEX "{_NAME}" ON "findings_finding" ("organisation_id", "id")'
        )


class Migration(migrations.Migration):
    dependencies = [
        ("findings", "0005_day_counts"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(_made_anew, _as_before)],
            state_operations=[
                migrations.RemoveIndex(model_name="finding", name=_NAME),
                migrations.AddIndex(
                    model_name="finding",
                    index=pehra.findings.models.epochs.HolderIndex(
                        fields=["organisation", "id"], name=_NAME
                    ),
                ),
            ],
        ),
    ]
