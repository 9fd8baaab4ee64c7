"""The form in which an edition of an advisory is written."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pehra.kernel.labels import Severity, Tlp
from pehra.outreach.advisories.rules import Text, as_lines, products_of, sources_of
from pehra.web import phrases

_WORD = re.compile(r"[\s,]+")


def _area(label: object, rows: int, *, direction: str = "auto", text: object = "") -> forms.Field:
    widget = forms.Textarea(attrs={"rows": rows, "dir": direction})
    return forms.CharField(label=label, required=False, widget=widget, help_text=text)  # type: ignore[arg-type] # words, lazily


class TextForm(forms.Form):
    """An edition, part by part."""

    title = forms.CharField(label=_("Title"), max_length=240)
    title_ur = forms.CharField(label=_("Title in Urdu"), max_length=240, required=False)
    severity = forms.TypedChoiceField(
        label=_("Severity"),
        coerce=int,
        choices=[(int(one), phrases.SEVERITY[one]) for one in sorted(Severity, reverse=True)],
    )
    summary = forms.CharField(label=_("Summary"), widget=forms.Textarea(attrs={"rows": 3}))
    summary_ur = _area(_("Summary in Urdu"), 3)
    action = _area(_("What to do"), 3)
    action_ur = _area(_("What to do, in Urdu"), 3)
    deadline = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    body = _area(_("Details"), 10, text=_("CommonMark; HTML in it stays text."))
    body_ur = _area(_("Details in Urdu"), 10)
    detection = _area(_("How to see whether you are hit"), 4)
    exploited = forms.BooleanField(label=_("It is used in attacks"), required=False)
    cves = _area(_("CVE numbers"), 2, direction="ltr")
    products = _area(
        _("Products"),
        3,
        direction="ltr",
        text=_("One on each line: vendor | product | versions, such as >=8.0 <8.4.3"),
    )
    sources = _area(
        _("Sources"), 3, direction="ltr", text=_("One on each line: address, then its title")
    )
    identifiers = _area(
        _("Findings that count as exposed"), 2, direction="ltr", text=_("Such as open-telnet")
    )
    tlp = forms.ChoiceField(label=_("Label"), choices=[(one.value, f"TLP:{one}") for one in Tlp])
    change = _area(_("What this edition changes"), 2)
    change_ur = _area(_("What it changes, in Urdu"), 2)

    def __init__(self, *given: object, first: bool = True, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type] # Django's own arguments
        if first:
            del self.fields["change"], self.fields["change_ur"]
        for name, field in self.fields.items():
            if name.endswith("_ur"):
                field.widget.attrs |= {"dir": "rtl", "lang": "ur"}

    def text(self) -> Text:
        """What was written."""
        given: dict[str, Any] = dict(self.cleaned_data)
        wanted: dict[str, Any] = {
            "severity": Severity(given.pop("severity")),
            "tlp": Tlp(given.pop("tlp")),
            "cves": _words(given.pop("cves").upper()),
            "identifiers": _words(given.pop("identifiers")),
            "products": products_of(given.pop("products")),
            "sources": sources_of(given.pop("sources")),
        }
        for name, value in given.items():
            plain = isinstance(value, str)
            wanted[name] = value.replace("\r\n", "\n").strip() if plain else value
        return Text(**wanted)


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, _WORD.split(text))))


def initial(text: Text) -> dict[str, object]:
    """A text as the form has it."""
    plain = {name: getattr(text, name) for name in Text.__struct_fields__}
    return plain | {
        "severity": int(text.severity),
        "tlp": text.tlp.value,
        "cves": "\n".join(text.cves),
        "identifiers": "\n".join(text.identifiers),
        "products": as_lines(text.products),
        "sources": as_lines(text.sources),
    }
