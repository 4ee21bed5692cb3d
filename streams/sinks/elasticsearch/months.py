"""The indices that are written to: made when first needed, with the alias only if their generation is live.

Which generation is live is what the alias of the stories says; nothing else is asked. It is read after an
index is made, so an alias swapped meanwhile ends right in either order: a swap before the reading is seen,
one after it finds the new index by its name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from connectors.errors import UserError

from ...wire import Operation
from .errors import reason
from .mapping import META, SCHEMA_VERSION
from .settings import Index

if TYPE_CHECKING:
    from elasticsearch import AsyncElasticsearch


class Months:
    """The indices of one generation, as one writer knows them."""

    def __init__(self, client: AsyncElasticsearch, index: Index, generation: int) -> None:
        self._client = client
        self._index = index
        self._generation = generation
        self._known: set[str] = set()

    def name(self, operation: Operation) -> str:
        """The index an operation goes to."""
        return self._place(operation)[0]

    def _place(self, operation: Operation) -> tuple[str, str]:
        """The index an operation goes to, and its alias."""
        index, generation = self._index, self._generation
        if operation.kind in ("document", "gone"):
            return index.articles_of(generation, operation.month), index.articles
        if operation.kind == "sighting":
            return index.sightings_of(generation), index.sightings
        return index.stories_of(generation), index.stories

    def forget(self, name: str) -> None:
        """Make sure of that index again before the next write."""
        self._known.discard(name)

    async def ensure(self, operations: Iterable[Operation]) -> None:
        """Make the indices they go to. Raises UserError for a missing template or a foreign index."""
        for name, alias in sorted(set(map(self._place, operations))):
            if name not in self._known:
                if not await self._client.indices.exists(index=name):
                    await self._make(name, alias)
                await self._check(name)
                await self._join(name, alias)
                self._known.add(name)

    async def _make(self, name: str, alias: str) -> None:
        from elasticsearch import BadRequestError

        if not await self._client.indices.exists_index_template(name=alias):
            raise UserError(
                f"Elasticsearch has no index template {alias}, so {name} cannot be made; run `biowire"
                " provision`."
            )
        try:
            await self._client.indices.create(index=name)
        except BadRequestError as refused:
            if refused.error != "resource_already_exists_exception":
                raise UserError(
                    f"Elasticsearch refuses to make the index {name}: {reason(refused)}"
                ) from refused

    async def _join(self, name: str, alias: str) -> None:
        """Put an index behind its alias, if its generation is live; its maker may have died before that."""
        if await self._is_live():
            await self._client.indices.put_alias(index=name, name=alias)
            if not await self._is_live():  # swapped between the two
                await self._client.options(ignore_status=404).indices.delete_alias(index=name, name=alias)

    async def _is_live(self) -> bool:
        stories = self._index.stories_of(self._generation)
        return bool(await self._client.indices.exists_alias(index=stories, name=self._index.stories))

    async def _check(self, name: str) -> None:
        found = await self._client.indices.get_mapping(index=name)
        meta = found[name]["mappings"].get("_meta", {}) if name in found else {}
        if meta.get(META) != SCHEMA_VERSION:
            raise UserError(foreign(name, meta.get(META)))


def foreign(name: str, version: object) -> str:
    """Why an index cannot be used, in one sentence."""
    if version is None:
        return (
            f"The index {name} was not made by biowire (its mapping does not say so); set another"
            " index_prefix, or remove it."
        )
    return (
        f"The index {name} has mappings of version {version}, this biowire writes version {SCHEMA_VERSION};"
        " run `biowire provision` and `biowire replay`."
    )
