"""Talk to Kibana's HTTP interface: one request at a time, tried again while it starts or is busy."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from connectors.errors import NotYet, UserError

from .server import Kibana

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further try of what may come."""

SECONDS = 60.0
"""How long one request may take."""

_LARGEST = 64 * 1024 * 1024
_BUSY = {429, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        """The body; an empty object where it is no JSON object."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def message(self) -> str:
        """What Kibana says is wrong."""
        return str(self.json.get("message") or self.text.strip()[:300] or "nothing more is said")


class Client:
    """Requests to one Kibana."""

    def __init__(
        self, kibana: Kibana, pauses: Sequence[float] = PAUSES, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.kibana = kibana
        self._pauses = pauses
        self._sleep = sleep
        self._parts = urlsplit(kibana.url)
        self._tls = ssl.create_default_context(cafile=kibana.ca or None)

    def ask(
        self, method: str, path: str, body: object = None, *, file: tuple[str, str] | None = None
    ) -> Answer:
        """Send a request, `body` as JSON or `file` (name, text) as a form. Raises NotYet or UserError."""
        content, kind = _form(*file) if file else _json(body)
        why: Exception | None
        for pause in (*self._pauses, None):
            try:
                answer = self._once(method, path, content, kind)
            except ssl.SSLCertVerificationError as cause:
                raise UserError(
                    f"The certificate of Kibana at {self.kibana.url} cannot be trusted: "
                    f"{cause.verify_message}. Set kibana_ca to the file of its authority."
                ) from cause
            except (OSError, http.client.HTTPException) as cause:
                problem, why = f"does not answer ({cause or type(cause).__name__})", cause
            else:
                if answer.status not in _BUSY:
                    return self._let_in(answer)
                problem, why = f"is not ready (it answers {answer.status})", None
            if pause is None:
                break
            self._sleep(pause)
        raise NotYet(f"Kibana at {self.kibana.url} {problem}.") from why

    def inside(
        self, method: str, path: str, body: object = None, *, file: tuple[str, str] | None = None
    ) -> Answer:
        """The same, within the space."""
        return self.ask(method, f"{self.kibana.inside}{path}", body, file=file)

    def _once(self, method: str, path: str, content: bytes | None, kind: str) -> Answer:
        host, port = self._parts.hostname or "", self._parts.port
        connection = (
            http.client.HTTPSConnection(host, port, timeout=SECONDS, context=self._tls)
            if self._parts.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=SECONDS)
        )
        headers = {"kbn-xsrf": "true", **self._credentials(), **({"Content-Type": kind} if kind else {})}
        try:
            connection.request(method, f"{self._parts.path}{path}", content, headers)
            response = connection.getresponse()
            found = response.read(_LARGEST + 1)
        finally:
            connection.close()
        if len(found) > _LARGEST:
            raise UserError(f"Kibana at {self.kibana.url} answers with more than {_LARGEST >> 20} MB.")
        return Answer(response.status, found.decode(errors="replace"))

    def _credentials(self) -> dict[str, str]:
        if self.kibana.api_key:
            return {"Authorization": f"ApiKey {self.kibana.api_key}"}
        if self.kibana.user:
            pair = f"{self.kibana.user}:{self.kibana.password}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return {}

    def _let_in(self, answer: Answer) -> Answer:
        if answer.status == 401:
            raise UserError(
                f"Kibana at {self.kibana.url} does not know us: set kibana_user and kibana_password_file, or "
                "kibana_api_key_file."
            )
        if answer.status == 403:
            raise UserError(
                f"Kibana at {self.kibana.url} does not let us do this: {answer.message}. The account needs "
                "the rights that docs/kibana.md lists."
            )
        return answer


def _json(body: object) -> tuple[bytes | None, str]:
    return (None, "") if body is None else (json.dumps(body).encode(), "application/json")


def _form(name: str, text: str) -> tuple[bytes, str]:
    """A form with one file; the boundary stands in no JSON, which writes no bare line breaks."""
    boundary = "biowire-saved-objects"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/ndjson\r\n\r\n"
    )
    return f"{head}{text}\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
