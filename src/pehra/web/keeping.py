"""Who acts for an organisation: its own people, and the officers of the teams that lead on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pehra.mandate.queries import lead_teams
from pehra.mandate.rules import OWN, STAFF

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from pehra.mandate.rules import Post


def may_keep(posts: Iterable[Post], organisation: int, lead: int | None) -> bool:
    """Whether one of the posts acts for an organisation, on which the team `lead` leads."""
    return any(
        (post.role in OWN and post.organisation == organisation)
        or (
            post.role in STAFF
            and post.team is not None
            and (post.tier == "national" or post.team == lead)
        )
        for post in posts
    )


def lead_of(posts: Iterable[Post], organisation: int, on: date) -> int | None:
    """The team that leads on an organisation, asked for only where what a post may hangs on it."""
    of_teams = [post for post in posts if post.role in STAFF and post.team is not None]
    if of_teams and all(post.tier != "national" for post in of_teams):
        return lead_teams(on, {organisation}).get(organisation)
    return None
