"""Add evidence by a page: by pieces with a script, or by a plain form, sealed as it is read."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from pehra.cases.evidence.actions import taking
from pehra.cases.evidence.rules import Order
from pehra.cases.queries.cases import works_on
from pehra.engines.blobs import room
from pehra.engines.vault import files as vault
from pehra.engines.vault.pour import Poured
from pehra.kernel import settings as kept_settings
from pehra.kernel.errors import Refused, UsageError
from pehra.kernel.time import clock
from pehra.web import figures
from pehra.web.evidence import words
from pehra.web.evidence.gates import access, keeper
from pehra.web.gate import desk

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from pehra.mandate.viewers import Viewer


_LOOK_EVERY = 64 << 20
"""Bytes after which the room on the disk is looked at anew."""


class SealedUpload(UploadedFile):  # type: ignore[type-arg] # not to be indexed when it runs
    """A file that lies sealed in the vault; its bytes are not at hand."""

    def __init__(self, name: str, storage: str, poured: Poured) -> None:
        super().__init__(file=None, name=name, size=poured.size)
        self.sealed = taking.Sealed(storage, poured)


class Sealing(FileUploadHandler):
    """Seals and digests an upload as it is read: nothing of it lies open anywhere."""

    chunk_size = 1 << 20

    def handle_raw_input(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 Django's own signature
        """See that all that was announced would fit, before any of it is read."""
        known = kept_settings.load(settings.HOME)
        announced = given[2] if len(given) > 2 else named.get("content_length", 0)  # noqa: PLR2004 its place
        settings.HOME.evidence.mkdir(mode=0o700, parents=True, exist_ok=True)
        room.check(settings.HOME.evidence, announced, known.intake.reserve_bytes)

    def new_file(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 Django's own signature
        """A file begins."""
        super().new_file(*given, **named)
        self._storage = secrets.token_hex(16)
        vault.begin(settings.HOME, self._storage)
        self._writer = vault.Writer(settings.HOME, self._storage, 0)
        self._digests = hashlib.sha256(), hashlib.sha512()
        self._rest, self._size = bytearray(), 0
        self._whole = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Some bytes of it."""
        del start
        self._size += len(raw_data)
        if self._size > kept_settings.load(settings.HOME).evidence.largest_file:
            self.drop()  # Django tells nobody of an upload that is cut off
            raise StopUpload(connection_reset=True)
        for one in self._digests:
            one.update(raw_data)
        self._rest += raw_data
        while len(self._rest) >= vault.PIECE:
            self._writer.add(bytes(self._rest[: vault.PIECE]))
            del self._rest[: vault.PIECE]
        if self._size // _LOOK_EVERY > (self._size - len(raw_data)) // _LOOK_EVERY:
            reserve = kept_settings.load(settings.HOME).intake.reserve_bytes
            room.check(settings.HOME.evidence, _LOOK_EVERY, reserve)

    def file_complete(self, file_size: int) -> SealedUpload:
        """All of it is here."""
        del file_size
        if self._rest:
            self._writer.add(bytes(self._rest))
        self._writer.sync()
        self._writer.__exit__()
        self._whole = True
        vault.finish(settings.HOME, self._storage)
        first, second = self._digests
        poured = Poured(first.hexdigest(), second.hexdigest(), self._size)
        return SealedUpload(self.file_name or "", self._storage, poured)

    def upload_interrupted(self) -> None:
        """It broke off: what came goes."""
        self.drop()

    def drop(self) -> None:
        """Close and remove what is not whole; said twice, it is the same."""
        if hasattr(self, "_whole") and not self._whole:
            self._whole = True
            self._writer.__exit__()
            vault.remove(settings.HOME, self._storage)


class AddForm(forms.Form):
    """What is known of a file, and the file itself."""

    case = forms.IntegerField(label=gettext_lazy("Number of the case"), min_value=1)
    source = forms.CharField(
        label=gettext_lazy("Collected from"),
        max_length=240,
        help_text=gettext_lazy("The machine or the medium."),
    )
    collector = forms.CharField(label=gettext_lazy("Collected by"), max_length=240)
    acquired_at = forms.DateTimeField(
        label=gettext_lazy("Acquired, in local time"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    clock_offset_seconds = forms.FloatField(
        label=gettext_lazy("Seconds that the collector's clock was ahead"),
        required=False,
        help_text=gettext_lazy("Empty where nobody measured it."),
    )
    order = forms.ChoiceField(
        label=gettext_lazy("Order of volatility (RFC 3227)"),
        choices=list(words.ORDER.items()),
        initial=Order.DISK,
    )
    tool = forms.CharField(label=gettext_lazy("Acquired with"), max_length=120, required=False)
    tool_version = forms.CharField(
        label=gettext_lazy("Version of the tool"), max_length=60, required=False
    )
    note = forms.CharField(
        label=gettext_lazy("Remark"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    harmful = forms.BooleanField(label=gettext_lazy("Believed to be malware"), required=False)
    file = forms.FileField(label=gettext_lazy("File"), allow_empty_file=True, max_length=255)


@csrf_exempt  # the inner view asks for the token, once the file is known to be sealed as it is read
@desk
def add(request: HttpRequest, *, viewer: Viewer) -> HttpResponseBase:
    """The form; whoever may add nothing sends nothing either."""
    if not access(request).keeps:
        raise PermissionDenied
    sealing = Sealing(request)
    if request.method == "POST":
        request.upload_handlers = [sealing]
    try:
        answer: HttpResponseBase = _add(request, viewer)
    finally:
        sealing.drop()  # the line broke, and nobody else is told
    return answer


@csrf_protect
def _add(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    posted = request.method == "POST"
    asked = {"case": request.GET.get("case", ""), "collector": str(request.user)}
    form = AddForm(request.POST, request.FILES) if posted else AddForm(initial=asked)
    brought = request.FILES.get("file") if posted else None
    if form.is_valid() and isinstance(brought, SealedUpload):
        number = _adopted(request, viewer, form, brought)
        if number is not None:
            return HttpResponseRedirect(reverse("evidence-item", args=[number]))
    elif isinstance(brought, SealedUpload):
        vault.remove(settings.HOME, brought.sealed.storage)
    context = {"form": form, "piece": vault.PIECE, "zone": figures.zone().key}
    return render(request, "evidence/add.html", context, status=422 if posted else 200)


def _adopted(
    request: HttpRequest, viewer: Viewer, form: AddForm, brought: SealedUpload
) -> int | None:
    given = dict(form.cleaned_data)
    del given["file"]
    given["acquired_at"] = _local(given["acquired_at"])
    if not works_on(given["case"], viewer=viewer):
        vault.remove(settings.HOME, brought.sealed.storage)
        form.add_error("case", _("There is no such case, or your team is not in it."))
        return None
    try:
        who = keeper(request, viewer, given["case"])
    except Refused:
        vault.remove(settings.HOME, brought.sealed.storage)
        raise
    try:
        wish = taking.New(name=brought.name or "", size=0, **given)
        return taking.adopt(settings.HOME, wish, brought.sealed, actor=who.actor, now=clock())
    except UsageError as error:
        form.add_error(None, str(error))
        return None


def _local(at: datetime) -> datetime:
    """What was typed in the nation's own time, as UTC."""
    return at.replace(tzinfo=figures.zone()).astimezone(UTC)
