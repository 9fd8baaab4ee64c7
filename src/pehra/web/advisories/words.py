"""What stages, standings and parts of advisories are called on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

STANDING: dict[str, tuple[str, StrPromise]] = {
    "unpublished": ("off", _("Not published")),
    "published": ("done", _("Published")),
    "updated": ("done", _("Updated")),
    "superseded": ("off", _("Superseded")),
    "withdrawn": ("bad", _("Withdrawn")),
}

STAGE: dict[str, tuple[str, StrPromise]] = {
    "draft": ("work", _("Draft")),
    "technical-review": ("wait", _("In technical review")),
    "legal-review": ("wait", _("In review of law and label")),
    "approved": ("work", _("Approved")),
    "published": ("done", _("Published")),
    "dropped": ("off", _("Dropped")),
}

REVIEW: dict[str, StrPromise] = {
    "technical": _("Technical review"),
    "legal": _("Review of law and label"),
}

PART: dict[str, StrPromise] = {
    "title": _("title"),
    "title_ur": _("title in Urdu"),
    "severity": _("severity"),
    "summary": _("summary"),
    "summary_ur": _("summary in Urdu"),
    "body": _("details"),
    "body_ur": _("details in Urdu"),
    "action": _("what to do"),
    "action_ur": _("what to do, in Urdu"),
    "deadline": _("deadline"),
    "detection": _("how to look"),
    "cves": _("CVE numbers"),
    "products": _("products"),
    "sources": _("sources"),
    "exploited": _("whether it is used in attacks"),
}
