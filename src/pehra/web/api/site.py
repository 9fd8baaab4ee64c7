"""The API as a whole: its routers, its description, its pages, and what every answer carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from pehra.kernel.ids import digest
from pehra.web.api import citizens, evidence, findings, house, letters, proofs, register
from pehra.web.api.door import PROBLEM, PerAsker, answer_errors
from pehra.web.api.shapes import Problem

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

_ABOUT = (
    "Rows exist here as on the pages: what another tenant holds is absent. A key comes from the "
    "page of keys or `pehra accounts key add`. A list is read on with `after` until that is null. "
    "Errors are RFC 9457 problems: `code` is stable, `mend` is the next step. An answer has an "
    "ETag. One key may ask 600 times a minute."
)


class Pages(DocsBase):
    """Swagger's page out of ninja's wheel, in our frame: nothing is asked of another server."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:  # noqa: ANN401 ninja's own signature
        """The page."""
        asked = self.get_openapi_url(api, kwargs)
        context = {"settings": {"url": asked, "layout": "BaseLayout", "deepLinking": True}}
        return render(request, "api/docs.html", context)


class Api(NinjaAPI):
    """Adds what every answer carries and every operation may come to."""

    def create_response(
        self,
        request: HttpRequest,
        data: Any,  # noqa: ANN401 ninja's own signature
        *,
        status: int | None = None,
        temporal_response: HttpResponse | None = None,
    ) -> HttpResponse:
        """An answer that no shared cache keeps, with an ETag where it may be asked for again."""
        made = super().create_response(
            request, data, status=status, temporal_response=temporal_response
        )
        patch_cache_control(made, private=True, no_cache=True)
        patch_vary_headers(made, ("Authorization", "Cookie"))
        if request.method != "GET":
            return made
        mark = f'"{digest(made.content)[:32]}"'
        made["ETag"] = mark
        told: HttpResponseBase | None = get_conditional_response(request, mark, response=made)
        return told if isinstance(told, HttpResponse) else made

    def get_openapi_schema(self, **named: Any) -> Any:  # noqa: ANN401 ninja's own signature
        """The description, with the problems that every operation may answer."""
        told = super().get_openapi_schema(**named)
        told["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for path in told["paths"].values():
            for operation in path.values():
                for status in ("400", "401", "403", "404", "409", "422", "429"):
                    operation["responses"][status] = {"description": "Problem", "content": content}
                operation["responses"]["304"] = {"description": "As it was"}
        return told


api = Api(
    title="Pehra",
    version="1",
    description=_ABOUT,
    docs=Pages(),
    urls_namespace="api",
    throttle=PerAsker("600/m"),
)
answer_errors(api)
api.add_router("/findings", findings.router)
api.add_router("/organisations", register.router)
api.add_router("/organisations", proofs.router)
api.add_router("/letters", letters.router)
api.add_router("/evidence", evidence.router)
api.add_router("/notices", register.notices_router)
api.add_router("/citizen-reports", citizens.router)
api.add_router("", house.intake_router)
api.add_router("", house.router)
