"""The way of one letter to a webhook: opened, signed, posted, its answer written down."""

from __future__ import annotations

import os
import random
import secrets
from typing import TYPE_CHECKING

from pehra.dispatch import hooks
from pehra.dispatch.actions import carrying
from pehra.dispatch.inside import opened
from pehra.dispatch.mailing import secret_of
from pehra.dispatch.queries import envelope, sealed_content
from pehra.engines.http.ask import Question, ask
from pehra.engines.http.fetch import checked, redirected
from pehra.engines.mail.smtp import Answer, Outcome
from pehra.engines.sealed import ring as rings
from pehra.kernel.errors import EnvironmentFault, PehraError
from pehra.mandate.viewers import SYSTEM_VIEWER

if TYPE_CHECKING:
    from pehra.dispatch.actions.carrying import Taken
    from pehra.dispatch.mailing import Desk
    from pehra.dispatch.rules import State
    from pehra.kernel.settings import Home

WEBHOOK_KEY = "webhook.key"
_HOPS = 3


def home_secret(home: Home) -> bytes:
    """The secret of which receivers' keys are made; made on first use.

    Raises:
        EnvironmentFault: it cannot be made or read, or others may read it.
    """
    path = home.keys / WEBHOOK_KEY
    draft = path.with_name(f".{WEBHOOK_KEY}.{secrets.token_hex(8)}")
    try:
        if not path.exists():
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(f"{secrets.token_hex(32)}\n")
                file.flush()
                os.fsync(file.fileno())
            # A link, unlike a rename, never replaces what another process has just made.
            os.link(draft, path)
    except FileExistsError:
        pass
    except OSError as error:
        message = f"Cannot write {path}: {error.strerror}."
        raise EnvironmentFault(message, mend="Free space, or check owner and mode.") from None
    finally:
        draft.unlink(missing_ok=True)
    return secret_of(home, WEBHOOK_KEY).strip()


def carry(taken: Taken, secret: bytes, desk: Desk) -> State:
    """Post one letter that was taken in hand; gives where it stands then."""
    try:
        answer = _post(taken, _body(taken, desk), secret, desk)
    except EnvironmentFault as error:
        answer = Answer(Outcome.TEMPORARY, words=str(error)[:240])
    except PehraError as error:
        answer = Answer(Outcome.PERMANENT, words=str(error)[:240])
    jitter = random.random()  # noqa: S311 spreads tries
    return carrying.ended(taken, answer, sealed="hmac", jitter=jitter, now=desk.moment())


def _body(taken: Taken, desk: Desk) -> bytes:
    found = sealed_content(taken.id, viewer=SYSTEM_VIEWER)
    line = envelope(taken.id, viewer=SYSTEM_VIEWER)
    if found is None or line is None:
        message = "What was inside is gone."
        raise PehraError(message, mend="Release it anew.")
    about = hooks.About(
        envelope=taken.token,
        kind=line.kind,
        reference=line.reference,
        tlp=line.tlp,
        pap=line.pap,
        exercise=line.exercise,
        released_at=line.released_at,
    )
    return hooks.body_of(opened(found[1], rings.ring(desk.home), found[0]).letter, about)


def _post(taken: Taken, body: bytes, secret: bytes, desk: Desk) -> Answer:
    """Ask, and follow what keeps the method; each hop is guarded like the first."""
    url, loopback = taken.to, desk.settings.fetch.loopback
    for _ in range(_HOPS):
        headers = {
            "content-type": "application/json",
            hooks.ENVELOPE: taken.token,
            hooks.SIGNATURE: hooks.sign(body, hooks.key_for(secret, taken.to), desk.moment()),
        }
        told = ask(Question("POST", url, headers, body), loopback=loopback)
        if not hooks.moved(told.status):
            return hooks.heard(told.status, checked(url).host)
        url = redirected(url, told.headers.get("location", ""))
    return Answer(Outcome.PERMANENT, words=f"More than {_HOPS} redirects.")
