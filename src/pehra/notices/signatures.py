"""A reply's own words, as its writer signed or sealed them, and whose signature holds.

Pure but for the process that opens what is sealed. What is signed is all that is read: not what
stands before, after or beside it. A signature counts that was made after the notice went out, by a
key that a contact of one of its organisations has on file.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from pehra.engines.mail import apart, cms, openpgp, smime
from pehra.engines.mail.apart import Form
from pehra.engines.mail.unsealing import unsealed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from pehra.engines.mail.apart import Layer
    from pehra.engines.mail.cms import Signature
    from pehra.registry.contacts import KeyOnFile

_DEEPEST = 4
SKEW = timedelta(hours=1)
"""By so much a writer's clock may differ from ours."""


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
    """

    keys: Sequence[KeyOnFile]
    since: datetime
    now: datetime

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
        if signature is not None and not over_sealed and counts(signature, judge):
            told = f"{signature.signer} {signature.made_at or ''}\n"
            proof = hashlib.sha256(told.encode() + inner).hexdigest()
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


def counts(signature: Signature, judge: Judge) -> bool:
    """Whether a signature that holds is of this notice's time.

    One that does not say when it was made counts only while its key is in force now.
    """
    if signature.made_at is not None:
        return judge.since - SKEW <= signature.made_at <= judge.now + SKEW
    return any(
        one.fingerprint == signature.signer
        and (one.expires_at is None or one.expires_at > judge.now)
        for one in judge.keys
    )
