"""Install what people see in Kibana, and say before what would change.

status ─► space ─► export ─► compare ─► import?overwrite=true ─► every refusal in words
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.errors import NotYet, UserError
from streams.provision.setup import Step

from .client import Answer, Client
from .compare import by_ours, differing
from .saved import FLOOR, Saved, ndjson

_RESOLVABLE = {"conflict", "ambiguous_conflict", "missing_references"}
"""Kinds of errors for whose sake nothing at all is installed; beside others, the rest is."""


class KibanaSetup:
    """What our definitions ask of a Kibana: look with `plan`, then put right with `apply`."""

    def __init__(self, client: Client, objects: Sequence[Saved]) -> None:
        self._client = client
        self._kibana = client.kibana
        self._objects = objects
        self._ids = {one.key: one.id for one in objects}
        self._space_is_there = True
        self._todo = False

    @property
    def servers(self) -> str:
        """Its address, and the space."""
        within = f", space {self._kibana.space}" if self._kibana.space else ""
        return f"{self._kibana.url}{within}"

    @property
    def links(self) -> list[str]:
        """Addresses of the dashboards, once they are there."""
        ids = [self._ids[one.key] for one in self._objects if one.type == "dashboard"]
        return [self._kibana.dashboard(id_) for id_ in ids]

    def plan(self) -> list[Step]:
        """Everything that differs. Raises NotYet while Kibana starts, UserError for what people mend."""
        ready(self._client)
        steps = []
        if self._kibana.space:
            answer = self._client.ask("GET", f"/api/spaces/space/{self._kibana.space}")
            self._space_is_there = answer.status != 404
        if not self._space_is_there:
            steps = [Step(kind="create", where="kibana", name=f"space:{self._kibana.space}", says="space")]
        steps += self._differences(exported(self._client) if self._space_is_there else [])
        self._todo = bool(steps)
        return steps

    def apply(self) -> None:
        """Install everything. Raises UserError with all that Kibana refused."""
        if not self._todo:
            return
        if not self._space_is_there:
            self._make_space()
        answer = self._client.inside(
            "POST",
            "/api/saved_objects/_import?overwrite=true",
            file=("biowire.ndjson", ndjson(self._objects)),
        )
        accepted(answer, self._kibana.url)
        for one in answer.json.get("successResults", ()):
            self._ids[f"{one['type']}:{one['id']}"] = one.get("destinationId", one["id"])

    def _differences(self, there: Sequence[Mapping[str, Any]]) -> list[Step]:
        found, steps = by_ours(list(there)), []
        for one in self._objects:
            theirs = found.get(one.key)
            if theirs is None:
                steps.append(Step(kind="create", where="kibana", name=one.key, says=_title(one)))
                continue
            self._ids[one.key] = theirs["id"]
            if names := differing(one, theirs):
                says = f"{', '.join(names)} as this version has it (`biowire kibana pull` keeps edits)"
                steps.append(Step(kind="change", where="kibana", name=one.key, says=says))
        return steps

    def _make_space(self) -> None:
        body = {"id": self._kibana.space, "name": self._kibana.space}
        answer = self._client.ask("POST", "/api/spaces/space", body)
        if answer.status not in {200, 409}:  # 409: another provisioning made it meanwhile
            raise UserError(f"Kibana does not make the space {self._kibana.space}: {answer.message}.")


def ready(client: Client) -> None:
    """Return once objects can be imported. Raises NotYet before.

    The overall state does not count: one plugin that limps keeps it degraded for ever, while imports work.
    """
    answer = client.ask("GET", "/api/status")
    status = answer.json.get("status", {})
    url = client.kibana.url
    if "overall" not in status:
        raise UserError(f"At {url} there is no Kibana: it answers {answer.status} to /api/status.")
    if "core" not in status:
        raise UserError(
            f"Kibana at {url} does not know us: set kibana_user and kibana_password_file, or "
            "kibana_api_key_file."
        )
    for part in ("savedObjects", "elasticsearch"):
        level = status["core"].get(part, {}).get("level", "unknown")
        if level != "available":
            raise NotYet(f"Kibana at {url} is not ready: its {part} is {level}.")


def exported(client: Client, types: Iterable[str] = FLOOR) -> list[dict[str, Any]]:
    """Every object of our types that the space has. Raises UserError."""
    asked = {"type": sorted(types), "excludeExportDetails": True}
    answer = client.inside("POST", "/api/saved_objects/_export", asked)
    if answer.status != 200:
        raise UserError(f"Kibana at {client.kibana.url} exports nothing: {answer.message}.")
    lines = (json.loads(line) for line in answer.text.splitlines() if line.strip())
    return [one for one in lines if "type" in one and "id" in one]


def accepted(answer: Answer, url: str) -> None:
    """Return when everything was imported; raises UserError with each error otherwise."""
    if answer.status != 200:
        raise UserError(f"Kibana at {url} took nothing ({answer.status}): {answer.message}.")
    result = answer.json
    if result.get("success") is True:
        return
    errors = result.get("errors") or []
    told = "; ".join(f"{one.get('type')}:{one.get('id')}: {_reason(one.get('error', {}))}" for one in errors)
    nothing = any(one.get("error", {}).get("type") in _RESOLVABLE for one in errors)
    installed = 0 if nothing else result.get("successCount", 0)
    after = f"{installed} others were installed" if installed else "nothing was installed"
    raise UserError(
        f"Kibana at {url} refused {len(errors)} object(s), {after}: {told or 'without a reason'}."
    )


def _reason(error: Mapping[str, Any]) -> str:
    """What an error says; where depends on Kibana's version."""
    payload = error.get("output", {}).get("payload", {}) if isinstance(error.get("output"), dict) else {}
    if message := payload.get("message") or error.get("message"):
        return str(message)
    kind = str(error.get("type", "unknown"))
    if references := error.get("references"):
        names = ", ".join(f"{one.get('type')}:{one.get('id')}" for one in references)
        return f"{kind.replace('_', ' ')}: {names}"
    return kind.replace("_", " ")


def _title(one: Saved) -> str:
    return str(one.attributes.get("title") or one.attributes.get("name"))
