from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0004_holds"),
    ]

    operations = [
        migrations.AddField(
            model_name="fetchedaddress",
            name="batches",
            field=models.JSONField(default=list),
        ),
    ]
