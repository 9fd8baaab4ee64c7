"""What the words of a command name: organisations and teams by slug, days; else a refusal."""

from __future__ import annotations

from datetime import date

from pehra.kernel.errors import UsageError


def organisation(slug: str) -> int | None:
    """The id of an organisation; null where none is named.

    Raises:
        UsageError: there is none of that slug.
    """
    if not slug:
        return None
    from pehra.mandate import queries as mandate

    known = mandate.holders()
    if slug not in known:
        message = f"There is no organisation `{slug}`."
        raise UsageError(message, mend="`pehra registry export` lists them.")
    return known[slug][0]


def team(slug: str) -> int | None:
    """The id of a team; null where none is named.

    Raises:
        UsageError: there is none of that slug.
    """
    if not slug:
        return None
    from pehra.mandate import queries as mandate

    known = {one.slug: one.id for one in mandate.teams()}
    if slug not in known:
        message = f"There is no team `{slug}`."
        names = ", ".join(sorted(known)) or "none yet; `pehra structure load` brings them"
        raise UsageError(message, mend=f"Known are: {names}.")
    return known[slug]


def day(text: str) -> date | None:
    """A day as `2026-01-31`; null where none is named.

    Raises:
        UsageError: it is none.
    """
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        message = f"`{text}` is no day."
        raise UsageError(message, mend="Write it as 2026-01-31.") from None
