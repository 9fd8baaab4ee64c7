"""`pehra api`: the API's description, for those who write programs against it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The API: its description and operations."
)
Json = Annotated[bool, typer.Option("--json", help="One line of JSON.")]


def _description() -> dict[str, Any]:
    """The OpenAPI document, as the site itself gives it."""
    import httpx
    from django.core.wsgi import get_wsgi_application  # noqa: TID251 the site, in this process

    transport = httpx.WSGITransport(app=get_wsgi_application())
    with httpx.Client(transport=transport, base_url="http://localhost") as asker:
        told: dict[str, Any] = asker.get("/api/v1/openapi.json").json()
    return told


@app.command()
def schema(json: Json = False) -> None:
    """Write the OpenAPI document to standard output; it is one JSON object either way."""
    from pehra.cli.door import open_home, say

    del json
    open_home()
    say(True, _description(), [])


@app.command()
def operations(json: Json = False) -> None:
    """List the operations, as docs/api.md has them."""
    from pehra.cli.door import open_home, say

    open_home()
    found = [
        {"method": method.upper(), "path": path, "does": told["description"]}
        for path, methods in _description()["paths"].items()
        for method, told in methods.items()
    ]
    lines = [f"| `{one['method']} {one['path']}` | {one['does']} |" for one in found]
    say(json, {"operations": found}, lines)
