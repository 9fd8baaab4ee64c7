"""What an organisation holds, the proofs of it, and the early warnings that it wants of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pehra.engines.blobs import files as blobs
from pehra.kernel.errors import PehraError, Refused, UsageError
from pehra.kernel.labels import Severity
from pehra.registry import actions, asking, queries
from pehra.registry.control import METHODS, dns_name, file_url, shown
from pehra.registry.jobs import look_at
from pehra.registry.looks import means_of
from pehra.registry.rules import NotAnAsset, canonical, kind_of
from pehra.web import figures, marks, phrases
from pehra.web.paging import LARGEST
from pehra.web.registry import rows
from pehra.web.tables import Cell, Column, Fact, Table, badge_cell, moment_cell, table
from pehra.web.workspace.mailing import mail_control
from pehra.web.workspace.place import workspace

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from pehra.registry.queries import ProofView
    from pehra.web.workspace.place import Place

_CLAIMS = 200
_LARGEST_LETTER = 32 * 1024**2
_WARNED = tuple(sorted((one for one in Severity if one is not Severity.INFO), reverse=True))


def asset_text(kind: str, value: str) -> str:
    """An asset as people write it."""
    return f"AS{value}" if kind == "asn" else value


def _proofs(place: Place, found: list[ProofView]) -> Table:
    columns = [
        Column(_("Asset")),
        Column(_("By what")),
        Column(_("State")),
        Column(_("Looked at")),
        Column(_("Again at")),
    ]
    cells = [
        [
            Cell(
                asset_text(view.kind, view.asset),
                href=reverse("workspace-proof", args=[place.slug, view.id]),
                main=True,
                code=True,
            ),
            Cell(str(phrases.CONTROL_METHOD.get(view.proof.method, view.proof.method))),
            badge_cell(marks.badge(phrases.CONTROL_STATE, view.proof.state)),
            moment_cell(figures.moment(view.proof.last_checked, now=place.now)),
            moment_cell(figures.moment(view.proof.expires_at, now=place.now)),
        ]
        for view in found
    ]
    empty = _("Nothing was proven yet. Add a domain or a network below.")
    return table(columns, cells, caption=_("Proofs of control"), empty=empty)


def _warnings(place: Place) -> list[dict[str, Any]]:
    """A row of choices for each proven asset."""
    known = {
        (one.kind, one.asset): one
        for one in queries.subscriptions(viewer=place.viewer, organisations=[place.id])
    }
    found: list[dict[str, Any]] = []
    for kind, value in queries.proven_assets(place.id, viewer=place.viewer):
        standing = known.get((kind, value))
        found.append(
            {
                "kind": kind,
                "value": value,
                "text": asset_text(kind, value),
                "levels": [
                    {
                        "name": level.word,
                        "mark": marks.severity(level),
                        "chosen": _chosen(level.word, standing),
                    }
                    for level in _WARNED
                ],
            }
        )
    return found


def _chosen(word: str, standing: queries.SubscriptionView | None) -> str:
    if standing is None:
        return "no"
    return "once" if word in standing.at_once else "digest" if word in standing.digest else "no"


@workspace
def assets(request: HttpRequest, *, place: Place) -> HttpResponseBase:
    """What it holds; sent, a proof is asked for."""
    problem, asked = "", request.POST.get("asset", "").strip()[:255]
    method = request.POST.get("method", "")
    boxes = _boxes(asked, place, ask=method == "registry-mailbox" and place.keeps) if asked else []
    if request.method == "POST":
        made = _asked(request, place, asked, method)
        if isinstance(made, int):
            return HttpResponseRedirect(reverse("workspace-proof", args=[place.slug, made]))
        problem = made
    claims = queries.claims_of(place.id, viewer=place.viewer, size=_CLAIMS)
    context = place.frame(
        proofs=_proofs(place, queries.controls_of(place.id, viewer=place.viewer)),
        claims=rows.claim_table([claim for claim in claims if claim.withdrawn_at is None]),
        methods=[(one, phrases.CONTROL_METHOD[one]) for one in METHODS["domain"][:3]],
        given={"asset": asked, "method": method, "mailbox": request.POST.get("mailbox", "")},
        boxes=boxes,
        problem=problem,
        warnings=_warnings(place),
        letters=place.staff and place.keeps,
    )
    return render(request, "workspace/assets.html", context, status=422 if problem else 200)


def _boxes(asked: str, place: Place, *, ask: bool) -> list[tuple[int, str]]:
    """Mailboxes that a registry names for an asset; it is asked where none is known yet."""
    try:
        kind = kind_of(asked)
        value = canonical(kind, asked)
    except NotAnAsset:
        return []
    found = queries.mailboxes_of(kind, value)
    told = settings.PEHRA
    if found or not ask or told.fetch.offline:
        return found
    for one in asking.places(kind, value, told.registries):
        if one.reads == "rdap":
            named = asking.named(one, place.now, loopback=told.fetch.loopback)
            boxes = [contact.email for contact in named.contacts if contact.email]
            actions.record_mailboxes(
                (kind, value), boxes, one.url, actor=place.actor, now=place.now
            )
    return queries.mailboxes_of(kind, value)


def _asked(request: HttpRequest, place: Place, asked: str, method: str) -> int | str:
    """The proof that was asked for; a sentence where it cannot be."""
    if method not in phrases.CONTROL_METHOD or method == "letter":
        return _("Choose a way.")
    box = request.POST.get("mailbox", "")
    mailbox = int(box) if box.isascii() and box.isdigit() and len(box) < 19 else 0  # noqa: PLR2004 digits of a row's number
    try:
        ask = actions.Ask(place.id, asked, method, mailbox)
        made = actions.ask_control(ask, actor=place.actor, now=place.now)
        if made.link:
            mail_control(made, made.link, place)
    except Refused:
        return _("Control of it is proven already, or too many requests are open.")
    except UsageError:
        if method == "registry-mailbox" and not mailbox:
            return _("Choose one of the mailboxes that the registry names, or another way.")
        return _("Write a domain, a network or an ASN; domains are proven by DNS or a file.")
    return made.proof


def _proof(place: Place, number: int) -> ProofView:
    found = queries.control(number, viewer=place.viewer) if number <= LARGEST else None
    if found is None or found.organisation != place.id:
        raise Http404
    return found


@workspace
def proof(request: HttpRequest, *, place: Place, number: int) -> HttpResponse:
    """One proof: what is to be shown where, and what the last look found."""
    found = _proof(place, number)
    method = found.proof.method
    facts = [
        Fact(_("By what"), str(phrases.CONTROL_METHOD.get(method, method))),
        Fact(_("Asked for"), at=figures.moment(found.proof.asked_at, now=place.now)),
    ]
    moments = (
        (_("Proven since"), found.proof.proved_at),
        (_("Looked at"), found.proof.last_checked),
        (_("Missing since"), found.proof.missing_since),
        (_("Again at"), found.proof.expires_at),
    )
    facts += [
        Fact(label, at=figures.moment(at, now=place.now)) for label, at in moments if at is not None
    ]
    context = place.frame(
        asset=asset_text(found.kind, found.asset),
        number=number,
        state=marks.badge(phrases.CONTROL_STATE, found.proof.state),
        open=found.proof.state in ("asked", "proved"),
        looked=method in ("dns-txt", "https-file"),
        method=method,
        line=shown(found.token),
        zone_line=f'{dns_name(found.asset)}. IN TXT "{shown(found.token)}"',
        url=file_url(found.asset),
        mailbox=found.mailbox,
        detail=found.detail,
        facts=facts,
    )
    return render(request, "workspace/proof.html", context)


@require_POST
@workspace
def check(request: HttpRequest, *, place: Place, number: int) -> HttpResponse:
    """Look now."""
    found = _proof(place, number)
    if found.proof.method in ("dns-txt", "https-file") and found.proof.state in ("asked", "proved"):
        state = look_at(found, means_of(settings.PEHRA), actor=place.actor, now=place.now)
        if state == "proved":
            messages.success(request, _("Control is proven."))
        else:
            messages.warning(request, _("It is not there yet. Below is what was found."))
    return HttpResponseRedirect(reverse("workspace-proof", args=[place.slug, number]))


@require_POST
@workspace
def withdraw(request: HttpRequest, *, place: Place, number: int) -> HttpResponse:
    """Take a request or a proof back."""
    _proof(place, number)
    try:
        actions.withdraw_control(number, actor=place.actor, now=place.now)
    except PehraError:
        messages.error(request, _("It has ended already."))
    else:
        messages.success(request, _("Withdrawn. Nothing is shown any more by this proof."))
    return HttpResponseRedirect(reverse("workspace-assets", args=[place.slug]))


@require_POST
@workspace
def letter(request: HttpRequest, *, place: Place) -> HttpResponse:
    """Record a signed letter; by an officer's word, and the copy is kept."""
    if not place.staff:
        raise PermissionDenied
    given = request.FILES.get("letter")
    target = HttpResponseRedirect(reverse("workspace-assets", args=[place.slug]))
    if given is None or not given.size:
        messages.error(request, _("Choose the copy of the letter."))
        return target
    try:
        digest = blobs.keep(settings.HOME, cast("BinaryIO", given), largest=_LARGEST_LETTER).sha256
        said = actions.Letter(place.id, request.POST.get("asset", ""), digest)
        actions.record_letter(said, actor=place.actor, now=place.now)
    except PehraError:
        messages.error(
            request, _("Write a domain, a network or an ASN; the copy has 32 MiB at most.")
        )
    else:
        messages.success(request, _("The letter is recorded, and control is proven by it."))
    return target


@require_POST
@workspace
def warn(request: HttpRequest, *, place: Place) -> HttpResponse:
    """Say which severities are told early of one proven asset."""
    kind, value = request.POST.get("kind", ""), request.POST.get("asset", "")
    said = {level.word: request.POST.get(level.word, "no") for level in _WARNED}
    at_once = tuple(word for word, when in said.items() if when == "once")
    digest = tuple(word for word, when in said.items() if when == "digest")
    try:
        if at_once or digest:
            wanted = actions.Wanted(place.id, kind, value, at_once, digest)
            actions.subscribe(wanted, actor=place.actor, now=place.now)
        else:
            known = queries.subscriptions(viewer=place.viewer, organisations=[place.id])
            for one in known:
                if (one.kind, one.asset) == (kind, value):
                    actions.unsubscribe(one.id, actor=place.actor, now=place.now)
    except PehraError:
        messages.error(request, _("Control of this asset is not proven any more."))
    else:
        messages.success(request, _("Kept."))
    return HttpResponseRedirect(reverse("workspace-assets", args=[place.slug]) + "#warnings")
