"""`pehra cases`: incidents that people work on. Its commands stand in modules of their own."""

from __future__ import annotations

import typer

from pehra.cli import breaches, brought, caseexercises, caselist, caserules, evidence, playbooks
from pehra.cli.report import report
from pehra.cli.triage import triage

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Incidents that people work on."
)
app.command("list")(caselist.list_)
app.command("show")(caselist.show)
app.command("import")(brought.import_)
app.command("report")(report)
app.command("triage")(triage)
app.command("breaches")(breaches.breaches)
app.command("leaked-check")(breaches.leaked_check)
app.add_typer(playbooks.app, name="playbooks")
app.add_typer(caserules.app, name="rules")
app.add_typer(caseexercises.app, name="exercise")
app.add_typer(evidence.app, name="evidence")
