"""`pehra cases report`: file what somebody reports, from a file, a link or a text."""

from __future__ import annotations

import mimetypes
import sys
from pathlib import Path  # noqa: TC003 typer reads the annotation when it runs
from typing import TYPE_CHECKING, Annotated

import typer

from pehra.cli import door
from pehra.kernel.errors import EnvironmentFault, UsageError
from pehra.kernel.time import clock, iso

if TYPE_CHECKING:
    from pehra.cases.reported.rules import Wish

_KINDS = ("link", "message", "mail", "number", "vulnerability", "incident")


def report(
    *,
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(_KINDS)}.")],
    url: Annotated[str, typer.Option(help="The address that it is about.")] = "",
    text: Annotated[str, typer.Option(help="The words; - reads standard input.")] = "",
    file: Annotated[
        Path | None, typer.Option(help="A file: a mail (.eml) is read, any other only kept.")
    ] = None,
    contact: Annotated[str, typer.Option(help="Mail address of the reporter.")] = "",
    organisation: Annotated[str, typer.Option(help="Short name of whom it is about.")] = "",
    language: Annotated[str, typer.Option(help="Of the answer: en or ur.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
) -> None:
    """File a report; its number opens the page of its fate, and nothing else."""
    if kind not in _KINDS:
        message = f"`{kind}` is nothing that is reported."
        raise UsageError(message, mend=f"One of {', '.join(_KINDS)}.")
    home = door.open_home()
    from pehra.cases.reported import queries
    from pehra.cases.reported.actions.filing import file_report
    from pehra.mandate.viewers import SYSTEM_VIEWER

    words = sys.stdin.read() if text == "-" else text
    wish = _wish(kind, words, url, file)
    wish = _addressed(wish, contact, organisation, language)
    now = clock()
    filed = file_report(home, wish, actor=door.operator(), now=now)
    line = queries.one(filed.cluster, viewer=SYSTEM_VIEWER)
    told = {
        "number": filed.number,
        "at": iso(now),
        "cluster": filed.cluster,
        "new": filed.new,
        "reports": line.reports if line else 1,
        "suggestion": line.suggestion if line else "",
        "score": line.score if line else 0,
        "reasons": line.reasons if line else (),
    }
    door.say(as_json, told, [f"{filed.number}  cluster {filed.cluster}"])


def _wish(kind: str, text: str, url: str, file: Path | None) -> Wish:
    import msgspec

    from pehra.cases.reported.inbox import wish_of_mail
    from pehra.cases.reported.rules import LARGEST_MAIL, Door, Kind, Part, Wish

    data = b""
    if file is not None:
        try:
            if file.stat().st_size > LARGEST_MAIL:
                message = f"{file} is over {LARGEST_MAIL:,} bytes."
                raise UsageError(message, mend="Say `--text`, and keep the file as evidence.")
            data = file.read_bytes()
        except OSError as error:
            message = f"Cannot read {file}: {error.strerror}."
            raise EnvironmentFault(message, mend="Check its name, owner and mode.") from None
    if file is not None and kind == Kind.MAIL:
        _, wish = wish_of_mail(data, Door.COMMAND)
        words = "\n\n".join(one for one in (text, wish.text) if one)
        return msgspec.structs.replace(wish, text=words, url=url)
    parts: tuple[Part, ...] = ()
    if file is not None:
        guessed = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        parts = (Part(file.name, guessed, "", len(data), data),)
    return Wish(kind=Kind(kind), door=Door.COMMAND, text=text, url=url, parts=parts)


def _addressed(wish: Wish, contact: str, organisation: str, language: str) -> Wish:
    import msgspec

    from pehra.cases.reported.rules import Contact
    from pehra.dispatch.letters import is_address
    from pehra.mandate.queries import organisation_row

    if contact and not is_address(contact):
        message = f"`{contact}` is no mail address."
        raise UsageError(message, mend="Give one such as name@example.org, or none.")
    if organisation and organisation_row(organisation) is None:
        message = f"There is no organisation `{organisation}`."
        raise UsageError(message, mend="`pehra registry show` lists them.")
    return msgspec.structs.replace(
        wish,
        contact=Contact(mail=contact),
        organisation=organisation,
        language=language,
        origin=wish.origin or f"command {door.operator().name}",
    )
