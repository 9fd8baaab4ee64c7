"""The time that somebody else stamps on a manifest: asked for, believed, and refused."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pehra.cases.evidence.stamp import stamped, verified
from pehra.cases.evidence.standalone import openssl
from pehra.kernel.errors import Damaged, EnvironmentFault
from pehra.kernel.settings import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha512
"""


def _certificate(folder: Path, name: str, *, stamps: bool) -> None:
    """One that signs itself; `stamps`: it may stamp the time."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(tz=dt.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=not stamps, path_length=None), critical=True)
    )
    if stamps:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        made = made.add_extension(usage, critical=True)
    signed = made.sign(key, hashes.SHA256())
    (folder / f"{name}.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    text = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    (folder / f"{name}.key").write_bytes(text)


@contextmanager
def service(folder: Path, status: int = 200) -> Iterator[str]:
    """A time-stamping service on this machine, by `openssl ts`; its address."""
    (folder / "serial").write_text("01")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["content-length"]))
            (folder / "query").write_bytes(query)
            program = shutil.which("openssl") or "openssl"
            words = "ts -reply -config tsa.cnf -queryfile query -signer stamper.pem -inkey"
            subprocess.run(
                [program, *words.split(), "stamper.key", "-out", "reply"],
                cwd=folder, check=True, capture_output=True,
            )  # fmt: skip
            self.send_response(status)
            self.end_headers()
            self.wfile.write((folder / "reply").read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Desk) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_nobody_is_asked_where_no_service_is_configured() -> None:
    assert stamped(b"manifest", Evidence()) is None


def test_roots_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    for text in (None, "no certificate"):
        path = tmp_path / "roots.pem"
        if text:
            path.write_text(text)
        with pytest.raises(EnvironmentFault, match="Cannot read the certificates"):
            verified(b"manifest", b"", str(path))


@pytest.mark.service
def test_a_stamp_holds_under_its_root_for_its_words_only(tmp_path: Path) -> None:
    _certificate(tmp_path, "stamper", stamps=True)
    _certificate(tmp_path, "other", stamps=True)
    roots = str(tmp_path / "stamper.pem")
    with service(tmp_path) as url:
        made = stamped(b"manifest", Evidence(url, roots), loopback=True)
        with pytest.raises(EnvironmentFault, match="does not hold"):
            stamped(b"manifest", Evidence(url, str(tmp_path / "other.pem")), loopback=True)
    assert made is not None
    assert verified(b"manifest", made.response, roots) == made.at
    for data, response in ((b"another", made.response), (b"manifest", made.response[:-1])):
        with pytest.raises(Damaged, match="does not hold"):
            verified(data, response, roots)
    words = ["ts", "-verify", "-data", "D", "-in", "R", "-CAfile", roots]
    assert openssl(words, {"D": b"manifest", "R": made.response})
    assert not openssl(words, {"D": b"another", "R": made.response})
    with service(tmp_path, 503) as url, pytest.raises(EnvironmentFault, match="answered 503"):
        stamped(b"manifest", Evidence(url, roots), loopback=True)
