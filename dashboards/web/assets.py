"""Style sheets and scripts: files of this package, each kind as it is, named by what is in it.

The name changes with the content, so a browser may keep it for good.
"""

from __future__ import annotations

import functools
import hashlib
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

from dashboards.api.answers import Missing

_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_FOLDER = resources.files(__package__) / "static"


@functools.cache
def _all() -> dict[str, tuple[bytes, str]]:
    """By name (`biowire.css`, `live.js`, …): the bytes, and the mark of the version."""
    sheets = sorted((one for one in (_FOLDER / "css").iterdir()), key=lambda one: one.name)
    files = {"biowire.css": b"\n".join(one.read_bytes() for one in sheets)}
    files |= {one.name: one.read_bytes() for one in (_FOLDER / "js").iterdir() if one.name.endswith(".js")}
    files |= {one.name: one.read_bytes() for one in _FOLDER.iterdir() if one.name.endswith(".svg")}
    return {name: (data, hashlib.sha256(data).hexdigest()[:12]) for name, data in files.items()}


def address(name: str) -> str:
    """Where a style sheet or script is served."""
    return f"/static/{_all()[name][1]}/{name}"


def serve(request: Request) -> Response:
    """One of them; everybody may have it."""
    found = _all().get(request.path_params["name"])
    if found is None or found[1] != request.path_params["version"]:
        raise Missing("There is no such file here; load the page again.")
    kind = _TYPES[request.path_params["name"].rpartition(".")[2]]
    return Response(
        found[0],
        media_type=kind,
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
