"""Forms about a breach. None takes a file: leaked personal data have no place here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from pehra.cases.breaches.rules import Contents

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

MOMENT = "%Y-%m-%dT%H:%M"


def _area(label: StrPromise, *, needed: bool = False) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    return forms.CharField(label=label, required=needed, widget=widget)


def _count(label: StrPromise) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0)


def _moment(label: StrPromise, *, needed: bool = True) -> forms.DateTimeField:
    """A moment in the nation's zone."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    forms_of_it = [MOMENT, f"{MOMENT}:%S"]
    return forms.DateTimeField(
        label=label, required=needed, widget=widget, input_formats=forms_of_it
    )


class ContentsForm(forms.Form):
    """What a notification says."""

    what = _area(_("What happened"), needed=True)
    confidentiality = forms.BooleanField(label=_("Data were read"), required=False)
    integrity = forms.BooleanField(label=_("Data were changed"), required=False)
    availability = forms.BooleanField(label=_("Data are lost or out of reach"), required=False)
    people_kinds = _area(_("Kinds of people"))
    people_least = _count(_("People, at least"))
    people_most = _count(_("People, at most"))
    record_kinds = _area(_("Kinds of records"))
    records_least = _count(_("Records, at least"))
    records_most = _count(_("Records, at most"))
    contact = _area(_("Contact: data protection officer or desk"))
    consequences = _area(_("Likely consequences"))
    taken = _area(_("Measures taken"))
    proposed = _area(_("Measures proposed"))

    def contents(self) -> Contents:
        """What was written."""
        given = {name: self.cleaned_data[name] for name in Contents.__struct_fields__}
        return Contents(**given)


class NewForm(ContentsForm):
    """A breach as it is first recorded."""

    case = forms.IntegerField(label=_("Number of the case"), min_value=1)
    organisation = forms.CharField(
        label=_("Short name of the organisation that answers for the data"), max_length=96
    )
    aware_at = _moment(_("It knew since"))
    processor = forms.CharField(
        label=_("Who held the data for it, if another did"), max_length=200, required=False
    )
    processor_aware_at = _moment(_("The holder knew since"), needed=False)
    field_order = ("case", "organisation", "aware_at", "processor", "processor_aware_at")
