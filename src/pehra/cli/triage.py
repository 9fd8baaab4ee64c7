"""`pehra cases triage`: what addresses, messages, pages and mails look like, and why."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from pehra.cli import door
from pehra.kernel.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pehra.cases.triage.suggestions import Suggestion

_AT_ONCE = 20_000
"""Lines that are looked at together: memory does not grow with the file."""
_LARGEST = 5_000_000
_HEADER = re.compile(rb"\A(?:[A-Za-z][A-Za-z0-9-]{1,60}:[^\n]*\n(?:[ \t][^\n]*\n)*){2}")
_PAGES = frozenset({".htm", ".html", ".xhtml", ".mht", ".svg"})
_HARM = ("phishing", "malware", "scam", "lawful")


def triage(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Mails (.eml), pages (.html), or files of one text or address."),
    ] = None,
    urls: Annotated[Path | None, typer.Option(help="A file with an address a line.")] = None,
    texts: Annotated[Path | None, typer.Option(help="A file with a message a line.")] = None,
    known: Annotated[
        Path | None,
        typer.Option(help="What is known: an address or host a line, a space, and what it is."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON an input.")] = False,
) -> None:
    """Suggest what inputs are, with reasons; an officer decides. Needs no home and no network.

    A line an input: `suggestion` is phishing, malware, scam, lawful or unclear; `score` is the
    chance of harm, 0 to 1. Exits 1 where a file could not be read.
    """
    if not (files or urls or texts):
        message = "Nothing to look at."
        raise UsageError(message, mend="Name files, or a file of lines with --urls or --texts.")
    from pehra.cases.triage.suggestions import suggest_texts, suggest_urls

    listed = _known(known) if known else {}
    if urls:
        _lines(urls, lambda some: suggest_urls(some, listed), as_json)
    if texts:
        _lines(texts, lambda some: suggest_texts(some, listed), as_json)
    unread = [path for path in files or [] if not _file(path, listed, as_json)]
    if unread:
        raise typer.Exit(1)


def _lines(path: Path, look: Callable[[list[str]], list[Suggestion]], as_json: bool) -> None:
    """Look at each line that is not empty, many at a time."""
    waiting: list[str] = []
    for line in [*_read(path).decode("utf-8", "replace").splitlines(), None]:
        if line is not None and line.strip():
            waiting.append(line.strip())
        if waiting and (line is None or len(waiting) == _AT_ONCE):
            _say(zip(waiting, look(waiting), strict=True), as_json)
            waiting = []


def _file(path: Path, known: Mapping[str, str], as_json: bool) -> bool:
    """Look at one file as what it is; whether it could be read."""
    from pehra.cases.triage.suggestions import suggest

    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST)
    except OSError as fault:
        door.note(f"pehra: {path} cannot be read: {fault.strerror}.")
        return False
    _say([(str(path), suggest(kind_of(path.name, data), data, known))], as_json)
    return True


def kind_of(name: str, data: bytes) -> str:
    """What a file holds: by its name, else by how it begins."""
    ending = Path(name).suffix.lower()
    if ending == ".eml" or _HEADER.match(data[:8_192].replace(b"\r\n", b"\n")):
        return "mail"
    start = data.lstrip()[:512].lower()
    if ending in _PAGES or start.startswith((b"<!doctype", b"<html", b"<head", b"<body")):
        return "page"
    one = data.strip()
    plain = len(one) < 2_048 and not re.search(rb"\s", one) and b"." in one  # noqa: PLR2004 an address
    return "url" if plain else "text"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        message = f"{path} cannot be read: {fault.strerror}."
        raise EnvironmentFault(message, mend="Name a file that exists.") from fault


def _known(path: Path) -> dict[str, str]:
    """Known addresses and hosts, in their one spelling."""
    from pehra.cases.triage.addresses import canonical

    found: dict[str, str] = {}
    for number, line in enumerate(_read(path).decode("utf-8", "replace").splitlines(), 1):
        written, _, kind = line.strip().rpartition(" ")
        if not line.strip() or line.startswith("#"):
            continue
        address = canonical(written)
        if address is None or kind not in _HARM:
            message = f"Line {number} of {path} is no address with what it is."
            raise UsageError(message, mend=f"Write `ADDRESS KIND`; a kind is {', '.join(_HARM)}.")
        whole = address.path or address.query or "://" in written
        found[address.url if whole else address.host] = kind
    return found


def _say(found: Iterable[tuple[str, Suggestion]], as_json: bool) -> None:
    if as_json:
        encoder = msgspec.json.Encoder()
        lines = [
            encoder.encode(
                {
                    "input": given,
                    "suggestion": one.suggestion,
                    "score": one.score,
                    "reasons": [f"{reason.code}: {reason.words}" for reason in one.reasons],
                }
            ).decode()
            for given, one in found
        ]
    else:
        lines = [
            f"{one.suggestion}\t{one.score:.2f}\t{given}\n"
            + "\n".join(f"    {reason.words} [{reason.code}]" for reason in one.reasons)
            for given, one in found
        ]
    door.say(False, None, lines)
