import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("mandate", "0008_who_lets_rounds_go"),
    ]

    operations = [
        migrations.CreateModel(
            name="Case",
            fields=[
                ("number", models.BigAutoField(db_column="id", primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=200)),
                ("kind", models.CharField(default="other", max_length=16)),
                (
                    "state",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "reported"),
                            (2, "triaged"),
                            (3, "rejected"),
                            (4, "duplicate"),
                            (5, "merged"),
                            (6, "confirmed"),
                            (7, "contained"),
                            (8, "eradicated"),
                            (9, "recovered"),
                            (10, "verified"),
                            (11, "closed"),
                            (12, "reopened"),
                        ],
                        default=1,
                    ),
                ),
                ("severity", models.PositiveSmallIntegerField(null=True)),
                ("provisional", models.BooleanField(default=False)),
                ("tlp", models.CharField(default="AMBER", max_length=12)),
                ("aware_at", models.DateTimeField()),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                ("exercise", models.BooleanField(default=False)),
                ("origin", models.CharField(default="officer", max_length=12)),
                ("handed_at", models.DateTimeField(null=True)),
                ("changed_at", models.DateTimeField()),
                ("next_due", models.DateTimeField(null=True)),
                ("malicious", models.CharField(default="unknown", max_length=8)),
                ("cross_border", models.CharField(default="unknown", max_length=8)),
                (
                    "merged_into",
                    models.ForeignKey(
                        db_column="merged_into",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="cases.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Deadline",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=32)),
                ("started_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("clock", models.BigIntegerField(null=True)),
                ("unconfirmed", models.BooleanField(default=False)),
                ("fired_at", models.DateTimeField(null=True)),
                ("met_at", models.DateTimeField(null=True)),
                ("met_by", models.CharField(blank=True, default="", max_length=254)),
                ("dropped_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deadlines",
                        to="cases.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("kind", models.CharField(max_length=12)),
                ("by", models.CharField(max_length=254)),
                ("office", models.CharField(max_length=120)),
                ("tlp", models.CharField(max_length=12)),
                ("text", models.TextField(blank=True, default="")),
                ("facts", models.JSONField(default=dict)),
                ("shared", models.BooleanField(default=False)),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="cases.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Grade",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("severity", models.PositiveSmallIntegerField()),
                ("axes", models.JSONField(default=dict)),
                ("score", models.FloatField(null=True)),
                ("suggested", models.PositiveSmallIntegerField(null=True)),
                ("why", models.CharField(blank=True, default="", max_length=1000)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=254)),
                ("office", models.CharField(max_length=120)),
                ("confirm_by", models.DateTimeField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("confirmed_by", models.CharField(blank=True, default="", max_length=254)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grades",
                        to="cases.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Join",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("merge", "Merge"), ("split", "Split")], max_length=8
                    ),
                ),
                ("was", models.PositiveSmallIntegerField()),
                ("moved", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=254)),
                ("why", models.CharField(blank=True, default="", max_length=240)),
                ("undone_at", models.DateTimeField(null=True)),
                ("undone_by", models.CharField(blank=True, default="", max_length=254)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="joins",
                        to="cases.case",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="joined",
                        to="cases.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=12)),
                ("ref", models.CharField(max_length=96)),
                ("note", models.CharField(blank=True, default="", max_length=240)),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=254)),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="cases.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Mail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("message_id", models.CharField(max_length=250, unique=True)),
                ("thread", models.CharField(max_length=250)),
                ("outgoing", models.BooleanField()),
                ("author", models.CharField(max_length=254)),
                ("recipient", models.CharField(blank=True, default="", max_length=254)),
                ("subject", models.CharField(blank=True, default="", max_length=250)),
                ("text", models.TextField(blank=True, default="")),
                ("at", models.DateTimeField()),
                ("matched", models.CharField(max_length=10)),
                ("trusted", models.BooleanField(default=False)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mails",
                        to="cases.case",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Party",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("role", models.CharField(max_length=12)),
                ("since", models.DateTimeField()),
                ("by", models.CharField(max_length=254)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parties",
                        to="cases.case",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="mandate.organisation",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="mandate.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("suspicion", models.BooleanField(default=False)),
                ("text", models.CharField(max_length=1000)),
                ("said_by", models.CharField(max_length=254)),
                ("confidence", models.CharField(blank=True, default="", max_length=8)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("unverified", "Unverified"),
                            ("supported", "Supported"),
                            ("refuted", "Refuted"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="unverified",
                        max_length=10,
                    ),
                ),
                ("said_at", models.DateTimeField()),
                ("recorded_by", models.CharField(max_length=254)),
                ("judged_at", models.DateTimeField(null=True)),
                ("judged_by", models.CharField(blank=True, default="", max_length=254)),
                ("why", models.CharField(blank=True, default="", max_length=1000)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="statements",
                        to="cases.case",
                    ),
                ),
                (
                    "evidence",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="cases.link",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="mandate.organisation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=240)),
                ("after_action", models.BooleanField(default=False)),
                ("step", models.CharField(blank=True, default="", max_length=96)),
                ("assignee", models.CharField(blank=True, default="", max_length=254)),
                ("opened_at", models.DateTimeField()),
                ("opened_by", models.CharField(max_length=254)),
                ("due_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("done_by", models.CharField(blank=True, default="", max_length=254)),
                ("outcome", models.CharField(blank=True, default="", max_length=1000)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tasks",
                        to="cases.case",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["state", "number"], name="case_by_state"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["next_due"], name="case_by_due"),
        ),
        migrations.AddIndex(
            model_name="deadline",
            index=models.Index(
                condition=models.Q(
                    ("dropped_at__isnull", True),
                    ("fired_at__isnull", True),
                    ("met_at__isnull", True),
                ),
                fields=["due_at"],
                name="case_clock_running",
            ),
        ),
        migrations.AddConstraint(
            model_name="deadline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("dropped_at__isnull", True), ("met_at__isnull", True)),
                fields=("case", "kind"),
                name="case_clock_runs_once",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["case", "at", "id"], name="case_entry_in_order"),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(fields=["kind", "ref"], name="case_link_back"),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.UniqueConstraint(
                fields=("case", "kind", "ref"), name="case_link_once"
            ),
        ),
        migrations.AddIndex(
            model_name="mail",
            index=models.Index(fields=["thread", "at"], name="case_mail_thread"),
        ),
        migrations.AddIndex(
            model_name="party",
            index=models.Index(fields=["case", "team"], name="case_party_teams"),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("team__isnull", True), ("organisation__isnull", True), _connector="XOR"
                ),
                name="case_party_is_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.UniqueConstraint(
                condition=models.Q(("team__isnull", False)),
                fields=("case", "team"),
                name="case_team_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.UniqueConstraint(
                condition=models.Q(("organisation__isnull", False)),
                fields=("case", "organisation", "role"),
                name="case_organisation_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="party",
            constraint=models.UniqueConstraint(
                condition=models.Q(("role", "lead")), fields=("case",), name="case_one_lead"
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["done_at", "due_at"], name="case_task_open"),
        ),
    ]
