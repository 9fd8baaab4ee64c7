"""Letters that their recipients fetch themselves: the list, one opened, and that it arrived."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Path, Router, Schema

from pehra.dispatch import queries
from pehra.dispatch.actions.pulling import fetched, list_waiting, waiting_letter
from pehra.dispatch.rules import Channel, State
from pehra.kernel.time import clock
from pehra.mandate.apikeys.rules import Scope
from pehra.web.api import shapes
from pehra.web.api.door import Absent, asker, by

router = Router(tags=["letters"])
Numbered = Annotated[int, Path(ge=1, le=2**63 - 1)]


class LetterLine(Schema):
    """A letter that waits; `envelope` is the same each time it is fetched."""

    id: int
    envelope: str
    kind: str
    reference: str
    tlp: str
    pap: str
    exercise: bool
    released_at: datetime


class Letters(Schema):
    """A page, the oldest first; `after` is the next page's, null on the last one."""

    letters: list[LetterLine]
    after: int | None


class AttachedFile(Schema):
    """A file beside the text, in base64."""

    name: str
    media_type: str
    content: str


class LetterOut(LetterLine):
    """A letter, opened."""

    language: str
    subject: str
    text: str
    html: str
    attachments: list[AttachedFile]


class Arrived(Schema):
    """That a letter arrived; `first` is false where that was said before."""

    id: int
    first: bool


def _absent(number: int) -> Absent:
    message = f"No letter {number} waits for you."
    return Absent(message, mend="GET /api/v1/letters lists those that do.")


@router.get("", auth=by(Scope.FETCH_LETTERS), response=Letters)
def list_letters(
    request: HttpRequest, after: shapes.Number = 0, size: shapes.Size = 50
) -> dict[str, Any]:
    """List letters that wait for the asker's organisation or team, the oldest first, unopened."""
    found = list_waiting(viewer=asker(request).viewer, after=after, size=size)
    return {
        "letters": [shapes.plain(one, LetterLine) for one in found.letters],
        "after": found.after,
    }


@router.get("/{number}", auth=by(Scope.FETCH_LETTERS), response=LetterOut)
def show_letter(request: HttpRequest, number: Numbered) -> dict[str, Any]:
    """Give one letter that waits, with its files; it waits on until its arrival is said."""
    found = waiting_letter(settings.HOME, number, viewer=asker(request).viewer)
    if found is None:
        raise _absent(number)
    inside = found.letter
    files = [
        {**shapes.plain(one, AttachedFile), "content": base64.b64encode(one.content).decode()}
        for one in inside.attachments
    ]
    return {
        **shapes.plain(found, LetterLine),
        **shapes.plain(inside, LetterOut),
        "attachments": files,
    }


@router.post("/{number}/arrival", auth=by(Scope.FETCH_LETTERS), response=Arrived)
def say_arrived(request: HttpRequest, number: Numbered) -> dict[str, Any]:
    """Say that a letter arrived: it waits no more. Said again, it is the same."""
    told = asker(request)
    if fetched([number], viewer=told.viewer, actor=told.actor, now=clock()):
        return {"id": number, "first": True}
    found = queries.envelope(number, viewer=told.viewer)
    own = found is not None and (
        found.organisation in told.viewer.organisations or found.team in told.viewer.teams
    )
    if found is None or not own or (found.channel, found.state) != (Channel.PULL, State.SENT):
        raise _absent(number)
    return {"id": number, "first": False}
