"""Whether all is read, worked and well; and what stages gave up on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from streams.cli.deadletters import as_fields, dead_letters
from streams.deadletters import DeadLetters
from streams.pipeline import STAGES

from .answers import Missing, answer
from .asked import Ports
from .opening import Opening

router = APIRouter(tags=["status"])

RETRIED = 100
"""Dead letters taken up again by one request."""

Stage = Annotated[
    str | None,
    Query(description="Only what this stage gave up on.", pattern=f"^({'|'.join([*STAGES, 'normalize'])})$"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """`lag`: items not yet searchable; 0 when all is worked."""

    mode: Literal["embedded", "distributed"]
    items: int
    documents: int
    stories: int
    flagged: Mapping[str, int]
    outcomes: Mapping[str, int]
    lag: int
    dead_letters: int
    feeds: Mapping[str, int]
    versions: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An item that a stage could not work."""

    id: int | str
    stage: str
    received: datetime
    time: datetime | None
    reason: str
    tries: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Letters:
    """Oldest first."""

    total: int
    dead_letters: Sequence[Letter]


@dataclass(frozen=True, slots=True)
class Retried:
    """How many ended as what."""

    retried: int
    outcomes: Mapping[str, int]


class Chosen(BaseModel):
    """Which dead letters; without ids the oldest, a hundred at most."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str | int] | None = Field(None, max_length=RETRIED)


@router.get("/status", response_model=Status, summary="Tell how all is")
def status(ports: Ports) -> Response:
    """Counts by outcome, lag, feed health, versions: the same as `biowire status --json`."""
    version = ports.vocabulary().version
    with ports.reading(fresh=True) as reading:
        return answer(reading.status(version))


@router.get("/dead-letters", response_model=Letters, summary="List dead letters")
def list_dead_letters(
    ports: Ports, stage: Stage = None, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> Response:
    """What a stage gave up on, with the reason."""
    letters = dead_letters(ports.context).all(stage)
    return answer({"total": len(letters), "dead_letters": [as_fields(one) for one in letters[:limit]]})


@router.post("/dead-letters/retry", response_model=Retried, summary="Take dead letters up again")
def retry(ports: Ports, chosen: Chosen) -> Response:
    """Take them through the stages again; those that fail again stay dead letters."""

    outcomes = retried(ports, chosen.ids)
    return answer({"retried": sum(outcomes.values()), "outcomes": outcomes})


def retried(ports: Opening, ids: Sequence[str | int] | None) -> dict[str, int]:
    """Take these up again, or the oldest hundred; how many ended as what. Raises Missing."""

    def work(letters: DeadLetters) -> dict[str, int]:
        known = letters.all()
        asked = known[:RETRIED] if ids is None else [_one(known, str(id_)) for id_ in ids]
        return letters.retry(asked) if asked else {}

    return ports.writing.dead_letters(work, ports.vocabulary)


def _one(known: Sequence[Any], id_: str) -> Any:
    found = next((one for one in known if one.id == id_), None)
    if found is None:
        raise Missing(f"There is no dead letter {id_[:100]}.")
    return found
