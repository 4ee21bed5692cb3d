"""Random queries about given documents."""

import random
from datetime import timedelta

from streams.core import query as q
from streams.core.index import terms
from streams.core.text import fold_text, tokens


class Asker:
    """Random queries made of what the documents hold, so that most of them find something."""

    def __init__(self, documents, seed):
        self.documents = documents
        self.chance = random.Random(seed)

    def words(self):
        while True:
            document = self.chance.choice(self.documents)
            cut = tokens(fold_text(getattr(document, self.chance.choice(q.TEXT_FIELDS))))
            if cut:
                return cut, self.chance.randrange(len(cut))

    def phrase(self, field=None):
        cut, at = self.words()
        found = cut[at : at + self.chance.choice([1, 1, 1, 2, 3, 5])]
        prefix = self.chance.random() < 0.3
        if prefix:
            found = [*found[:-1], found[-1][: self.chance.randint(1, 6)]]
        return q.Phrase(tuple(found), prefix, field)

    def near(self):
        cut, at = self.words()
        other = max(0, min(len(cut) - 1, at + self.chance.randint(-8, 8)))
        right = self.chance.choice([q.Phrase((cut[other],)), q.Phrase((cut[other][:2],), prefix=True)])
        return q.Near(q.Phrase((cut[at],)), right, self.chance.randint(0, 8))

    def value(self):
        field, value = self.chance.choice(sorted(terms(self.chance.choice(self.documents))))
        if self.chance.random() < 0.3 and field not in {"url", "feed", "relevance"}:
            return q.Value(field, value[: self.chance.randint(0, 5)], prefix=True)
        return q.Value(field, value)

    def period(self):
        start = self.chance.choice(self.documents).when.replace(microsecond=0)
        return q.Dates(start, start + timedelta(hours=self.chance.randint(1, 900)))

    def query(self, depth=2):
        if depth == 0 or self.chance.random() < 0.4:
            roles = [q.Is(role) for role in q.ROLES]
            make = self.chance.choice([self.phrase, self.phrase, self.near, self.value, self.period, None])
            return make() if make else self.chance.choice(roles)
        kind = self.chance.choice([q.And, q.Or, q.Not])
        if kind is q.Not:
            inner = self.query(depth - 1)
            return inner.inner if isinstance(inner, q.Not) else q.Not(inner)
        return q.join(kind, [self.query(depth - 1), self.query(depth - 1)])
