"""n6 of CERT Polska: a dump of its auth database, `mysqldump auth_db`.

https://github.com/CERT-Polska/n6, `N6Lib/n6lib/auth_db`. An organisation (`org`) holds what its
"inside" filter names, and what its official entity does; an entity without one is an organisation
of its own. Notices go to the addresses of its e-mail notifications. What has no place here is
reported and not brought.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pehra.kernel.errors import UsageError
from pehra.registry.brought.inserted import tables
from pehra.registry.brought.slugs import Slugs
from pehra.registry.contacts import LANGUAGES
from pehra.registry.register_text import Rejected, Rows, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pehra.registry.brought.copied import Row

_WIDEST = 240
_WIDEST_NAME = 160
_HELD = (("asn", "asn"), ("fqdn", "fqdn"), ("ip_network", "ip_network"))
_NO_ASSET = {
    "inside_filter_cc": ("cc", "a country is no asset that one organisation holds"),
    "inside_filter_url": ("url", "a part of an address on the web is no asset"),
}


def read(text: str, name: str) -> Rows:
    """Rows of all organisations, their contacts and what they hold.

    Raises:
        UsageError: no dump with a table of organisations.
    """
    found, rejects = tables(text)
    if "org" not in found:
        message = f"{name} has no rows of the table `org`."
        raise UsageError(message, mend="Make it with `mysqldump auth_db`, as plain text.")
    dump = _Dump(found, rejects)
    rows = [*dump.organisations(), *dump.contacts(), *dump.claims()]
    return in_order(rows), dump.rejects


class _Dump:
    """The tables of a dump, and which organisation got which slug."""

    def __init__(self, found: dict[str, list[Row]], rejects: list[Rejected]) -> None:
        self._tables = found
        self.rejects = rejects
        self._orgs: dict[str, str] = {}
        self._entities: dict[str, str] = {}

    def organisations(self) -> Iterator[dict[str, Any]]:
        """A row each; an entity that belongs to an organisation is that one."""
        slugs = Slugs()
        entities = {cells.get("id", ""): cells for _, cells in self._of("entity")}
        for line, cells in self._of("org"):
            number, entity = cells.get("org_id", ""), cells.get("entity_id", "")
            slug = self._orgs[number] = slugs.give(number, str(line))
            official = entities.get(entity, {}).get("full_name", "")
            if entity in entities:
                self._entities[entity] = slug
            title = official or cells.get("actual_name", "") or number
            yield {"line": line, "organisation": slug, "name": _line(title, _WIDEST)}
        for line, cells in self._of("entity"):
            number, title = cells.get("id", ""), _line(cells.get("full_name", ""), _WIDEST)
            if number not in self._entities:
                slug = self._entities[number] = slugs.give(title, number)
                yield {"line": line, "organisation": slug, "name": title or slug}

    def contacts(self) -> Iterator[dict[str, Any]]:
        """Those who get notifications, alerts, and the entities' contact points."""
        wishes = {cells.get("org_id", ""): cells for _, cells in self._of("org")}
        for line, cells in self._of("email_notification_address"):
            slug = self._holder(line, self._orgs, "org", cells.get("org_id", ""))
            if slug is not None:
                wish = wishes[cells["org_id"]]
                spoken = wish.get("email_notification_language", "").lower()
                rests = wish.get("email_notification_business_days_only") == "1"
                yield {
                    **_contact(line, slug, "abuse", cells.get("email", "")),
                    "contact_language": spoken if spoken in LANGUAGES else "",
                    "contact_business_days": "true" if rests else "",
                    "contact_active": _told(wish),
                }
        for line, cells in self._of("entity"):
            if cells.get("alert_email"):
                slug = self._entities[cells.get("id", "")]
                yield _contact(line, slug, "24x7", cells["alert_email"])
        yield from self._points()

    def _points(self) -> Iterator[dict[str, Any]]:
        phones = {
            cells.get("contact_point_id", ""): cells.get("phone_number", "")
            for _, cells in reversed(self._of("entity_contact_point_phone"))
        }
        for line, cells in self._of("entity_contact_point"):
            slug = self._holder(line, self._entities, "entity", cells.get("entity_id", ""))
            mail, phone = cells.get("email", ""), phones.get(cells.get("id", ""), "").strip()
            if slug is not None and (mail or phone):
                name = _line(cells.get("name", ""), _WIDEST_NAME)
                row = _contact(line, slug, "technical", mail)
                yield {**row, "contact_name": name, "contact_phone": phone}

    def claims(self) -> Iterator[dict[str, Any]]:
        """What organisations hold, each thing once."""
        stated: set[tuple[str, str]] = set()
        for prefix, holders, key in (
            ("inside_filter", self._orgs, "org_id"),
            ("entity", self._entities, "entity_id"),
        ):
            for what, column in _HELD:
                for line, cells in self._of(f"{prefix}_{what}"):
                    slug = self._holder(line, holders, key[:-3], cells.get(key, ""))
                    value = cells.get(column, "")
                    asset = f"AS{value}" if what == "asn" else value
                    if slug is not None and (slug, asset) not in stated:
                        stated.add((slug, asset))
                        row = {"line": line, "organisation": slug, "asset": asset}
                        yield {**row, "source": "manual"}
        for table, (column, why) in _NO_ASSET.items():
            for line, cells in self._of(table):
                who = self._orgs.get(cells.get("org_id", ""), "")
                self._reject(line, f"{why}: `{cells.get(column, '')[:80]}` of {who}")

    def _of(self, table: str) -> list[Row]:
        return self._tables.get(table, [])

    def _reject(self, line: int, why: str) -> None:
        self.rejects.append(Rejected(line, "", why))

    def _holder(self, line: int, holders: dict[str, str], what: str, number: str) -> str | None:
        slug = holders.get(number)
        if slug is None:
            self._reject(line, f"there is no {what} `{number[:80]}`")
        return slug


def _contact(line: int, slug: str, purpose: str, mail: str) -> dict[str, Any]:
    row = {"line": line, "organisation": slug, "contact_purpose": purpose}
    return {**row, "contact_email": mail.strip().lower()}


def _told(wish: dict[str, str]) -> str:
    return "" if wish.get("email_notification_enabled") == "1" else "false"


def _line(text: str, widest: int) -> str:
    return " ".join(text.split())[:widest]
