"""Elasticsearch behind the whole ArticleIndex port: keeps what the story stage keeps, writes as the agents do."""

import asyncio
from itertools import count

from streams.core.index import strip
from streams.sinks.elasticsearch import generations
from streams.sinks.elasticsearch.bulk import BulkSink
from streams.sinks.elasticsearch.document import encode, month_of, splice, story_body
from streams.sinks.elasticsearch.search import ElasticIndex
from streams.sinks.elasticsearch.settings import index_of
from streams.sinks.memory import MemoryIndex
from streams.wire import Operation

_versions = count(1)


class WrittenIndex(ElasticIndex):
    """One prefix of a node; `clear` between tests is far cheaper than new indices."""

    def __init__(self, url, prefix):
        index = index_of({"index": url, "index_prefix": f"{prefix}-"})
        super().__init__(index.client(), index)
        generations.create(self._client, index, 1, live=True)
        self.kept = MemoryIndex()
        self.months = {}
        self.stories_there = set()

    def put(self, documents):
        stored = [strip(one) for one in documents]
        self.kept.put(stored)
        self._write(self._documents(one.id for one in stored))

    def put_as_they_are(self, documents):
        """Whole documents, with the places they have among each other."""
        self._write(self._operation(one) for one in documents)

    def put_groupings(self, groupings):
        groupings = list(groupings)
        self.kept.put_groupings(groupings)
        self._write(self._documents(one.id for one in groupings))

    def put_stories(self, stories):
        stories = list(stories)
        self.kept.put_stories(stories)
        self.stories_there |= {one.id for one in stories}
        self._write(
            [
                *(Operation("story", one.id, next(_versions), "", story_body(one)) for one in stories),
                *self._documents(one.lead for one in stories),
            ]
        )

    def delete_stories(self, ids):
        ids = set(ids)
        self.kept.delete_stories(ids)
        self.stories_there -= ids
        self._write(
            [
                *(Operation("gone-story", id_, next(_versions), "") for id_ in ids),
                *self._documents(id_ for id_, story in self.kept.story_ids().items() if story in ids),
            ]
        )

    def delete(self, ids):
        ids = list(ids)
        self.kept.delete(ids)
        self._write(
            Operation("gone", id_, next(_versions), self.months.pop(id_)) for id_ in ids if id_ in self.months
        )

    def clear(self):
        self.delete_stories(self.stories_there)
        self.delete(list(self.months))
        self.kept = MemoryIndex()

    def close(self):
        for name in generations.indices(self._client, self._index):
            self._client.indices.delete(index=name)
        for name in (self._index.articles, self._index.stories, self._index.sightings):
            self._client.indices.delete_index_template(name=name)
        self._client.close()

    def _documents(self, ids):
        for id_ in dict.fromkeys(ids):
            document = self.kept.get(id_)
            if document is None:
                continue
            month = month_of(document.when)
            if (before := self.months.get(id_, month)) != month:
                yield Operation("gone", id_, next(_versions), before)
            yield self._operation(document)

    def _operation(self, document):
        month = self.months[document.id] = month_of(document.when)
        body = splice(
            encode(strip(document)),
            dedup=document.dedup,
            story_id=document.story_id,
            story=document.story,
        )
        return Operation("document", document.id, next(_versions), month, body)

    def _write(self, operations):
        asyncio.run(self._written(list(operations)))
        self.refresh()

    async def _written(self, operations):
        async with self._index.async_client() as client:
            assert await BulkSink(client, self._index, 1).write(operations) == []
