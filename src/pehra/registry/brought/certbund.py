"""certbund-contact of IntelMQ: a dump of its database, `pg_dump contactdb`.

https://github.com/Intevation/intelmq-certbund-contact, `sql/initdb.sql`. What people entered
becomes claims by hand; the tables that end in `_automatic` become a registry's word, which people's
beats. An automatic organisation with the RIPE handle of a manual one is the same organisation.

An annotation with the tag `inhibition` on an organisation is what its contacts are not told; on a
network, ASN or name it is a note of the claim, since nobody's silence follows from it by itself.
What has no place here is reported and not brought.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pehra.kernel.errors import UsageError
from pehra.registry.brought.copied import Row, tables
from pehra.registry.brought.slugs import Slugs, slug_of
from pehra.registry.contacts import inhibits_of
from pehra.registry.register_text import Rejected, Rows, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator

_AUTOMATIC = "_automatic"
_WIDEST = 240
_WIDEST_NAME = 160
_INHIBITION = "inhibition"
_INHIBITED = {"classification.identifier", "classification.type", "classification.taxonomy"}
_HELD = (("asn", "asn"), ("network", "address"), ("fqdn", "fqdn"))
_PARTS = 3


def read(text: str, name: str) -> Rows:
    """Rows of all organisations, their contacts and what they hold.

    Raises:
        UsageError: no dump with a table of organisations.
    """
    found, rejects = tables(text)
    if not {"organisation", "organisation_automatic"} & set(found):
        message = f"{name} has no table `organisation` or `organisation_automatic`."
        raise UsageError(message, mend="Make it with `pg_dump contactdb`, as plain text.")
    dump = _Dump(found, rejects)
    rows = [*dump.organisations(), *dump.contacts(), *dump.claims()]
    return in_order(rows), dump.rejects


class _Dump:
    """The tables of a dump, and which organisation got which slug."""

    def __init__(self, found: dict[str, list[Row]], rejects: list[Rejected]) -> None:
        self._tables = found
        self.rejects = rejects
        self._slugs: dict[tuple[str, str], str] = {}
        self._silent: set[str] = set()
        self._inhibits: dict[str, list[str]] = {}

    def organisations(self) -> Iterator[dict[str, Any]]:
        """A row each; one that is the same as another adds nothing."""
        slugs = Slugs()
        by_handle: dict[str, str] = {}
        for kind in ("", _AUTOMATIC):
            ordered = sorted(self._of(f"organisation{kind}"), key=lambda row: _number(row, kind))
            for line, cells in ordered:
                number = cells.get(f"organisation{kind}_id", "")
                handle = slug_of(cells.get("ripe_org_hdl", ""))
                title = " ".join(cells.get("name", "").split())[:_WIDEST]
                if handle and handle in by_handle:
                    self._slugs[kind, number] = by_handle[handle]
                    continue
                # Numbers of automatic rows change with every import of theirs, handles do not.
                slug = slugs.give(handle if kind and handle else title, number)
                self._slugs[kind, number] = slug
                if handle:
                    by_handle[handle] = slug
                yield {"line": line, "organisation": slug, "name": title or slug}
        self._annotations()

    def contacts(self) -> Iterator[dict[str, Any]]:
        """Mail addresses for abuse; those that were switched off are not told."""
        off = {
            cells.get("email", "").lower()
            for _, cells in self._of("email_status")
            if cells.get("enabled") == "f"
        }
        told: set[tuple[str, str]] = set()
        for kind in ("", _AUTOMATIC):
            for line, cells in self._of(f"contact{kind}"):
                slug = self._holder(line, cells, kind)
                mail = cells.get("email", "").strip().lower()
                # A registry that names whom people gave already says nothing new.
                if slug is None or (slug, mail) in told:
                    continue
                told.add((slug, mail))
                name = f"{cells.get('firstname', '')} {cells.get('lastname', '')}"
                yield {
                    "line": line,
                    "organisation": slug,
                    "contact_purpose": "abuse",
                    "contact_name": " ".join(name.split())[:_WIDEST_NAME],
                    "contact_email": mail,
                    "contact_phone": cells.get("tel", "").strip(),
                    "contact_automatic": "true" if kind else "",
                    "contact_active": "false" if mail in off or slug in self._silent else "",
                    "contact_inhibits": " ".join(sorted(set(self._inhibits.get(slug, [])))),
                }

    def claims(self) -> Iterator[dict[str, Any]]:
        """What organisations hold, each thing once a source."""
        stated: set[tuple[str, str, str]] = set()
        for kind in ("", _AUTOMATIC):
            source = "registry" if kind else "manual"
            for what, column in _HELD:
                key = f"{what}{kind}_id"
                assets = {cells.get(key, ""): cells for _, cells in self._of(f"{what}{kind}")}
                notes = self._notes(what) if not kind else {}
                for line, cells in self._of(f"organisation_to_{what}{kind}"):
                    slug = self._holder(line, cells, kind)
                    held = cells if what == "asn" else assets.get(cells.get(key, ""), {})
                    asset = held.get(column, "")
                    if slug is None or (slug, asset, source) in stated:
                        continue
                    if not asset:
                        self._reject(line, f"there is no {what} `{cells.get(key, '')}`")
                        continue
                    stated.add((slug, asset, source))
                    number = asset if what == "asn" else cells.get(key, "")
                    said = [held.get("comment", ""), *notes.get(number, [])]
                    yield {
                        "line": line,
                        "organisation": slug,
                        "asset": f"AS{asset}" if what == "asn" else asset,
                        "source": source,
                        "note": "; ".join(filter(None, said))[:_WIDEST],
                    }

    def _of(self, table: str) -> list[Row]:
        return self._tables.get(table, [])

    def _reject(self, line: int, why: str) -> None:
        self.rejects.append(Rejected(line, "", why))

    def _holder(self, line: int, cells: dict[str, str], kind: str) -> str | None:
        number = cells.get(f"organisation{kind}_id", "")
        slug = self._slugs.get((kind, number))
        if slug is None:
            self._reject(line, f"there is no organisation{kind} `{number}`")
        return slug

    def _annotations(self) -> None:
        """What organisations do not want to be told."""
        for line, cells in self._of("organisation_annotation"):
            slug = self._holder(line, cells, "")
            if slug is None:
                continue
            words = _inhibited(cells.get("annotation", ""))
            if words is None:
                why = f"an annotation that has no place here: {cells.get('annotation', '')[:160]}"
                self._reject(line, why)
            elif words:
                self._inhibits.setdefault(slug, []).extend(words)
            else:
                self._silent.add(slug)

    def _notes(self, what: str) -> dict[str, list[str]]:
        """What is annotated of networks, names or ASNs, by their number."""
        table = "autonomous_system_annotation" if what == "asn" else f"{what}_annotation"
        column = "asn" if what == "asn" else f"{what}_id"
        found: dict[str, list[str]] = {}
        for _, cells in self._of(table):
            found.setdefault(cells.get(column, ""), []).append(cells.get("annotation", ""))
        return found


def _number(row: Row, kind: str) -> tuple[int, int]:
    text = row[1].get(f"organisation{kind}_id", "")
    plain = text.isascii() and text.isdigit() and len(text) < _WIDEST_NUMBER
    return (int(text) if plain else 0, row[0])


_WIDEST_NUMBER = 19


def _inhibited(annotation: str) -> tuple[str, ...] | None:
    """Words that an inhibition is about; none: everything; null: it is no such inhibition."""
    try:
        said = msgspec.json.decode(annotation)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(said, dict) or said.get("tag") != _INHIBITION or said.get("expires"):
        return None
    condition = said.get("condition", True)
    if condition is True:
        return ()
    if not isinstance(condition, list) or len(condition) != _PARTS or condition[0] != "eq":
        return None
    sides = condition[1:]
    values = [one for one in sides if isinstance(one, str)]
    fields = [one[1] for one in sides if _names_a_field(one)]
    if len(values) != 1 or len(fields) != 1 or fields[0] not in _INHIBITED:
        return None
    return inhibits_of(values[0]) or None


def _names_a_field(side: object) -> bool:
    return (
        isinstance(side, list)
        and side[:1] == ["event_field"]
        and len(side) == _PARTS - 1
        and isinstance(side[1], str)
    )
