"""The pages of a report: what it is about, then, if somebody wants, a file and how to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from pehra.cases.reported.rules import LONGEST_TEXT, LONGEST_WORDS, Contact, Kind
from pehra.web.reported import words
from pehra.web.shell import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

_PHONE = r"^\+?[0-9 ()./-]{3,39}$"
TRAP = "website"
"""A field that people do not see. Who fills it in is a program; the report is kept all the same."""


def _kinds() -> list[tuple[str, str]]:
    return [(kind.value, str(words.REPORT_KIND[kind.value])) for kind in Kind]


class ThingForm(forms.Form):
    """The first page: what somebody got or saw."""

    kind = forms.ChoiceField(label=_("What is it?"), initial=Kind.LINK.value)
    text = forms.CharField(
        label=_("What did you get, or see?"),
        help_text=_("Paste the link, the message or the number. You need not open anything."),
        max_length=LONGEST_TEXT,
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
    )

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type] # Django's own arguments
        self.fields["kind"].choices = _kinds()  # type: ignore[attr-defined] # a ChoiceField


class ContactForm(forms.Form):
    """The second page: nothing of it is needed."""

    mail = forms.EmailField(label=_("Mail address"), required=False, max_length=254)
    phone = forms.RegexField(_PHONE, label=_("Telephone"), required=False)

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type] # Django's own arguments
        for name in self.fields:
            self.fields[name].widget.attrs["dir"] = "ltr"

    def contact(self) -> Contact:
        """How the reporter may be told."""
        return Contact(self.cleaned_data["mail"], self.cleaned_data["phone"])


class CallForm(ContactForm):
    """What somebody says on the telephone, as an officer writes it down."""

    kind = forms.ChoiceField(label=_("What is it?"), initial=Kind.INCIDENT.value)
    text = forms.CharField(
        label=_("What was said"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )
    organisation = forms.SlugField(
        label=_("Short name of the organisation that it is about"), required=False
    )
    language = forms.ChoiceField(label=_("Language of the answer"), choices=LANGUAGES)
    field_order: Iterable[str] = ("kind", "text", "organisation", "mail", "phone", "language")

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)
        self.fields["kind"].choices = _kinds()  # type: ignore[attr-defined] # a ChoiceField
        self.fields["text"].widget.attrs["dir"] = "auto"
        self.fields["kind"].widget.attrs.pop("dir")
        self.fields["language"].widget.attrs.pop("dir")


class DecideForm(forms.Form):
    """What an officer decides on a cluster."""

    words = forms.CharField(max_length=LONGEST_WORDS, required=False)
    why = forms.CharField(max_length=500, required=False)
    title = forms.CharField(max_length=200, required=False)
    case = forms.IntegerField(min_value=1, required=False)
    same_as = forms.IntegerField(min_value=1, required=False)
