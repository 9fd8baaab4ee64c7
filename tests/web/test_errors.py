"""Error pages: in the frame, in the reader's language, with the next step, without a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from pehra.kernel.errors import Damaged, EnvironmentFault, IllegalStep, Refused, UsageError
from pehra.web import errors, urls

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

RAISED: dict[str, tuple[Exception, int, str]] = {
    "usage": (UsageError("No such day.", mend="Write 2026-11-22."), 400, "Write 2026-11-22."),
    "refused": (Refused("Not by you."), 403, "Not by you."),
    "step": (IllegalStep("It is gone."), 403, "It is gone."),
    "away": (EnvironmentFault("The disk is full."), 503, "The disk is full."),
    "damaged": (Damaged("The index is cut short."), 500, "The index is cut short."),
    "bad": (SuspiciousOperation(), 400, "That request cannot be read"),
    "denied": (PermissionDenied(), 403, "Not yours to see"),
    "absent": (Http404(), 404, "Nothing here"),
    "broken": (ZeroDivisionError("secret"), 500, "Something broke here"),
}


def fail(request: HttpRequest, kind: str) -> HttpResponse:
    """Raise what is asked for."""
    del request
    raise RAISED[kind][0]


urlpatterns = [*urls.urlpatterns, path("fail/<slug:kind>/", fail)]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500


@pytest.mark.django_db
@pytest.mark.parametrize("kind", RAISED)
def test_what_goes_wrong_is_a_page(kind: str) -> None:
    _, status, text = RAISED[kind]
    client = Client(raise_request_exception=False)
    with override_settings(ROOT_URLCONF=__name__):
        response = client.get(f"/fail/{kind}/")
    body = response.content.decode()
    assert response.status_code == status
    assert text in body
    assert 'class="bar"' in body
    assert "secret" not in body
    assert "Traceback" not in body


@pytest.mark.django_db
def test_a_form_that_is_too_large_is_turned_away_unread() -> None:
    class Unread:
        def read(self, size: int = -1) -> bytes:
            raise AssertionError(size)

        readline = read

    def sent(size: int, language: str) -> Any:  # noqa: ANN401 Django's own answer
        told: dict[str, Any] = {
            "CONTENT_TYPE": "multipart/form-data; boundary=x",
            "CONTENT_LENGTH": str(size),
            "wsgi.input": Unread(),
        }
        return Client().generic("POST", "/report/", headers={"accept-language": language}, **told)

    answer = sent(errors.LARGEST_BODY + 1, "en")
    assert answer.status_code == 413
    assert "That is too large to send here" in answer.content.decode()
    assert "بہت بڑا" in sent(errors.LARGEST_BODY + 1, "ur").content.decode()
    with pytest.raises(AssertionError):
        sent(errors.LARGEST_BODY, "en")


def test_a_page_of_a_broken_house_needs_no_database() -> None:
    response = errors.broken(RequestFactory().get("/"))
    assert response.status_code == 500
    assert b"pehra doctor" in response.content


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/me/theme/", {"theme": "dark"})
    assert response.status_code == 403
    assert "This form is no longer valid" in response.content.decode()
