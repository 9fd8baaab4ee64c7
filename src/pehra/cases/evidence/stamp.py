"""A time stamp by somebody else (RFC 3161): that a manifest existed at a moment.

Asked where a service is configured (`evidence.timestamp_url`), and believed under its roots
(`evidence.timestamp_roots`), both before it is kept and by whoever gets the package.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 msgspec reads the annotation when it runs
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cryptography.x509 import load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from pehra.engines.http.ask import Question, ask
from pehra.kernel.errors import Damaged, EnvironmentFault

if TYPE_CHECKING:
    from pehra.kernel.settings import Evidence

_OK = 200


class Stamp(msgspec.Struct, frozen=True):
    """A stamp: the response as it came, and the moment that it says."""

    response: bytes
    at: datetime


def stamped(data: bytes, wish: Evidence, *, loopback: bool = False) -> Stamp | None:
    """Have the time stamped on `data`; None where no service is configured.

    Raises:
        EnvironmentFault: the service is away, refuses, or what it says does not hold.
    """
    if not wish.timestamp_url:
        return None
    request = TimestampRequestBuilder(data, HashAlgorithm.SHA512).build()
    headers = {"content-type": "application/timestamp-query"}
    question = Question("POST", wish.timestamp_url, headers, request.as_bytes())
    answer = ask(question, loopback=loopback)
    if answer.status != _OK:
        message = f"The time-stamping service answered {answer.status}."
        raise EnvironmentFault(message, mend="Try again, or see `evidence.timestamp_url`.")
    try:
        return Stamp(answer.body, verified(data, answer.body, wish.timestamp_roots, request.nonce))
    except Damaged as error:
        mend = "See `evidence.timestamp_url` and `evidence.timestamp_roots`."
        raise EnvironmentFault(error.message, mend=mend) from None


def verified(data: bytes, response: bytes, roots: str, nonce: int | None = None) -> datetime:
    """The moment that a stamp on `data` says, if it holds under one of the roots.

    Args:
        data: what was stamped.
        response: of the service, DER.
        roots: file of certificates.
        nonce: of the request, where it is known.

    Raises:
        Damaged: it does not hold.
        EnvironmentFault: the roots cannot be read.
    """
    try:
        known = load_pem_x509_certificates(Path(roots).read_bytes())
    except (OSError, ValueError) as error:
        message = f"Cannot read the certificates of `evidence.timestamp_roots`: {error}."
        raise EnvironmentFault(message, mend="Name a PEM file of the service's roots.") from None
    try:
        found = decode_timestamp_response(response)
        verifier = VerifierBuilder(roots=known, nonce=nonce).build()
        verifier.verify_message(found, data)
    except (ValueError, VerificationError) as error:
        message = f"The time stamp does not hold: {error}."
        raise Damaged(message, mend="Ask for a new one, under the roots of that service.") from None
    moment: datetime = found.tst_info.gen_time
    return moment
