"""Tokens and keys: ours are known again, anything else is not, and the secret stays one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import UserError
from streams.signing import Signing, signing_of

OURS = Signing(b"one secret of tests, long enough")
TOKEN = OURS.token("unsubscribe", "faces", "mailto:ann@example.org")


def test_a_token_opens_what_it_was_made_for():
    assert OURS.holds(TOKEN, "unsubscribe", "faces", "mailto:ann@example.org")
    assert len(TOKEN) == 43
    assert TOKEN.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    ("purpose", "about"),
    [
        ("feed", ("faces", "mailto:ann@example.org")),
        ("feed", ("faces",)),
        ("unsubscribe", ("faces",)),
        ("unsubscribe", ("faces", "mailto:bob@example.org")),
        ("unsubscribe", ("voices", "mailto:ann@example.org")),
        ("unsubscribe", ("facesm", "ailto:ann@example.org")),
        ("unsubscribe", ("faces", "mailto:ann@example.org", "")),
        ("unsubscribe", ("mailto:ann@example.org", "faces")),
    ],
)
def test_and_nothing_else(purpose, about):
    assert not OURS.holds(TOKEN, purpose, *about)


@pytest.mark.parametrize("forged", ["", "x", TOKEN[:-1], TOKEN + "A", TOKEN.lower(), TOKEN + "=", " " + TOKEN, "\u00e9", "\ud800", "\x00", "A" * 1_000_000])  # fmt: skip
def test_forged_tokens_are_not_taken(forged):
    assert not OURS.holds(forged, "unsubscribe", "faces", "mailto:ann@example.org")


@given(st.text(max_size=60))
def test_no_text_is_taken_by_chance(text):
    assert OURS.holds(text, "feed", "faces") == (text == OURS.token("feed", "faces"))


def test_another_secret_makes_other_tokens_and_keys():
    other = Signing(b"another secret of tests, long enough")
    assert not other.holds(TOKEN, "unsubscribe", "faces", "mailto:ann@example.org")
    keys = {one.webhook_key(*about) for one in (OURS, other) for about in [("a", "https://x"), ("ah", "ttps://x"), ("a", "https://y")]}  # fmt: skip
    assert len(keys) == 6


def test_a_key_is_no_token():
    """So that a receiver of a webhook cannot make an address."""
    assert OURS.webhook_secret("faces", "https://x").removeprefix("whsec_")[:43] not in {
        OURS.token("unsubscribe", "faces", "https://x"),
        OURS.token("feed", "faces"),
    }


def test_the_secret_of_a_folder_is_made_once_and_only_its_owner_reads_it(tmp_path):
    home = tmp_path / "home"
    first = signing_of(home, {}).token("feed", "faces")
    assert (home / "secret").stat().st_mode & 0o777 == 0o600
    assert signing_of(home, {}).token("feed", "faces") == first
    assert [path.name for path in home.iterdir()] == ["secret"]


def _token(home):
    return signing_of(home, {}).token("feed", "faces")


def test_several_that_begin_at_once_get_the_same_secret(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    for attempt in range(20):
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(_token, [tmp_path / str(attempt)] * 8))) == 1


def test_a_secret_that_others_read_is_refused(tmp_path):
    signing_of(tmp_path, {})
    (tmp_path / "secret").chmod(0o644)
    with pytest.raises(UserError, match="chmod 600"):
        signing_of(tmp_path, {})


def test_a_secret_cut_short_is_refused(tmp_path):
    path = tmp_path / "secret"
    path.write_text("abc\n")
    path.chmod(0o600)
    with pytest.raises(UserError, match="cut short"):
        signing_of(tmp_path, {})
    with pytest.raises(UserError, match="fewer than 32"):
        signing_of(tmp_path, {"secret_file": str(path)})


def test_machines_that_share_a_file_agree_whatever_their_folder(tmp_path):
    (tmp_path / "shared").write_text("0123456789" * 4 + "\n")
    settings = {"secret_file": str(tmp_path / "shared")}
    tokens = {signing_of(tmp_path / name, settings).token("feed", "faces") for name in "ab"}
    assert len(tokens) == 1
    assert not (tmp_path / "a").exists()
    with pytest.raises(UserError, match="not there"):
        signing_of(tmp_path, {"secret_file": str(tmp_path / "nowhere")})


def test_nothing_shows_the_secret():
    assert "one secret" not in f"{OURS!r} {OURS} {OURS.token('feed', 'faces')}"
