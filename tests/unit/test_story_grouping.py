"""Stories follow from the links alone: the decider agrees with a plain pass over everything in canonical order."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.days import Days, Node
from streams.core.grouping import HOUR, Decider, Rules
from streams.core.links import ROW_BYTES
from streams.state.memory import MemoryStoryState

RULES = Rules(window=72, span=120, copies=200, fit=0.45, crowd=0.65)


def node(number: int, hours: int) -> Node:
    return Node(
        id=f"n{number:02}",
        when=(20_000 * 24 + hours) * HOUR,
        language="en",
        host="",
        release=False,
        entities=(),
        frame=0,
        stamp=0,
        row=bytes(ROW_BYTES),
        surfaces="",
        sketch=b"",
        keys=b"",
        numbers=b"",
        size=0,
    )


def plainly(
    nodes: list[Node], links: dict[frozenset[str], int], twins: set[frozenset[str]]
) -> dict[str, str]:
    """Stories by the definition, from scratch."""
    story: dict[str, str] = {}
    when = {one.id: one.when for one in nodes}
    done: list[Node] = []
    for one in sorted(nodes, key=lambda n: n.key):
        story[one.id] = _plain_choice(one, done, story, when, links, twins)
        done.append(one)
    return story


def _plain_choice(one, done, story, when, links, twins) -> str:
    root = next((other for other in done if frozenset((one.id, other.id)) in twins), None)
    if root and one.when - when[story[root.id]] <= (RULES.span + RULES.copies) * HOUR:
        return story[root.id]
    choices = []
    for lead in {story[other.id] for other in done}:
        members = [o for o in done if story[o.id] == lead]
        recent = [o for o in members if one.when - o.when <= RULES.window * HOUR]
        total = sum(links.get(frozenset((one.id, o.id)), 0) for o in members)
        if total > 0 and one.when - when[lead] <= RULES.span * HOUR:
            fit = total / 100 / len(recent) ** RULES.crowd
            if fit >= RULES.fit:
                choices.append((-fit, -total, lead))
    return min(choices)[2] if choices else one.id


@st.composite
def worlds(draw):
    hours = draw(st.lists(st.integers(0, 150), min_size=3, max_size=16))
    nodes = [node(number, hour) for number, hour in enumerate(hours)]
    links, twins = {}, set()
    strength = st.sampled_from([0, 0, 0, 55, 60, 70, 80, 100, 100, -500])
    for at, a in enumerate(nodes):
        for b in nodes[:at]:
            pair = frozenset((a.id, b.id))
            if abs(a.when - b.when) <= RULES.window * HOUR:
                links[pair] = draw(strength)
            if draw(st.integers(0, 40)) == 0:
                twins.add(pair)
    order = draw(st.permutations(nodes))
    leaving = draw(st.sets(st.sampled_from([one.id for one in nodes]), max_size=3))
    return nodes, links, twins, order, leaving, draw(st.integers(1, 6))


def connect(days: Days, decider: Decider, one: Node, links, twins) -> None:
    days.ensure("en", one.day - 20, one.day + 20)
    days.add(one)
    decider.look_again(one)
    known = map(days.get, sorted(frozenset().union(*links, *twins)))
    for other in filter(None, known):
        pair = frozenset((one.id, other.id))
        if other is not one and (links.get(pair) or pair in twins):
            if links.get(pair):
                one.link(other, links[pair])
                other.link(one, links[pair])
            if pair in twins:
                one.twin(other, 900)
                other.twin(one, 900)
            decider.look_again(max(one, other, key=lambda n: n.key))


def disconnect(days: Days, decider: Decider, one: Node) -> None:
    decider.forget(one)
    for name in {*one.links, *one.twins}:
        days.get(name).unlink(one)
    days.discard(one)


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_stories_are_those_of_one_pass_in_canonical_order(world) -> None:
    nodes, links, twins, order, leaving, batch = world
    days = Days(MemoryStoryState(), 1000)
    decider = Decider(days, RULES)
    for at, one in enumerate(order):
        connect(days, decider, one, links, twins)
        if at % batch == 0:
            list(decider.run())
    list(decider.run())
    assert {one.id: one.story for one in nodes} == plainly(nodes, links, twins)
    for one in nodes:
        if one.id in leaving:
            disconnect(days, decider, one)
    list(decider.run())
    staying = [one for one in nodes if one.id not in leaving]
    assert {one.id: one.story for one in staying} == plainly(staying, links, twins)


def test_an_article_joins_a_story_that_fits_it_better_once_another_left() -> None:
    days = Days(MemoryStoryState(), 1000)
    decider = Decider(days, RULES)
    early, lead, torn, shy = (node(number, number) for number in range(4))
    links = {
        frozenset((lead.id, torn.id)): 80,
        frozenset((early.id, torn.id)): 100,
        frozenset((lead.id, shy.id)): 70,
    }
    for one in (lead, torn, shy):
        connect(days, decider, one, links, set())
    list(decider.run())
    assert (torn.story, shy.story) == (lead.id, shy.id)
    connect(days, decider, early, links, set())
    list(decider.run())
    assert (torn.story, shy.story) == (early.id, lead.id)
