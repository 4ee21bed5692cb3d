"""Real servers for the tests of the distributed mode: started, killed, frozen and started again."""

from .certificates import Certificates
from .elasticsearch import ALWAYS_BUSY, Elasticsearch
from .install import MissingError, install
from .kafka import Kafka
from .other_version import OtherVersion
from .process import FailedError, Server, free_port
from .tls_proxy import TlsProxy

__all__ = [
    "ALWAYS_BUSY",
    "Certificates",
    "Elasticsearch",
    "FailedError",
    "Kafka",
    "MissingError",
    "OtherVersion",
    "Server",
    "TlsProxy",
    "free_port",
    "install",
]
