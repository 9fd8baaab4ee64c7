"""What other systems exported: a dry run says what the real run does, and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.registry.test_brought_certbund import DUMP
from tests.registry.test_brought_n6 import DUMP as N6
from tests.registry.test_brought_workbook import book, sheet

from pehra.kernel.errors import UnreadableFile, UsageError
from pehra.mandate.models import Organisation
from pehra.mandate.tenancy import as_system
from pehra.mandate.viewers import SYSTEM_VIEWER
from pehra.registry import actions, queries
from pehra.registry.actions import Export, Imported, Manner
from pehra.registry.brought.spreadsheet import ColumnMap

if TYPE_CHECKING:
    from datetime import datetime

    from pehra.kernel.actors import Actor

pytestmark = pytest.mark.django_db
MISP = '[{"Organisation": {"name": "Exercise CERT", "contacts": "desk@cert.example"}}]'
SHEET = "Company,Nets\nBank,192.0.2.0/25 198.51.100.0/33\nShop,shop.example\n"
COLUMNS = ColumnMap({"name": "Company", "asset": "Nets"})
WORKBOOK = book(S=sheet([["Company", "Nets"], ["Bank", "192.0.2.0/25"]]))


@pytest.mark.parametrize(
    ("form", "data", "columns"),
    [
        ("certbund-contact", DUMP.encode(), None),
        ("misp", MISP.encode(), None),
        ("n6", N6.encode(), None),
        ("spreadsheet", SHEET.encode(), COLUMNS),
        ("spreadsheet", WORKBOOK, COLUMNS),
    ],
)
def test_a_dry_run_says_what_the_real_one_does(
    form: str, data: bytes, columns: ColumnMap | None, by: tuple[Actor, datetime]
) -> None:
    export = Export(data, "export", columns)

    def bring(*, dry_run: bool) -> Imported:
        manner = Manner(dry_run=dry_run)
        return actions.bring_register(export, form, actor=by[0], now=by[1], manner=manner)

    before = queries.register_rows(viewer=SYSTEM_VIEWER)
    dry = bring(dry_run=True)
    assert queries.register_rows(viewer=SYSTEM_VIEWER).equals(before)
    real = bring(dry_run=False)
    assert real.report.rows() == dry.report.rows()
    assert real.counts == dry.counts
    again = bring(dry_run=False)
    assert {"added", "changed"} & set(again.counts) == set()
    assert again.revision == real.revision


def test_what_a_misp_names_is_proposed(by: tuple[Actor, datetime]) -> None:
    export = Export(MISP.encode(), "index.json")
    actions.bring_register(export, "misp", actor=by[0], now=by[1], manner=Manner())
    with as_system():
        standing = Organisation.objects.get(slug="exercise-cert").standing
    assert standing == "proposed"


def test_what_is_no_export_is_refused(by: tuple[Actor, datetime]) -> None:
    with pytest.raises(UsageError, match="`rtir` is no format"):
        actions.bring_register(Export(b"", "x"), "rtir", actor=by[0], now=by[1], manner=Manner())
    with pytest.raises(UnreadableFile):
        actions.bring_register(
            Export(b"\xff", "x"), "misp", actor=by[0], now=by[1], manner=Manner()
        )


@pytest.fixture
def by(actor: Actor, now: datetime) -> tuple[Actor, datetime]:
    return actor, now
