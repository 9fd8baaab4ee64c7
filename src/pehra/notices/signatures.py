"""A reply's own words, as its writer signed or sealed them, and whose signature holds.

Pure but for the process that opens what is sealed. What is signed is all that is read: not what
stands before, after or beside it. A signature counts that was made after the notice went out, by a
key that a contact of one of its organisations has on file. Inside what is sealed nobody tells us
when it was made: there it must be over words that name the notice.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from pehra.engines.mail import apart, cms, openpgp, smime
from pehra.engines.mail.apart import Form
from pehra.engines.mail.unsealing import unsealed
from pehra.notices import mime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pehra.engines.mail.apart import Layer
    from pehra.engines.mail.cms import Signature
    from pehra.registry.contacts import KeyOnFile

_DEEPEST = 4
SKEW = timedelta(hours=1)
"""By so much a writer's clock may differ from ours."""
_TIME = 24
"""Digits of a proof that say when; zero: its signature does not."""


class Own(msgspec.Struct, frozen=True):
    """By what we open what is sealed to us: gives a secret, empty where there is none."""

    openpgp: Callable[[], bytes]
    smime: Callable[[], bytes]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a message is once it is opened.

    Attributes:
        content: what is read of it: an entity, or the message itself.
        kind: `openpgp` or `smime` where it is signed; empty: it is not.
        signer: fingerprint of the key on file whose signature holds; empty: none does.
        proof: names what was signed and when, so that it counts once.
        locked: it is sealed, and not to us.
    """

    content: bytes
    kind: str = ""
    signer: str = ""
    proof: str = ""
    locked: bool = False


class Judge(msgspec.Struct, frozen=True):
    """By what a signature is judged.

    Attributes:
        keys: that contacts of the notice's organisations have on file.
        since: when the notice went out.
        now: the moment of reading.
        notice: number of the notice that is answered.
    """

    keys: Sequence[KeyOnFile]
    since: datetime
    now: datetime
    notice: int

    def of(self, kind: str) -> list[bytes]:
        """Keys of one world."""
        return [one.content for one in self.keys if one.kind == kind]


def seen(raw: bytes, judge: Judge, own: Own) -> Seen:
    """Open a message layer by layer, to the first signature that holds or to its plain words."""
    found = Seen(content=raw)
    for _ in range(_DEEPEST):
        layer = apart.outermost(found.content)
        if layer.form == Form.PLAIN:
            break
        inner, signature = _opened(layer, judge, own)
        if inner is None:
            return msgspec.structs.replace(found, locked=layer.form != Form.SIGNED)
        content = apart.as_entity(inner) if layer.text else inner
        signed = signature is not None or not _is_sealed(layer)
        found = msgspec.structs.replace(
            found, content=content, kind=layer.kind if signed else found.kind
        )
        # Who signs what is sealed need not know what is in it.
        over_sealed = _is_sealed(apart.outermost(content))
        if signature is not None and not over_sealed and counts(signature, judge, content):
            proof = proof_of(signature, inner)
            return msgspec.structs.replace(found, signer=signature.signer, proof=proof)
    return found


def _is_sealed(layer: Layer) -> bool:
    enveloped = layer.form == Form.CMS and cms.kind_of(layer.proof) == cms.ENVELOPED
    return layer.form == Form.SEALED or enveloped


def _opened(layer: Layer, judge: Judge, own: Own) -> tuple[bytes | None, Signature | None]:
    """What is inside a layer, null where we cannot read it; and the signature that holds."""
    if layer.kind == "openpgp":
        known = judge.of("openpgp")
        if layer.form == Form.SIGNED:
            return layer.content, openpgp.verified(layer.content, layer.proof, known)
        inside = unsealed(layer.proof, own.openpgp(), known)
        return (inside.content, inside.signature) if inside else (None, None)
    known = judge.of("smime")
    if _is_sealed(layer):
        return smime.opened(layer.proof, own.smime()), None
    signed = cms.read(layer.proof)
    content = layer.content if layer.form == Form.SIGNED else signed.content if signed else None
    if content is None or signed is None:
        return content, None
    return content, cms.verified(signed, content, known)


def counts(signature: Signature, judge: Judge, content: bytes) -> bool:
    """Whether a signature that holds is of this notice's time.

    One that does not say when it was made counts only while its key is in force now, and where
    what is signed names the notice: whoever has an old one can seal it to us anew.
    """
    if signature.made_at is not None:
        return judge.since - SKEW <= signature.made_at <= judge.now + SKEW
    in_force = any(
        one.fingerprint == signature.signer
        and (one.expires_at is None or one.expires_at > judge.now)
        for one in judge.keys
    )
    return in_force and _names(content, judge.notice)


def _names(content: bytes, notice: int) -> bool:
    """Whether an entity names a notice, in its text or in a subject that it carries itself."""
    entity = mime.parsed(content)
    told = f"{mime.header(entity, 'Subject')}\n{mime.own_text(entity)}"
    return re.search(rf"\bN{notice}\b", told, re.ASCII) is not None


def proof_of(signature: Signature, inner: bytes) -> str:
    """What was signed, by whom and when; how its lines end is no part of it (RFC 9580)."""
    words = inner.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    digest = hashlib.sha256(f"{signature.signer}\n".encode() + words).hexdigest()
    at = int(signature.made_at.timestamp()) if signature.made_at else 0
    return f"{digest[:-_TIME]}{at:0{_TIME}x}"


def of_the_same(proof: str) -> tuple[str, str]:
    """The least and the greatest proof of the same words by the same signer."""
    return proof[:-_TIME] + "0" * _TIME, proof[:-_TIME] + "f" * _TIME


def is_again(proof: str, before: str) -> bool:
    """Whether one may be the signature of the other, in whatever form it came.

    The same words may be signed anew, at another time; of one that does not say when, nobody knows.
    """
    undated = of_the_same(proof)[0]
    return proof == before or (undated == of_the_same(before)[0] and undated in {proof, before})
