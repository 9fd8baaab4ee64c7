"""Epochs: findings in order of arrival, 65,536 of them at a time.

An index by holder alone has a page for every new row: holders are many, and each row comes to the
end of its own holder's. By epoch and holder, new rows fall into the newest epoch's few hundred
pages, and a question about a holder is a seek in each epoch: 150 of them at ten million findings.
SQLite reads the index in order also where it seeks in many epochs, as long as the order asked for
is that of epoch and number. PostgreSQL 15 does not, and keeps the plain index (decision 83).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, models

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.backends.ddl_references import Statement


class Epoch(models.Func):
    """The epoch of a finding's number, in the very words of the index."""

    template = "(%(expressions)s >> 16)"
    output_field = models.BigIntegerField()


class InAnyEpoch(models.Func):
    """True of every number: the condition by which SQLite seeks in one epoch after another."""

    template = (
        "(%(expressions)s >> 16) IN (WITH RECURSIVE epoch(n) AS"
        " (SELECT max(id) >> 16 FROM findings_finding UNION ALL"
        " SELECT n - 1 FROM epoch WHERE n > 0) SELECT n FROM epoch)"
    )
    output_field = models.BooleanField()


def in_any_epoch() -> models.Q:
    """What stands beside a condition on the holder, so that the index by holder answers."""
    return models.Q(InAnyEpoch("id")) if connection.vendor == "sqlite" else models.Q()


class HolderIndex(models.Index):
    """By holder and number; on SQLite by epoch before."""

    def create_sql(
        self,
        model: type[models.Model],
        schema_editor: BaseDatabaseSchemaEditor,
        using: str = "",
        **more: Any,  # noqa: ANN401 Django's own signature
    ) -> Statement:
        """The statement that makes it."""
        if schema_editor.connection.vendor == "sqlite":
            own = models.Index(Epoch("id"), *self.fields, name=self.name)
            return own.create_sql(model, schema_editor, using, **more)
        return super().create_sql(model, schema_editor, using, **more)
