"""Patterns of STIX 2.1 indicators (section 9): the addresses, names, URLs and hashes looked for.

Read are comparisons that name one thing exactly (`=`, `IN`, `ISSUBSET`), joined by AND and OR. What
a pattern says of order, repetition and time is passed over, and so is everything that is negated or
only resembles (`!=`, `NOT`, `LIKE`, `MATCHES`).
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Alternative = dict[str, str]
"""Columns of an observation, and `extra.malware.hash.*`."""

MOST = 1_000
"""A pattern with more alternatives, or more than ten times as many words, is not read."""

_TOKEN = re.compile(
    r"\s*(?:(?P<path>[a-z0-9\-]+:(?:'(?:[^'\\]|\\.)*'|[\w.\-\[\]*])+)\s*"
    r"(?P<not>NOT\s+)?(?P<operator>!=|<=|>=|=|<|>|IN\b|LIKE\b|MATCHES\b|ISSUBSET\b|ISSUPERSET\b)\s*"
    r"(?P<value>[th]?'(?:[^'\\]|\\.)*'|b'[^']*'|\((?:[^()'\\]|'(?:[^'\\]|\\.)*')*\)|[\w.+\-]+)"
    r"|(?P<word>[A-Z]+)|(?P<mark>[\[\]()])|(?P<time>t'[^']*')|(?P<number>[\d.]+))",
    re.DOTALL,
)
_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_NUMBER = re.compile(r"[\d.]+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_JOINS = {"AND": 2, "OR": 1, "FOLLOWEDBY": 1}
_OPENING = ("[", "(")
_CLOSING = {"]": "[", ")": "("}
_EXACT = ("=", "IN", "ISSUBSET")
_HASHES = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "sha512": "sha512"}
_PLAIN: dict[str, str] = {
    "domain-name:value": "host",
    "url:value": "url",
    "autonomous-system:number": "asn",
    "network-traffic:dst_port": "port",
    "network-traffic:src_port": "port",
}
_ADDRESSES = ("ipv4-addr:value", "ipv6-addr:value", "domain-name:resolves_to_refs[*].value")
_ENDS = ("network-traffic:dst_ref.value", "network-traffic:src_ref.value")


def alternatives(pattern: str) -> list[Alternative]:
    """What the pattern looks for, each thing by itself; empty where it names nothing that is kept.

    Raises:
        ValueError: it is no pattern, in words.
    """
    operands: list[list[Alternative]] = []
    waiting: list[str] = []
    after = ""
    for token in _tokens(pattern):
        if isinstance(token, list):
            operands.append(token)
        elif token in _JOINS:
            join = "OR" if after == "]" else token  # of observations: each is looked for
            while waiting and _JOINS.get(waiting[-1], 0) >= _JOINS[join]:
                _join(operands, waiting.pop())
            waiting.append(join)
        elif token in _OPENING:
            waiting.append(token)
        else:
            _close(operands, waiting, token)
        after = token if isinstance(token, str) else ""
    while waiting:
        _join(operands, waiting.pop())
    if len(operands) != 1:
        message = "the pattern is not well-formed"
        raise ValueError(message)
    return _each_once(operands[0])


def _tokens(pattern: str) -> Iterator[list[Alternative] | str]:
    """Comparisons as what they look for; joins and brackets as they are."""
    at = words = 0
    text = pattern.rstrip()
    while at < len(text):
        words += 1
        if words > 10 * MOST:
            message = f"the pattern has more than {10 * MOST} words"
            raise ValueError(message)
        found = _TOKEN.match(text, at)
        if found is None:
            message = f"the pattern cannot be read from `{text[at : at + 40]}` on"
            raise ValueError(message)
        at = found.end()
        if found["path"]:
            yield _compared(found)
        elif found["mark"]:
            yield found["mark"]
        elif found["word"] in _JOINS:
            yield found["word"]


def _compared(found: re.Match[str]) -> list[Alternative]:
    if found["not"] or found["operator"] not in _EXACT:
        return [{}]
    texts = _TEXT.findall(found["value"]) or _NUMBER.findall(found["value"])
    values = [_ESCAPED.sub(r"\1", text) for text in texts]
    return [named for value in values if (named := _named(found["path"], value))] or [{}]


def _named(path: str, value: str) -> Alternative:
    """The column that a path and a value fill."""
    if path in _PLAIN:
        return {_PLAIN[path]: value}
    if path in _ENDS:
        return end(value)
    if path in _ADDRESSES:
        return placed_address(value)
    if path.startswith("network-traffic:protocols"):
        return {} if value in {"ip", "ipv4", "ipv6"} else {"protocol": value}
    if path.startswith("file:hashes."):
        return hashed(path.removeprefix("file:hashes."), value)
    return {}


def end(value: str) -> Alternative:
    """One end of traffic: an address, a network or a name."""
    try:
        network = ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        return {"host": value}
    if network.num_addresses == 1:
        return {"ip": str(network.network_address)}
    return {"network": str(network)}


def placed_address(text: str) -> Alternative:
    """An address or a network; text that is neither stays, to be refused as an address."""
    found = end(text)
    return {"ip": text} if "host" in found else found


def hashed(algorithm: str, value: str) -> Alternative:
    """The hash of a file, under its name in the IntelMQ data format."""
    name = _HASHES.get(re.sub(r"[^a-z0-9]", "", algorithm.lower()), "")
    return {f"extra.malware.hash.{name}": value.lower()} if name else {}


def _join(operands: list[list[Alternative]], join: str) -> None:
    if join in _OPENING or len(operands) < 2:  # noqa: PLR2004 a join has two sides
        message = "the pattern is not well-formed"
        raise ValueError(message)
    right, left = operands.pop(), operands.pop()
    size = len(left) * len(right) if join == "AND" else len(left) + len(right)
    if size > MOST:
        message = f"the pattern has more than {MOST} alternatives"
        raise ValueError(message)
    if join == "AND":
        operands.append([{**two, **one} for one in left for two in right])
    else:
        operands.append(left + right)


def _close(operands: list[list[Alternative]], waiting: list[str], mark: str) -> None:
    while waiting and waiting[-1] not in _OPENING:
        _join(operands, waiting.pop())
    if not waiting or waiting.pop() != _CLOSING[mark]:
        message = f"`{mark}` closes nothing"
        raise ValueError(message)


def _each_once(found: list[Alternative]) -> list[Alternative]:
    kept = {tuple(sorted(one.items())): one for one in found if one.keys() - {"port", "protocol"}}
    return list(kept.values())
