"""`runtime.yaml` of IntelMQ: which of its feeds a source here reads, and why another does not.

https://docs.intelmq.org/latest/admin/configuration/intelmq/#runtimeyaml. A collector is followed
through its queues to its parser; the parser, or the publisher's host, names the source. Values of
parameters may be keys and passwords, in addresses too: none is repeated but a rhythm and a folder.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from pehra.engines.http.fetch import SECRET
from pehra.intake.fetching.rules import SHORTEST
from pehra.kernel.errors import UsageError
from pehra.kernel.marked import Document, FaultyText

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pehra.intake.source import Source

Bots = dict[str, dict[str, Any]]

_PARSERS = {
    "shadowserver.": "shadowserver",
    "spamhaus.parser_cert": "spamhaus-cert",
    "spamhaus.parser_drop": "spamhaus-drop",
    "blocklistde.": "blocklist-de",
    "openphish.parser": "openphish",
    "abusech.parser_feodotracker": "feodo",
    "cymru.parser_cap_program": "cymru-cap",
    "n6.": "n6",
    "misp.": "misp",
    "json.parser": "intelmq",
}
"""What a module of `intelmq.bots.parsers` begins with -> the source that reads the same."""
_NOT_OURS = frozenset({"openphish.parser_commercial"})
_BY_COLUMNS = {"generic.": "csv", "json_custom.": "jsonl"}
_SHARED_HOSTS = frozenset({"raw.githubusercontent.com"})
_LONGEST = timedelta(days=365)
_OTHERS = {
    "expert": "experts are not carried: the register and the address table do their work",
    "output": "outputs are not carried: see notices, sending and exchange",
    "parser": "no collector leads to this parser",
}


class Move(msgspec.Struct, frozen=True):
    """What becomes of a bot.

    Attributes:
        bot: its name there.
        feed: provider and name of the feed, where it has them.
        source: slug of ours that takes it over; empty: it is left.
        enabled: the source is switched on.
        every: its rhythm; None: as it is.
        folder: where its files are dropped; empty: none.
        why: what is left, and what to do instead; empty where all is carried.
    """

    bot: str
    feed: str = ""
    source: str = ""
    enabled: bool = False
    every: timedelta | None = None
    folder: str = ""
    why: str = ""


def read(text: str, name: str) -> Bots:
    """The bots of a file, by their names.

    Raises:
        UsageError: no YAML, or no bots in it.
    """
    try:
        document = Document(text)
        found = document.value(document.root)
    except FaultyText as faulty:
        raise faulty.fault.error(name) from None
    bots = {
        str(bot): told
        for bot, told in (found.items() if isinstance(found, dict) else ())
        if isinstance(told, dict) and isinstance(told.get("module"), str)
    }
    if not bots:
        message = f"{name} has no bot with a module."
        raise UsageError(message, mend="It is `runtime.yaml` of an IntelMQ from 3.0 on.")
    return bots


def moves(bots: Bots, known: Mapping[str, Source]) -> list[Move]:
    """What becomes of each bot, in the order of the file; parsers of a feed go with its collector.

    Args:
        bots: as `read` gives them.
        known: our sources by slug.
    """
    found: list[Move] = []
    taken: set[str] = set()
    for bot, told in bots.items():
        if _is_collector(told):
            parsers = _parsers(bots, bot)
            taken.update(parsers)
            found.append(_move(bot, told, [bots[one]["module"] for one in parsers], known))
    rest = [bot for bot, told in bots.items() if not _is_collector(told) and bot not in taken]
    return [*found, *(Move(bot, why=_OTHERS[_kind(bots[bot])]) for bot in rest)]


def _is_collector(told: dict[str, Any]) -> bool:
    return ".collectors." in told["module"]


def _kind(told: dict[str, Any]) -> str:
    module = told["module"]
    return next((kind for kind in _OTHERS if f".{kind}s." in module), "expert")


def _parameters(told: dict[str, Any]) -> dict[str, Any]:
    found = told.get("parameters")
    return found if isinstance(found, dict) else {}


def _next(told: dict[str, Any]) -> Iterator[str]:
    """Bots to whose queues a bot writes."""
    queues = _parameters(told).get("destination_queues")
    if isinstance(queues, dict):
        several = list(queues.values())
    else:
        several = queues if isinstance(queues, list) else [queues]
    for one in several:
        for queue in one if isinstance(one, list) else [one]:
            if isinstance(queue, str):
                yield queue.removesuffix("-queue")


def _parsers(bots: Bots, bot: str) -> list[str]:
    """The nearest parsers behind a collector."""
    seen, waiting, found = {bot}, [bot], []
    while waiting:
        for one in _next(bots[waiting.pop(0)]):
            if one in seen or one not in bots:
                continue
            seen.add(one)
            if ".parsers." in bots[one]["module"]:
                found.append(one)
            else:
                waiting.append(one)
    return found


def _move(bot: str, told: dict[str, Any], parsers: list[str], known: Mapping[str, Source]) -> Move:
    asked = _parameters(told)
    feed = ": ".join(str(asked[key]) for key in ("provider", "name") if asked.get(key))
    module = told["module"].partition(".collectors.")[2]
    url = str(asked.get("http_url") or "")
    slug, why = _source(parsers, url, known)
    if not slug:
        return Move(bot, feed, why=why)
    if told.get("enabled") is False:
        return Move(bot, feed, why=f"it is switched off; `{slug}` would read it")
    return _collected(
        Move(bot, feed, slug, every=_rhythm(asked.get("rate_limit"))),
        module,
        asked,
        known[slug].fetch,
    )


def _collected(move: Move, module: str, asked: dict[str, Any], fetched: tuple[str, ...]) -> Move:
    """A feed whose source is known, by how it is collected."""
    slug, url = move.source, str(asked.get("http_url") or "")
    if module.startswith("file."):
        return _dropped(move, asked.get("path"))
    if module.startswith("mail."):
        mend = "`pehra mailboxes set`, and give its password there"
        return _left(move, f"mail is read by mailbox: {mend}; `{slug}` reads what comes")
    if not module.startswith("http."):
        return _left(move, f"nothing here collects by `{module}`; `{slug}` reads its files")
    if not fetched:
        mend = f"`pehra sources set {slug} --url`"
        return _left(move, f"its address is not carried, it may hold a key: {mend}")
    if any(SECRET in address for address in fetched):
        mend = f"`pehra sources set {slug} --enable --secret-file`"
        return msgspec.structs.replace(move, why=f"its key is not carried: {mend}")
    same = url in fetched
    words = "" if same else "fetched from the address that the source names, not from the one here"
    return msgspec.structs.replace(move, enabled=True, why=words)


def _left(move: Move, why: str) -> Move:
    return Move(move.bot, move.feed, why=why)


def _dropped(move: Move, path: object) -> Move:
    if isinstance(path, str) and path.startswith("/"):
        return msgspec.structs.replace(move, folder=path.rstrip("/") or "/", enabled=True)
    return _left(move, "its folder is no absolute path")


def _rhythm(seconds: object) -> timedelta | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
        return None
    return min(max(timedelta(seconds=min(seconds, 10**9)), SHORTEST), _LONGEST)


def _source(parsers: list[str], url: str, known: Mapping[str, Source]) -> tuple[str, str]:
    """Slug of the source that reads a feed, or why none does."""
    modules = [one.partition(".parsers.")[2] for one in parsers]
    for begins, slug in _PARSERS.items():
        if any(one.startswith(begins) and one not in _NOT_OURS for one in modules):
            return ("spamhaus-asndrop" if "asndrop" in url else slug), ""
    host = urlsplit(url).hostname if url.isprintable() and "[" not in url else None
    published = {
        slug
        for slug, source in known.items()
        for address in source.fetch
        if urlsplit(address).hostname == host and (host not in _SHARED_HOSTS or address == url)
    }
    if host and len(published) == 1:
        return published.pop(), ""
    for begins, slug in _BY_COLUMNS.items():
        if any(one.startswith(begins) for one in modules):
            return "", f"its columns are not carried: `pehra ingest {slug} FILE --option ...`"
    named = ", ".join(f"`{one}`" for one in modules)
    return "", f"no source here reads {named}" if named else "no parser is behind it"
