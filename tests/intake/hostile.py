"""Bytes that nobody should send: the shapes that random bytes do not find."""

from __future__ import annotations

import json
import random


def _random(size: int) -> bytes:
    return random.Random(7).randbytes(size)  # noqa: S311 no secret, reproducible


SMALL = {
    "nothing": b"",
    "blank lines": b"\n \r\n\t\n" * 50,
    "random": _random(20_000),
    "NUL": b"\0" * 20_000,
    "half NUL": b"192.0.2.1\n" * 50 + b"\0\n" * 50,
    "brackets": b"[" * 20_000,
    "braces": b'{"a":' * 5_000,
    "closing": b"}]" * 5_000,
    "keyed": b'{"1":[' * 3_000 + b'{"url":1}',
    "quotes": b'"' * 9_999,
    "quoted lines": b'"",""",""\n' * 2_000,
    "separators": b",;\t|" * 5_000,
    "UTF-16": "192.0.2.1\n".encode("utf-16") * 50,
    "UTF-16 without a mark": ("192.0.2.1\n" * 50).encode("utf-16-le"),
    "Latin-1": "Köln,192.0.2.1\n".encode("latin-1") * 50,
    "a web page": b"<!DOCTYPE html><html><body>503</body></html>\n" * 10,
    "hostile JSON": json.dumps(
        [{"ip": {"ip": [None] * 9}, "url": 10**30, "tags": {"": "\0\ud800"}, "port": -1e300}]
    ).encode(),
    "hostile CSV": b'=1+1,@x,"a\nb",\x1b[31m\n' * 500,
    "long numbers": b"9" * 400 + b".1," + b"9" * 400 + b"\n",
    "a mark and a note": b"\xef\xbb\xbf# note\n\n;\n# 192.0.2.1\n",
}
LARGE = {
    "a line of 3 MB": b"a" * 3_000_000,
    "a note of 3 MB": b"#" + b"a" * 3_000_000 + b"\n192.0.2.1\n",
    "a quoted line of 3 MB": b'"' + b"a," * 1_500_000,
    "200,000 brackets": b"[" * 200_000,
    "200,000 objects": b'{"a":[' * 200_000,
    "200,000 commas": b"," * 200_000 + b"\n",
    "3 MB of NUL": b"\0" * 3_000_000,
    "3 MB at random": _random(3_000_000),
    "3 MB of defects": b'"192.0.2.1"x,"\n' * 200_000,
    "3 MB of no UTF-8": b"192.0.2.1\xff\n" * 270_000,
}
