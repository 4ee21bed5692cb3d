"""Look at the topics of a cluster, and put them right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import BrokerResponseError, TopicAlreadyExistsError

from connectors.broker import Broker
from connectors.errors import UserError

from ..kafka_admin import administering
from .plan import Change, Found, compare
from .topics import wanted


def plan(broker: Broker, generations: Iterable[int], retention: int = -1) -> list[Change]:
    """What differs from the topics of these generations; `retention` in milliseconds. Raises UserError."""
    with administering(broker) as admin:
        topics = wanted(broker, generations, retention)
        brokers = len(admin.describe_cluster()["brokers"])
        return compare(
            topics, _found(admin, broker.prefix, [one.name for one in topics]), broker.prefix, brokers
        )


def apply(broker: Broker, changes: Sequence[Change]) -> None:
    """Make the changes; what was refused or is foreign stays. Raises UserError with the broker's reason."""
    create = [one for one in changes if one.kind == "create" and one.topic is not None]
    alter = [one for one in changes if one.kind == "change"]
    with administering(broker) as admin:
        for one in create:
            _create(admin, one)
        if create:
            admin.wait_for_topics([one.name for one in create])
        for one in alter:
            _alter(admin, one)


def exists(broker: Broker, name: str) -> bool:
    """Whether a topic is there. Creates none."""
    with administering(broker) as admin:
        return any(one["error_code"] == 0 for one in admin.describe_topics([name]))


def provision(broker: Broker, generation: int, retention: int = -1) -> list[Change]:
    """Give a generation its topics; for a replay, which builds the next one. Raises UserError if refused."""
    changes = plan(broker, [generation], retention)
    for one in changes:
        if one.kind == "refused":
            raise UserError(f"The topic {one.name} {one.says}.")
    apply(broker, changes)
    return changes


def _found(admin: KafkaAdminClient, prefix: str, names: Iterable[str]) -> dict[str, Found]:
    described = {
        one["name"]: one["partitions"]
        for one in admin.describe_topics()
        if one["error_code"] == 0 and one["name"].startswith(prefix)
    }
    ours = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names if name in described]
    settings = (
        admin.describe_configs(ours, config_filter="all").get(ConfigResourceType.TOPIC.name.lower(), {})
        if ours
        else {}
    )
    return {
        name: Found(
            partitions=len(partitions),
            replication=min(len(one["replica_nodes"]) for one in partitions),
            settings={key: one["value"] for key, one in settings.get(name, {}).items()},
        )
        for name, partitions in described.items()
    }


def _create(admin: KafkaAdminClient, change: Change) -> None:
    topic = change.topic
    assert topic is not None  # noqa: S101 - a creation has one
    try:
        admin.create_topics(
            {
                topic.name: {
                    "num_partitions": topic.partitions,
                    "replication_factor": topic.replication,
                    "configs": dict(change.settings),
                }
            }
        )
    except TopicAlreadyExistsError:  # another provisioning beside us; the next one compares its settings
        return
    except BrokerResponseError as cause:
        raise UserError(f"The broker does not create the topic {topic.name}: {cause}.") from cause


def _alter(admin: KafkaAdminClient, change: Change) -> None:
    answers = admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, change.name, dict(change.settings))], raise_on_unknown=False
    )
    for answer in answers[ConfigResourceType.TOPIC.name.lower()].values():
        if answer != "OK":
            raise UserError(f"The broker does not change the topic {change.name}: {answer}.")
