"""Random documents and random queries about them, in many scripts, for tests by hypothesis."""

from datetime import timedelta

from documents import START, a_document, a_flag, a_label, an_id
from hypothesis import strategies as st

from streams.core import query as q
from streams.core.index import normal
from streams.core.records import Source
from streams.core.text import fold_text, tokens

WORDS = [
    *("face", "Faces", "iris", "scan", "İRIS", "straße", "STRASSE", "ı", "人"),
    *(
        "脸",
        "臉",
        "识别",
        "人脸",
        "顔",
        "안면",
        "인식",
        "चेहरा",
        "पहचान",
        "الوجه",
        "ใบหน้า",
        "а́",
        "x_y",
        "12",
        "NEAR",
        "and",
    ),
]
SEPARATORS = [" ", " ", " ", "-", ", ", "", "_", "\u200b", "'", "。", "।", "…", "”"]

texts = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(SEPARATORS)), max_size=9).map(
    lambda pairs: "".join(word + separator for word, separator in pairs)
)
wild = st.text(st.characters(codec="utf-8"), max_size=12)
names = st.sampled_from(["policing", "face", "Iris & Co", "a_b", "über", "人脸", "x" * 250, ""])


@st.composite
def documents(draw, name):
    return a_document(
        name,
        title=draw(texts | wild),
        summary=draw(texts),
        text=draw(texts | wild),
        source=Source(
            name=draw(names | wild), host="h.example", country=draw(st.sampled_from([None, "DE", "GB"]))
        ),
        language=draw(st.sampled_from(["en", "zh"])),
        published=draw(st.none() | st.integers(-4, 4).map(lambda days: START + timedelta(days=days / 2))),
        authors=tuple(draw(st.lists(names, max_size=2))),
        labels=tuple(a_label("domain", id_) for id_ in draw(st.lists(names, max_size=2))),
        flags=tuple(a_flag("w", term, "title", 0, 1, "x") for term in draw(st.lists(names, max_size=2))),
        watchlists=tuple(draw(st.lists(names, max_size=1))),
    )


anywhere = st.sampled_from([None, None, *q.TEXT_FIELDS])


def phrases(field=anywhere):
    cut = (
        (texts | wild | st.sampled_from(WORDS))
        .map(lambda text: tuple(tokens(fold_text(text)))[:3])
        .filter(bool)
    )
    return st.builds(_phrase, cut, st.booleans(), field, st.integers(1, 9))


def _phrase(cut, prefix, field, kept):
    last = cut[-1][:kept] if prefix else cut[-1]
    return q.Phrase((*cut[:-1], last), prefix, field)


@st.composite
def nears(draw):
    field = st.just(draw(st.sampled_from([None, *q.TEXT_FIELDS])))
    return q.Near(draw(phrases(field)), draw(phrases(field)), draw(st.integers(0, 4)))


@st.composite
def values(draw):
    field = draw(st.sampled_from(["source", "author", "domain", "label", "flag", "term", "country", "story"]))
    value = normal(field, draw(names | st.sampled_from(["de", "s1", an_id(1), "p"])))
    prefix = field != "story" and draw(st.booleans())
    return q.Value(field, value[: draw(st.integers(0, 9))] if prefix else value or "none", prefix)


@st.composite
def dates(draw):
    first, last = sorted(draw(st.tuples(st.integers(-3, 3), st.integers(-3, 3))))
    start, end = START + timedelta(days=first), START + timedelta(days=last + 1)
    return q.Dates(*draw(st.sampled_from([(start, end), (start, None), (None, end)])))


leaves = phrases() | nears() | values() | dates() | st.sampled_from([*map(q.Is, q.ROLES), q.Everything()])
queries = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: q.join(q.And, parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: q.join(q.Or, parts)),
        inner.map(q.Not),
    ),
    max_leaves=6,
)
groupings = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["s1", "s2"]), st.sampled_from(q.ROLES), st.booleans()),
    max_size=4,
)
