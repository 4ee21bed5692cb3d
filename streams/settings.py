"""Every setting, with its default and what it is for; how option, environment and file are merged.

Precedence: option, environment (`BIOWIRE_` and the name in capitals), file, default. `load` is a pure
function; only `dashboards.cli` touches the environment.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from connectors.errors import UserError
from connectors.settings import PREFIX, FetchSettings


@dataclass(frozen=True, slots=True)
class Setting:
    """A name, its default (which gives its kind), and one sentence for people."""

    name: str
    default: Any
    help: str


SETTINGS: tuple[Setting, ...] = (
    Setting("home", "", "Folder of an embedded instance; empty for the platform's data folder."),
    Setting("vocabulary", "", "Folder of `vocabulary/` and `watchlists/`; empty: HOME/vocabulary, or ours."),
    Setting("demo_port", 8899, "Port of the sample world that `biowire demo` serves on loopback."),
    Setting("broker", "", "Kafka of the distributed mode: kafka://HOST:PORT[,HOST:PORT], or kafka+tls://."),
    Setting("broker_user", "", "User for SASL; empty for none."),
    Setting("broker_password_file", "", "File with that user's password on its first line."),
    Setting("broker_mechanism", "SCRAM-SHA-512", "SASL mechanism: SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN."),
    Setting(
        "broker_ca", "", "PEM file of the authority behind the brokers' certificates; empty: the system's."
    ),
    Setting("topic_prefix", "biowire.", "Before the name of every topic and consumer group."),
    Setting(
        "topic_partitions", 8, "Partitions of a topic when `biowire provision` makes it: the most workers."
    ),
    Setting("topic_replication", 1, "Copies of each partition that the brokers keep."),
    Setting("topic_retention", "", "Age from which raw items leave Kafka, such as `365d`; empty keeps them."),
    Setting("index", "", "Elasticsearch: elasticsearch://HOST:PORT[,HOST:PORT], or elasticsearch+tls://."),
    Setting("index_user", "", "User of Elasticsearch; empty for none."),
    Setting("index_password_file", "", "File with that user's password on its first line."),
    Setting("index_api_key_file", "", "File with an API key on its first line; instead of a user."),
    Setting(
        "index_ca", "", "PEM file of the authority behind Elasticsearch's certificate; empty: the system's."
    ),
    Setting("index_prefix", "biowire-", "Before the name of every index and alias."),
    Setting("index_replicas", 0, "Copies of each shard beside the first, for new indices."),
    Setting("kibana", "", "Kibana that `biowire provision` installs dashboards in: http://HOST:5601."),
    Setting("kibana_user", "", "User of Kibana; empty for none."),
    Setting("kibana_password_file", "", "File with that user's password on its first line."),
    Setting("kibana_api_key_file", "", "File with an API key on its first line; instead of a user."),
    Setting("kibana_ca", "", "PEM file of the authority behind Kibana's certificate; empty: the system's."),
    Setting("kibana_edits", "", "Folder that `biowire kibana pull` writes to; installed instead of ours."),
    Setting("kibana_space", "", "Space of Kibana; made where it is missing. Empty for the default one."),
    Setting(
        "worker_id", "", "Name that a worker or connector keeps over restarts; empty for the host's name."
    ),
    Setting(
        "worker_standby", default=False, help="Also follow other workers' partitions, to take over at once."
    ),
    Setting("metrics_port", 0, "Port of the Prometheus metrics of `run`, `worker`, `connect`; 0 for none."),
    Setting("metrics_host", "127.0.0.1", "Address the metrics are served on."),
    Setting("retention_texts", "", "Age from which texts are dropped, such as `365d`; empty keeps them."),
    Setting("retention_items", "", "Age from which raw items are dropped; empty keeps them."),
    Setting("retention_documents", "", "Age from which documents are dropped; empty keeps them."),
    Setting("web_host", "127.0.0.1", "Address that `serve` and `run` answer HTTP on."),
    Setting("web_port", 8383, "Its port; where it is taken, the next free one. 0: any free one."),
    Setting(
        "public_url",
        "http://127.0.0.1:8383",
        "Where people reach this instance: links in messages begin with it.",
    ),
    Setting("secret_file", "", "File with the secret that addresses are signed with; empty: HOME/secret."),
    Setting("smtp_host", "localhost", "Mail server that takes our messages."),
    Setting("smtp_port", 25, "Its port: usually 25 for none, 587 for starttls, 465 for tls."),
    Setting("smtp_tls", "none", "How the connection is secured: none, starttls or tls."),
    Setting("smtp_ca", "", "PEM file of the authority behind its certificate; empty: the system's."),
    Setting("smtp_user", "", "User of the mail server; empty for none."),
    Setting("smtp_password_file", "", "File with that user's password on its first line."),
    Setting("smtp_from", "biowire@localhost", "Address that messages come from."),
    Setting(
        "webhook_private",
        (),
        "Receivers of webhooks that are not public: host, network, or either with a port.",
    ),
    Setting(
        "webhook_http", default=False, help="Also send webhooks over http, which anyone on the way reads."
    ),
    Setting(
        "webhook_ca", "", "PEM file of the authority behind receivers' certificates; empty: the system's."
    ),
    Setting("message_seconds", 30.0, "Longest that one try to send a message may take."),
    *(
        Setting(PREFIX + field.name, field.default, "See docs/configuration.md.")
        for field in fields(FetchSettings)
    ),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


def load(
    options: Mapping[str, Any], environ: Mapping[str, str], file: str = "", file_name: str = ""
) -> dict[str, Any]:
    """Merge the three sources; raises UserError with file and line for what cannot be read."""
    merged: dict[str, Any] = {setting.name: setting.default for setting in SETTINGS}
    merged.update(_from_file(file, file_name))
    for setting in SETTINGS:
        if (raw := environ.get(f"BIOWIRE_{setting.name.upper()}")) is not None:
            merged[setting.name] = _read(
                setting, raw, f"the environment variable BIOWIRE_{setting.name.upper()}"
            )
    merged.update({name: value for name, value in options.items() if value is not None})
    return merged


def _from_file(text: str, name: str) -> dict[str, Any]:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise UserError(f"{name} is not valid TOML: {cause}.") from cause
    for key, value in values.items():
        setting = _BY_NAME.get(key)
        line = next((n for n, one in enumerate(text.splitlines(), 1) if one.lstrip().startswith(key)), 1)
        if setting is None:
            near = difflib.get_close_matches(key, _BY_NAME, 1)
            hint = f"; did you mean `{near[0]}`?" if near else "; `docs/configuration.md` lists them."
            raise UserError(f"{name}, line {line}: there is no setting `{key}`{hint}")
        if isinstance(setting.default, tuple) and isinstance(value, list):
            values[key] = tuple(map(str, value))
        elif not isinstance(value, _kind(setting)) or isinstance(value, bool) != isinstance(
            setting.default, bool
        ):
            kind = type(setting.default).__name__
            raise UserError(
                f"{name}, line {line}: `{key}` takes a value of kind {kind}, like {setting.default!r}."
            )
    return values


def _kind(setting: Setting) -> type | tuple[type, ...]:
    return (int, float) if isinstance(setting.default, float) else type(setting.default)


def _read(setting: Setting, raw: str, where: str) -> Any:
    try:
        match setting.default:
            case bool():
                return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[
                    raw.lower()
                ]
            case int():
                return int(raw)
            case float():
                return float(raw)
            case tuple():
                return tuple(part.strip() for part in raw.split(",") if part.strip())
            case _:
                return raw
    except (ValueError, KeyError) as cause:
        raise UserError(f"{where} is `{raw}`; it takes a value like {setting.default!r}.") from cause
