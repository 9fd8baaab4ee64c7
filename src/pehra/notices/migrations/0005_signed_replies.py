"""Replies keep by what they were believed; until now that was the address alone."""

from typing import TYPE_CHECKING

from django.db import migrations, models

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def by_address(apps: "Apps", editor: "BaseDatabaseSchemaEditor") -> None:
    """What counted without a person was believed by its sender's address."""
    incoming = apps.get_model("notices", "Incoming")
    rows = incoming._base_manager.using(editor.connection.alias)
    rows.filter(state="counted", decided_by="").update(believed="address")


class Migration(migrations.Migration):
    dependencies = [("notices", "0004_exercises")]

    operations = [
        migrations.AddField(
            model_name="incoming",
            name="believed",
            field=models.CharField(
                blank=True,
                choices=[("address", "Address"), ("signature", "Signature")],
                default="",
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="incoming",
            name="proof",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="incoming",
            name="signed",
            field=models.CharField(blank=True, default="", max_length=8),
        ),
        migrations.AddField(
            model_name="incoming",
            name="signer",
            field=models.CharField(blank=True, default="", max_length=128),
        ),
        migrations.AddIndex(
            model_name="incoming",
            index=models.Index(
                condition=~models.Q(proof=""), fields=["proof"], name="incoming_by_proof"
            ),
        ),
        migrations.RunPython(by_address, migrations.RunPython.noop),
    ]
