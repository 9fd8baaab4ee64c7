"""Acts on the nation's structure: load it, open accounts, appoint. Each leaves a ledger entry."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction

from pehra.jobs.actions import enqueue
from pehra.kernel.errors import Refused, UsageError
from pehra.ledger.actions import append
from pehra.mandate.models import Office, Organisation, Team, Tenure, User
from pehra.mandate.queries import COLUMNS, DATED, TABLES, present_structure, slugs
from pehra.mandate.rules import HolderRow, in_force
from pehra.mandate.structure import (
    KEYS,
    REFERENCES,
    Change,
    Facts,
    Key,
    Structure,
    check_references,
    compare,
    digest_of,
    read,
    severity_number,
    stated,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pehra.kernel.actors import Actor

ROUTING_CHANGED = "routing.changed"
"""Kind of the job that other rooms register to let findings follow their lead teams."""
_FILE_NAMES = {"is_public": "public"}


def shipped_structure() -> str:
    """Text of the structure that comes with the package: Pakistan's."""
    return (resources.files("pehra.mandate") / "data" / "pakistan.yaml").read_text("utf-8")


def load_structure(  # noqa: PLR0913 two switches beside text, name, actor and time
    text: str,
    *,
    name: str = "structure",
    actor: Actor,
    now: datetime,
    dry_run: bool = False,
    overwrite: bool = False,
) -> list[Change]:
    """Bring the rows to what a structure file states. The same file twice changes nothing.

    Args:
        text: YAML, see `pehra.mandate.structure`.
        name: what to call the file in errors.
        actor: who loads it.
        now: aware, UTC.
        dry_run: only say what would change.
        overwrite: also undo what people changed by hand since a file last wrote the row.

    Returns:
        The differences, including those that stay (`kept`, `missing`).

    Raises:
        UsageError: the file is not as promised; nothing is changed.
    """
    structure = read(text, name)
    rows = stated(structure)
    with transaction.atomic():
        present = present_structure()
        known = {kind: {key[0] for key in present[kind]} for kind in KEYS}
        check_references(rows, known, name)
        changes = compare(rows, present, overwrite=overwrite)
        to_write = [change for change in changes if change.outcome in ("added", "changed")]
        if to_write and not dry_run:
            _write(structure, rows, to_write)
            enqueue(ROUTING_CHANGED, {}, now=now, unique_key=ROUTING_CHANGED)
            append(
                "mandate.load-structure",
                actor=actor,
                subject=f"structure:{structure.country}",
                facts={
                    "sha256": hashlib.sha256(text.encode()).hexdigest(),
                    "added": sum(change.outcome == "added" for change in changes),
                    "changed": sum(change.outcome == "changed" for change in changes),
                    "kept": sum(change.outcome == "kept" for change in changes),
                },
                now=now,
            )
    return changes


def _write(
    structure: Structure, rows: Mapping[str, Mapping[Key, Facts]], changes: list[Change]
) -> None:
    """New rows a list at a time; then what changed, or refers to a row of a list after its own."""
    slugs, written = _ids_by_slug(), dict[tuple[str, Key], dict[str, Any]]()

    def columns(kind: str, facts: Facts) -> dict[str, Any]:
        named = {f"{name}_id": slugs[to].get(facts[name]) for name, to in REFERENCES[kind].items()}
        return _plain(structure, kind, facts) | named | {"filed": digest_of(facts)}

    for kind, table in TABLES.items():
        mine = [one for one in changes if (one.kind, one.outcome) == (kind, "added")]
        new = {one.key: columns(kind, rows[kind][one.key]) for one in mine}
        made = table._default_manager.bulk_create(table(**facts) for facts in new.values())
        if kind in slugs:
            slugs[kind] |= {key[0]: row.pk for key, row in zip(new, made, strict=True)}
        written |= {(kind, key): facts for key, facts in new.items()}
    for change in changes:
        facts = columns(change.kind, rows[change.kind][change.key])
        if facts != written.get((change.kind, change.key)):
            number = _rows_of(change.kind, change.key).values_list("pk", flat=True)[0]
            TABLES[change.kind]._default_manager.filter(pk=number).update(**facts)


def _plain(structure: Structure, kind: str, facts: Facts) -> dict[str, Any]:
    columns = {name: facts[_FILE_NAMES.get(name, name)] for name in (*COLUMNS[kind], *DATED)}
    for name in ("valid_from", "valid_to"):
        columns[name] = date.fromisoformat(columns[name]) if columns[name] else None
    if kind == "clocks":
        columns["severity"] = severity_number(columns["severity"])
    if kind in ("territories", "organisations"):
        columns["country"] = structure.country
    return columns


def _rows_of(kind: str, key: Key) -> models.QuerySet[models.Model]:
    """The one row that a key names."""
    named = dict(zip(KEYS[kind], key, strict=True))
    terms: dict[str, Any] = {}
    for name, value in named.items():
        column = f"{name}__slug" if name in REFERENCES[kind] else name
        stored = severity_number(value or None) if name == "severity" else value
        if value:
            terms[column] = stored
        else:
            terms[f"{name}__isnull"] = True
    return TABLES[kind]._default_manager.filter(**terms)


def _ids_by_slug() -> dict[str, dict[str, int]]:
    targets = {target for references in REFERENCES.values() for target in references.values()}
    return {
        target: dict(TABLES[target]._default_manager.values_list(KEYS[target][0], "pk"))
        for target in targets
    }


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account to be opened.

    Attributes:
        email: its name.
        password: in clear, for this one call; empty: the person cannot log in until one is set.
        name: of the person.
        office: slug of the office to hold from today; empty: none, and no rows are seen.
        language: `en` or `ur`; empty: the nation's.
    """

    email: str
    password: str = ""
    name: str = ""
    office: str = ""
    language: str = ""


def open_account(new: NewAccount, *, actor: Actor, now: datetime) -> User:
    """Open an account, and appoint the person where an office is named.

    Raises:
        UsageError: no mail address, a weak password, an unknown office.
        Refused: the address already has an account.
    """
    email = new.email.strip().lower()
    with transaction.atomic():
        _check_email(email)
        user = User(email=email, name=new.name, language=new.language, date_joined=now)
        _set_password(user, new.password)
        user.save()
        office = _office(new.office) if new.office else None
        if office is not None:
            Tenure.objects.create(office=office, person=user, valid_from=now.date())
        append(
            "mandate.open-account",
            actor=actor,
            subject=f"person:{user.pk}",
            facts={"person": user.pk, "office": new.office},
            now=now,
        )
    return user


def _check_email(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError:
        message = f"`{email}` is no mail address."
        raise UsageError(message, mend="Give one such as `name@example.org`.") from None
    if User.objects.filter(email__iexact=email).exists():
        message = f"`{email}` already has an account."
        raise Refused(message, mend="Appoint the person to an office, or set a new password.")


def _set_password(user: User, password: str) -> None:
    if not password:
        user.set_unusable_password()
        return
    try:
        validate_password(password, user)
    except ValidationError as error:
        msg = "The password is refused."
        raise UsageError(msg, mend=" ".join(error.messages)) from None
    user.set_password(password)


def _office(slug: str) -> Office:
    office = Office.objects.filter(slug=slug).first()
    if office is None:
        known = ", ".join(Office.objects.order_by("slug").values_list("slug", flat=True)[:40])
        message = f"There is no office `{slug}`."
        raise UsageError(message, mend=f"Known: {known or 'none; load a structure first'}.")
    return office


def person(email: str) -> User:
    """The account of a mail address, for acts on it.

    Raises:
        UsageError: there is none.
    """
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        message = f"`{email}` has no account."
        raise UsageError(message, mend="Open one with `pehra accounts open`.")
    return user


def set_password(email: str, password: str, *, actor: Actor, now: datetime) -> None:
    """Give an account a new password; the password itself is recorded nowhere.

    Raises:
        UsageError: no such account, or a weak or empty password.
    """
    with transaction.atomic():
        user = person(email)
        if not password:
            msg = "An empty password closes the account."
            raise UsageError(msg, mend="Type one.")
        _set_password(user, password)
        user.save(update_fields=["password"])
        append(
            "mandate.set-password",
            actor=actor,
            subject=f"person:{user.pk}",
            facts={"person": user.pk},
            now=now,
        )


class Term(msgspec.Struct, frozen=True):
    """From which day an office is held, to which day it no longer is; null: open."""

    since: date
    until: date | None = None


def appoint(email: str, office: str, term: Term, *, actor: Actor, now: datetime) -> Tenure:
    """Let a person hold an office for a period.

    Raises:
        UsageError: no such account or office, or a period that ends before it begins.
        Refused: the person already holds the office at some moment of the period.
    """
    if email.strip().lower() == actor.name.lower():
        msg = "Nobody appoints himself."
        raise Refused(msg, mend="Ask somebody else who may appoint.")
    if term.until is not None and term.until <= term.since:
        msg = "The period ends before it begins."
        raise UsageError(msg, mend="Give a later last day.")
    with transaction.atomic():
        user, post = person(email), _office(office)
        for tenure in Tenure.objects.filter(person=user, office=post):
            starts_before_end = term.until is None or (tenure.valid_from or date.min) < term.until
            ends_after_start = tenure.valid_to is None or term.since < tenure.valid_to
            if starts_before_end and ends_after_start:
                message = f"{email} already holds `{office}` in that period."
                raise Refused(message, mend="End that tenure first.")
        made = Tenure.objects.create(
            office=post, person=user, valid_from=term.since, valid_to=term.until
        )
        append(
            "mandate.appoint",
            actor=actor,
            subject=f"office:{post.slug}",
            facts={
                "person": user.pk,
                "tenure": made.pk,
                "since": term.since.isoformat(),
                "until": term.until.isoformat() if term.until else None,
            },
            now=now,
        )
    return made


def end_tenure(email: str, office: str, last: date, *, actor: Actor, now: datetime) -> None:
    """Let a person no longer hold an office from the day `last` on.

    Raises:
        UsageError: no such account or office.
        Refused: the person does not hold it then.
    """
    with transaction.atomic():
        user, post = person(email), _office(office)
        open_ones = [
            tenure
            for tenure in Tenure.objects.filter(person=user, office=post)
            if in_force(None, tenure.valid_to, last)
        ]
        if not open_ones:
            message = f"{email} does not hold `{office}` on {last.isoformat()}."
            raise Refused(message, mend="See `pehra accounts list`.")
        for tenure in open_ones:
            tenure.valid_to = max(last, tenure.valid_from or last)
            tenure.save(update_fields=["valid_to"])
        append(
            "mandate.end-tenure",
            actor=actor,
            subject=f"office:{post.slug}",
            facts={"person": user.pk, "last": last.isoformat()},
            now=now,
        )


def set_team_status(
    slug: str, status: str, *, reachable: bool = True, actor: Actor, now: datetime
) -> None:
    """Say that a team is active, planned or dissolved, and whether it can be reached.

    Raises:
        UsageError: no such team or status.
    """
    with transaction.atomic():
        team = Team.objects.filter(slug=slug).first()
        if team is None or status not in Team.Status.values:
            message = f"There is no team `{slug}`, or no status `{status}`."
            raise UsageError(message, mend=f"Statuses: {', '.join(Team.Status.values)}.")
        team.status, team.reachable = status, reachable
        team.save(update_fields=["status", "reachable"])
        enqueue(ROUTING_CHANGED, {}, now=now, unique_key=ROUTING_CHANGED)
        append(
            "mandate.set-team-status",
            actor=actor,
            subject=f"team:{slug}",
            facts={"status": status, "reachable": reachable},
            now=now,
        )


def record_holders(new: Sequence[HolderRow], changed: Mapping[int, HolderRow]) -> dict[str, int]:
    """Write organisations as part of another room's act, in its transaction and under its entry.

    Args:
        new: rows to be added.
        changed: id -> the row that it becomes.

    Returns:
        slug -> id of those that were added.
    """
    known = slugs()

    def columns(row: HolderRow) -> dict[str, Any]:
        facts = msgspec.structs.asdict(row)
        sector, territory = facts.pop("sector"), facts.pop("territory")
        facts["sector_id"] = known.sectors[sector] if sector else None
        facts["territory_id"] = known.territories[territory] if territory else None
        return facts

    for number, row in changed.items():
        Organisation.objects.filter(pk=number).update(**columns(row))
    made = Organisation.objects.bulk_create(
        (Organisation(**columns(row)) for row in new), batch_size=2000
    )
    return {organisation.slug: organisation.pk for organisation in made}
