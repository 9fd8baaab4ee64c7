"""The form of a contact: whom to tell, and how they want to be told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pehra.kernel.labels import Severity
from pehra.registry.contacts import ContactFacts, inhibits_of
from pehra.web import phrases
from pehra.web.shell import LANGUAGES

_LEVELS = tuple(sorted((one for one in Severity if one is not Severity.INFO), reverse=True))


def _hours(level: Severity) -> forms.IntegerField:
    return forms.IntegerField(
        label=phrases.HOURS_BETWEEN[level], min_value=0, max_value=8784, required=False
    )


class ContactForm(forms.Form):
    """A contact and its wishes."""

    purpose = forms.ChoiceField(label=_("For what"), choices=[])
    name = forms.CharField(label=_("Name"), max_length=160, required=False)
    email = forms.EmailField(label=_("Mail"), required=False)
    phone = forms.RegexField(r"^\+?[0-9 ()./-]{3,39}$", label=_("Telephone"), required=False)
    language = forms.ChoiceField(label=_("Language of mails"), choices=LANGUAGES)
    quiet_from = forms.TimeField(
        label=_("Quiet from"),
        required=False,
        help_text=_("Only critical mail comes meanwhile."),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    quiet_to = forms.TimeField(
        label=_("Quiet until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    business_days = forms.BooleanField(label=_("Only on business days"), required=False)
    critical = _hours(Severity.CRITICAL)
    high = _hours(Severity.HIGH)
    medium = _hours(Severity.MEDIUM)
    low = _hours(Severity.LOW)
    inhibits = forms.CharField(
        label=_("Not sent"),
        max_length=500,
        required=False,
        help_text=_("Classes, types or identifiers, with spaces between them."),
    )
    active = forms.BooleanField(label=_("Is told"), required=False, initial=True)

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 Django's own arguments
        super().__init__(*given, **named)
        purposes = [(code, str(word)) for code, word in phrases.CONTACT_PURPOSE.items()]
        self.fields["purpose"].choices = purposes  # type: ignore[attr-defined] # a ChoiceField
        for name in ("email", "phone", "inhibits"):
            self.fields[name].widget.attrs["dir"] = "ltr"

    def clean_inhibits(self) -> tuple[str, ...]:
        """Words, each one a class, type or identifier."""
        found = inhibits_of(self.cleaned_data["inhibits"].lower())
        if found is None:
            raise forms.ValidationError(_("Write them as open-telnet or scanner."))
        return found

    def clean(self) -> dict[str, Any]:
        """What belongs together."""
        given = super().clean() or {}
        if not given.get("email") and not given.get("phone") and not self.errors:
            raise forms.ValidationError(_("Give a mail address or a telephone number."))
        if (given.get("quiet_from") is None) != (given.get("quiet_to") is None):
            raise forms.ValidationError(_("Quiet hours have a beginning and an end."))
        return given

    def facts(self, source: str) -> ContactFacts:
        """The contact as the register keeps it."""
        given = self.cleaned_data
        names = ("purpose", "name", "email", "phone", "language", "quiet_from", "quiet_to",
                 "business_days", "active", "inhibits")  # fmt: skip
        hours = {level.word: given[level.word] for level in _LEVELS}
        return ContactFacts(
            **{name: given[name] for name in names},
            intervals={word: found for word, found in hours.items() if found is not None},
            source=source,
        )
