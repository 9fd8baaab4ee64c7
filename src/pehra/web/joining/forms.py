"""The two pages of the form by which an organisation asks for an account."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from pehra.mandate.queries.groups import sector_names
from pehra.registry.joining import Wish
from pehra.web.findings.rows import localised
from pehra.web.shell import LANGUAGES


class BodyForm(forms.Form):
    """The first page: the organisation, and what it holds."""

    name = forms.CharField(label=_("Name of the organisation"), max_length=200)
    sector = forms.ChoiceField(label=_("Sector"), required=False)
    website = forms.CharField(label=_("Web site"), max_length=255, required=False)
    networks = forms.CharField(
        label=_("Networks and domains"),
        max_length=4000,
        help_text=_("One on each line: domains, prefixes, AS numbers. You prove them later."),
        widget=forms.Textarea(attrs={"rows": 5, "dir": "ltr"}),
    )

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type] # Django's own arguments
        sectors = [(slug, localised(*names)) for slug, names in sector_names().items()]
        choices = [("", str(_("Not known"))), *sectors]
        self.fields["sector"].choices = choices  # type: ignore[attr-defined] # a ChoiceField
        self.fields["website"].widget.attrs["dir"] = "ltr"


class PersonForm(forms.Form):
    """The second page: the person whom we write to."""

    person = forms.CharField(label=_("Your name"), max_length=160)
    email = forms.EmailField(
        label=_("Your mail address at work"),
        help_text=_("The invitation goes there, and nowhere else."),
    )
    phone = forms.RegexField(r"^\+?[0-9 ()./-]{3,39}$", label=_("Telephone"), required=False)
    language = forms.ChoiceField(label=_("Language of mails"), choices=LANGUAGES)

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type] # Django's own arguments
        for name in ("email", "phone"):
            self.fields[name].widget.attrs["dir"] = "ltr"


def wish(body: BodyForm, person: PersonForm) -> Wish:
    """What both pages say."""
    return Wish(**body.cleaned_data, **person.cleaned_data)
