"""What a preview says of a watchlist is what a replay then does; what cannot be used is told with its line."""

import json
import shutil
from collections import Counter
from datetime import timedelta

import pytest
from api_world import NOON, fill, shipped
from documents import a_document
from embedded_runs import world_items

from connectors.errors import UserError
from streams.embedded import Instance, reading
from streams.replay import replay
from streams.sinks.memory import MemoryIndex
from streams.vocabulary.files import VocabularyFilesError, load_vocabulary, seeds_folder
from streams.vocabulary.own import make_own, own_folder, with_own
from streams.vocabulary.watchlist_files import Changed, begun, drafted, kept, save
from streams.vocabulary.watchlist_preview import preview
from streams.vocabulary.watchlist_words import NEW, new_list, with_words, words_of


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return fill(tmp_path_factory.mktemp("preview") / "home", 60)


@pytest.fixture(scope="module")
def changed():
    """The list of detention with other words than those it is shipped with."""
    file = kept(seeds_folder(), "detention")
    source = with_words(file.source, NEW, {"forms": ["biometr*", "iris", "人脸", "Gesicht*"]})
    for place in reversed([one.place for one in words_of(file.table)]):
        source = with_words(source, place, None)
    return drafted(shipped().definitions, file, source)


def flagged(store):
    with reading(store) as ports:
        return {one.id for one in ports.index.scan() if "detention" in one.watchlists}


def test_a_replay_does_what_the_preview_said(home, changed, tmp_path):
    store = shutil.copytree(home, tmp_path / "home") / "biowire.db"
    before = flagged(store)
    with reading(store) as ports:
        told = preview(ports.index, changed, "detention", None, lambda: True)
        everything = sum(1 for _ in ports.index.scan())
    with Instance(store, changed) as instance:
        replay(instance, changed, (), write=True, progress=lambda *_: None)
    after = flagged(store)
    assert (told.looked, told.whole) == (everything, True)
    assert (told.before, told.after) == (len(before), len(after))
    assert (told.gained, told.lost) == (len(after - before), len(before - after))
    assert told.gained > 0
    assert told.lost > 0
    assert {one.id for one in told.gained_samples} <= after - before
    assert {one.id for one in told.lost_samples} <= before - after
    assert all(one.quotes for one in (*told.gained_samples, *told.lost_samples))


@pytest.fixture
def folder(tmp_path):
    """A vocabulary of one's own."""
    return make_own(tmp_path)


def test_a_list_that_is_begun_is_tried_and_then_used_like_the_others(home, folder):
    bees = begun(folder, "bees")
    source = new_list({"id": "bees", "title": "Bees"}, NOON.date(), [{"forms": ["biometr*"]}])
    with reading(home / "biowire.db") as ports:
        vocabulary = drafted(shipped().definitions, bees, source)
        told = preview(ports.index, vocabulary, "bees", None, lambda: True)
    assert not bees.path.exists()
    assert told.before == told.lost == 0
    assert told.gained == told.after > 0
    save(bees, bees.mark, source)
    used = load_vocabulary(folder)
    assert used.watchlists["bees"] == vocabulary.watchlists["bees"]
    assert set(used.watchlists) == {"bees", *shipped().watchlists}


@pytest.mark.parametrize(
    ("id_", "said"),
    [
        ("detention", "already"),
        ("", "letters"),
        ("Bees", "letters"),
        ("../bees", "letters"),
        ("-bees", "letters"),
        ("b" * 61, "letters"),
    ],
)
def test_an_id_that_no_new_list_may_have_is_refused(folder, id_, said):
    with pytest.raises(UserError, match=said):
        begun(folder, id_)


def test_a_list_that_somebody_else_made_meanwhile_is_not_written_over(folder):
    bees = begun(folder, "bees")
    bees.path.write_text('id = "bees"\ntitle = "Theirs"\n', encoding="utf-8")
    with pytest.raises(Changed):
        save(bees, bees.mark, 'id = "bees"\ntitle = "Ours"\n')
    assert "Theirs" in bees.path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def long_index():
    """Articles of 1,200 hours."""
    index = MemoryIndex()
    index.put(a_document(at, published=NOON - timedelta(hours=at)) for at in range(1200))
    return index


@pytest.mark.parametrize(
    ("most", "going_on", "looked", "whole"),
    [(7, True, 7, False), (700, True, 700, False), (None, True, 1200, True), (None, False, 500, False)],
    ids=["seven", "more than a portion", "all", "no time"],
)
def test_so_many_of_the_newest_are_looked_at(long_index, changed, most, going_on, looked, whole):
    told = preview(long_index, changed, "detention", most, lambda: going_on)
    assert (told.looked, told.whole) == (looked, whole)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('forms = ["{a,b"]', "watchlists/detention.toml:"),
        ('forms = ["a"]\nrequires = ["@nobody"]', "@nobody"),
        ('forms = ["a"]\ncolour = "red"', "unknown key 'colour'"),
        ('forms = ["a"', "this is no TOML"),
        ('forms = ["a"]\nlanguage = "English"', "is no code like de"),
    ],
    ids=["braces", "context", "key", "toml", "language"],
)
def test_a_file_that_cannot_be_used_is_told_with_its_line(line, problem):
    file = kept(seeds_folder(), "detention")
    with pytest.raises(VocabularyFilesError) as refused:
        drafted(shipped().definitions, file, f"{file.source}\n[[pattern]]\n{line}\n")
    assert problem in str(refused.value.problems[0])
    assert refused.value.problems[0].line > 50


def test_the_id_of_a_list_stays():
    file = kept(seeds_folder(), "detention")
    with pytest.raises(VocabularyFilesError, match="stays so"):
        drafted(shipped().definitions, file, file.source.replace('id = "detention"', 'id = "other"'))


def test_a_copy_is_made_once_used_from_then_on_and_says_the_same(tmp_path):
    assert own_folder({"vocabulary": ""}, tmp_path) is None
    folder = make_own(tmp_path)
    assert with_own({"vocabulary": ""}, tmp_path)["vocabulary"] == str(folder)
    assert with_own({"vocabulary": "/elsewhere"}, tmp_path)["vocabulary"] == "/elsewhere"
    assert load_vocabulary(folder).version == shipped().version
    with pytest.raises(Exception, match="There is a folder"):
        make_own(tmp_path)


def test_a_file_that_changed_meanwhile_is_not_written_over(tmp_path):
    folder = make_own(tmp_path)
    file = kept(folder, "detention")
    save(file, file.mark, file.source + "\n# ours\n")
    with pytest.raises(Changed):
        save(kept(folder, "detention"), file.mark, file.source)
    assert kept(folder, "detention").source.endswith("# ours\n")


def test_what_comes_in_after_a_change_is_judged_by_it(changed, tmp_path):
    bodies = [json.dumps(one).encode() for one in world_items()[:60]]
    with Instance(tmp_path / "biowire.db", shipped()) as instance:
        instance.ingest(bodies[:30], NOON, lambda: None)
        instance.judge_by(changed)
        instance.ingest(bodies[30:], NOON, lambda: None)
        versions = Counter(one.vocabulary_version for one in instance.index.scan())
    assert set(versions) == {shipped().version, changed.version}
