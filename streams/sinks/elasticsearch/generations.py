"""Generations of the index: built beside each other, one of them live behind the aliases.

create(N) ─► agents write into N ─► swap(N): all aliases move in one step ─► delete(N - 1)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.errors import UserError

from .document import FIRST_MONTH
from .errors import reason
from .mapping import META, SCHEMA_VERSION
from .months import foreign
from .settings import Index
from .templates import install

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


def create(client: Elasticsearch, index: Index, generation: int, *, live: bool = False) -> None:
    """Put the templates and make what a generation needs from the start; may be called again.

    `live`: give it the aliases if no generation has them yet.
    """
    from elasticsearch import BadRequestError

    install(client, index)
    own = (
        index.stories_of(generation),
        index.sightings_of(generation),
        index.articles_of(generation, FIRST_MONTH),
    )
    for name in (*own, *index.of_all_generations.values()):  # so that each alias has an index
        try:
            client.indices.create(index=name)
        except BadRequestError as refused:
            if refused.error != "resource_already_exists_exception":
                raise UserError(f"Elasticsearch refuses to make {name}: {reason(refused)}.") from refused
    for alias, name in index.of_all_generations.items():
        client.indices.put_alias(index=name, name=alias)
    if live and live_generation(client, index) is None:
        swap(client, index, generation)


def swap(client: Elasticsearch, index: Index, generation: int) -> None:
    """Make a generation the live one, for every reader at the same moment."""
    if generation not in generations(client, index):
        raise UserError(f"Elasticsearch has no generation {generation} of {index.prefix}*.")
    places = {
        index.articles: f"{index.articles}-g{generation}-*",
        index.stories: index.stories_of(generation),
        index.sightings: index.sightings_of(generation),
    }
    actions: list[dict[str, Any]] = [
        {"remove": {"index": f"{alias}-g*", "alias": alias, "must_exist": False}} for alias in places
    ]
    actions += [{"add": {"index": place, "alias": alias}} for alias, place in places.items()]
    client.indices.update_aliases(actions=actions)
    # A month made while the server worked out the names above is not among them.
    client.indices.put_alias(index=places[index.articles], name=index.articles)


def live_generation(client: Elasticsearch, index: Index) -> int | None:
    """The generation that readers see; None when there is none yet. Raises UserError for a foreign alias."""
    from elasticsearch import NotFoundError

    try:
        behind = client.indices.get_alias(name=index.stories)
    except NotFoundError:
        return None
    found = {generation_of(index, name) for name in behind.body}
    if len(found) != 1 or None in found:
        raise UserError(
            f"The alias {index.stories} stands for {', '.join(sorted(behind.body))}, which biowire did not"
            " make; set another index_prefix, or remove the alias."
        )
    return found.pop()


def indices(client: Elasticsearch, index: Index) -> list[str]:
    """Names of all indices of ours, sorted."""
    pattern = ",".join(f"{alias}-g*" for alias in (index.articles, index.stories, index.sightings))
    found = client.indices.get(index=pattern, ignore_unavailable=True, filter_path="*.mappings._meta")
    return sorted(name for name in found.body if generation_of(index, name) is not None)


def generations(client: Elasticsearch, index: Index) -> dict[int, list[str]]:
    """Each generation there is, with the names of its indices."""
    found: dict[int, list[str]] = {}
    for name in indices(client, index):
        found.setdefault(generation_of(index, name) or 0, []).append(name)
    return found


def delete(client: Elasticsearch, index: Index, generation: int) -> None:
    """Delete a generation and all it holds. Raises UserError for the live one."""
    if live_generation(client, index) == generation:
        raise UserError(f"Generation {generation} is the live one; it is not deleted.")
    for name in generations(client, index).get(generation, ()):
        client.indices.delete(index=name, ignore_unavailable=True)


def versions(client: Elasticsearch, index: Index) -> dict[str, object]:
    """Version of the mappings of every index with a name of ours, in order; None for one that is not ours."""
    aliases = (index.articles, index.stories, index.sightings)
    names = ",".join(f"{alias},{alias}-g*" for alias in aliases)
    found = client.indices.get_mapping(index=names, ignore_unavailable=True)
    return {name: body["mappings"].get("_meta", {}).get(META) for name, body in sorted(found.body.items())}


def check_foreign(client: Elasticsearch, index: Index, generation: int | None = None) -> None:
    """Raise UserError when an index with a name of ours is not ours.

    Also when one of the generation to be worked with (else the live one) has other mappings than this
    version knows; those of another generation are what a replay replaces.
    """
    wanted = live_generation(client, index) if generation is None else generation
    for name, version in versions(client, index).items():
        if version is None or (version != SCHEMA_VERSION and generation_of(index, name) == wanted):
            raise UserError(foreign(name, version))


def generation_of(index: Index, name: str) -> int | None:
    """The generation an index of that name belongs to; None for a name that is not ours."""
    found = re.fullmatch(
        rf"{re.escape(index.prefix)}(?:articles-g(\d+)-\d{{4}}\.\d\d|(?:stories|sightings)-g(\d+))", name
    )
    return int(found[1] or found[2]) if found else None
