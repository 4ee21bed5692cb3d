"""How queries become queries of Elasticsearch: what the server would cut short or refuse is never asked."""

import json
from base64 import b64decode

import pytest

from streams.core import query as q
from streams.core.query_parse import parse
from streams.sinks.elasticsearch.plan import plan, unscored


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("*", {"match_all": {}}),
        ("title:Face", {"term": {"words.title": {"value": "face", "boost": 4.0}}}),
        ("text:fac*", {"prefix": {"words.text": {"value": "fac", "boost": 1.0}}}),
        ('text:"Face ID"', {"match_phrase": {"words.text": {"query": "face id", "boost": 1.0}}}),
        ("text:人脸", {"match_phrase": {"words.text": {"query": "人 脸", "boost": 1.0}}}),
        ("domain:policing", {"term": {"terms": {"value": "domain\x1fpolicing"}}}),
        ("law:*", {"prefix": {"terms": {"value": "law\x1f"}}}),
        ("story:s1", {"term": {"story_id": {"value": "s1"}}}),
        ("is:copy", {"term": {"dedup.outcome": {"value": "near_duplicate"}}}),
        ("is:lead", {"term": {"story.role": {"value": "lead"}}}),
        (
            "published:2023-08",
            {"range": {"when": {"gte": "2023-08-01T00:00:00+00:00", "lt": "2023-09-01T00:00:00+00:00"}}},
        ),
        ("-is:lead", {"bool": {"must_not": [{"term": {"story.role": {"value": "lead"}}}]}}),
        ("text:face NEAR text:face", {"term": {"words.text": {"value": "face", "boost": 1.0}}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_clause_is_asked_for_by_itself(query, wanted):
    assert plan(parse(query)) == wanted


def test_near_counts_gaps_in_any_order():
    asked = plan(parse('text:("face recog"* NEAR/3 police)'))["intervals"]["words.text"]["all_of"]
    assert (asked["ordered"], asked["max_gaps"]) == (False, 3)
    phrase, word = asked["intervals"]
    assert phrase["all_of"]["intervals"][1] == {"prefix": {"prefix": "recog"}}
    assert word == {"match": {"query": "police", "ordered": True, "max_gaps": 0}}


def nesting(found):
    """Queries within each other, in one request's text; what is wrapped counts by itself."""
    if "wrapper" in found:
        assert nesting(json.loads(b64decode(found["wrapper"]["query"]))) <= 28
        return 1
    clauses = found.get("bool", {})
    inner = [
        nesting(one) for kind in ("must", "must_not", "should", "filter") for one in clauses.get(kind, ())
    ]
    return 1 + max(inner, default=0)


def test_no_request_nests_deeper_than_the_server_reads():
    query = q.Phrase(("face",))
    for n in range(40):
        query = q.Or((q.Not(q.And((query, q.Phrase((f"w{n}",))))), q.Phrase((f"v{n}",))))
    assert 5 < nesting(unscored(query)) <= 28
