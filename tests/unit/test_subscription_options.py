"""What options make of a subscription, and what is guessed about the machine."""

from datetime import time, timedelta

import pytest

from connectors.errors import UserError
from streams.cli.subscription_options import applied, local_zone, os_user
from streams.core.alerts.condition_defaults import default_condition
from streams.core.alerts.records import Rhythm, Subscription

FACES = Subscription(
    id="faces",
    name="Faces",
    query="face",
    to=("mailto:a@b.example",),
    rhythm=Rhythm(every="daily", at=time(7, 30), quiet=(time(22), time(7))),
    max_age=timedelta(days=7),
)


def test_what_is_not_said_stays():
    assert applied(FACES, {"kind": None, "to": (), "every": None, "query": None}) == FACES


def test_numbers_stay_with_their_condition_and_go_with_it():
    spike = applied(FACES, {"kind": "spike", "factor": 5.0})
    assert spike.condition.factor == 5.0
    assert applied(spike, {"count": 9}).condition.factor == 5.0
    assert applied(spike, {"kind": "spike", "count": 9}).condition.factor == 5.0
    assert applied(spike, {"kind": "threshold"}).condition == default_condition("threshold")


def test_channels_are_replaced_and_named_once():
    said = {"to": ("mailto:c@d.example", "mailto:c@d.example", "slack://a/b/c")}
    assert applied(FACES, said).to == ("mailto:c@d.example", "slack://a/b/c")
    assert applied(FACES, {"to": ("none",)}).to == ()


def test_facets_are_named_with_commas():
    said = {"kind": "new-pairing", "facets": "organisation, theme"}
    assert applied(FACES, said).condition.facets == ("organisation", "theme")


def test_what_comes_out_is_checked():
    with pytest.raises(UserError, match="each knows no count"):
        applied(FACES, {"count": 3})


@pytest.mark.parametrize(
    ("target", "named", "zone"),
    [
        ("/usr/share/zoneinfo/Europe/Berlin", "", "Europe/Berlin"),
        ("/var/db/timezone/zoneinfo/Asia/Tokyo", "", "Asia/Tokyo"),
        ("/usr/share/zoneinfo/Etc/UTC", "", "UTC"),
        ("/usr/share/zoneinfo/Nowhere/Town", "America/New_York\n", "America/New_York"),
        ("", "Europe/Paris\n", "Europe/Paris"),
        ("", "no zone at all", "UTC"),
        ("", "", "UTC"),
    ],
    ids=["linux", "mac", "utc", "unknown-link", "name", "nonsense", "nothing"],
)
def test_the_zone_of_the_machine_is_found_where_it_can_be(tmp_path, target, named, zone):
    link, name = tmp_path / "localtime", tmp_path / "timezone"
    if target:
        link.symlink_to(target)
    if named:
        name.write_text(named, encoding="ascii")
    assert local_zone(link, name) == zone


def test_a_zone_that_is_a_plain_file_has_no_name(tmp_path):
    (tmp_path / "localtime").write_bytes(b"TZif2")
    assert local_zone(tmp_path / "localtime", tmp_path / "none") == "UTC"


def test_histories_show_who_runs_the_command():
    assert os_user().strip()
