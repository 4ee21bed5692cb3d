"""What Elasticsearch's refusals and silences mean, each in one sentence, and whether waiting may help."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.errors import BiowireError, TransientError, UserError

from .settings import Index

if TYPE_CHECKING:
    from elasticsearch import ApiError

SUPPORTED = "9"
"""Major version of the servers this client speaks to."""

BUSY = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed later."""

_BLOCK = "cluster_block_exception"
_LONGEST = 500


def reason(error: ApiError) -> str:
    """The server's own words for its refusal, shortened."""
    return said(error.body.get("error") if isinstance(error.body, dict) else error.body)


def said(error: Any) -> str:
    """The text of an `error` object in an answer, with its innermost cause."""
    if not isinstance(error, dict):
        return str(error or "no reason given")[:_LONGEST]
    text = f"{error.get('type')}: {error.get('reason')}"
    cause = error.get("caused_by")
    if isinstance(cause, dict) and cause.get("reason"):
        text += f" ({cause['reason']})"
    return text[:_LONGEST]


def is_block(error: Any) -> bool:
    """Say whether an `error` object tells of a block: a full disk, or an index or cluster made read-only."""
    return isinstance(error, dict) and error.get("type") == _BLOCK


_PRESSURE = re.compile(r"coordinating_operation_bytes=(\d+), max_coordinating_bytes=(\d+)")


def never_fits(why: str) -> bool:
    """Say whether the server told that one operation is more than it takes at all."""
    found = _PRESSURE.search(why)
    return found is not None and int(found[1]) > int(found[2])


def explain(error: Exception, index: Index) -> BiowireError:
    """The same failure as a sentence: TransientError where waiting may help, UserError where it cannot."""
    from elastic_transport import SerializationError, TlsError, TransportError
    from elasticsearch import ApiError, UnsupportedProductError

    if isinstance(error, UnsupportedProductError):
        return UserError(f"What answers at {index.url} is not Elasticsearch {SUPPORTED}.")
    if isinstance(error, ApiError):
        return _refused(error, index)
    if isinstance(error, TlsError):
        return UserError(_certificate(_whole(error), index))
    if isinstance(error, SerializationError):
        return UserError(f"What answers at {index.url} is not Elasticsearch: its answer is not JSON.")
    if isinstance(error, TransportError):
        return TransientError(_silent(error, index))
    return TransientError(f"Elasticsearch at {index.url}: {error}.")


def _refused(error: ApiError, index: Index) -> BiowireError:
    status = error.meta.status
    if status == 401:
        return UserError(
            f"Elasticsearch at {index.url} does not know who we are{_who(index)}; set index_user and"
            " index_password_file, or index_api_key_file."
        )
    if is_block(error.body.get("error") if isinstance(error.body, dict) else None):
        return TransientError(f"Elasticsearch at {index.url} takes no writes now: {reason(error)}.")
    if status == 403:
        return UserError(f"Elasticsearch at {index.url} does not allow this{_who(index)}: {reason(error)}.")
    if status == 400 and "media_type_header" in str(error.body):
        return UserError(
            f"Elasticsearch at {index.url} is older than this biowire can use; it has to be {SUPPORTED}.x."
        )
    if status in BUSY:
        return TransientError(f"Elasticsearch at {index.url} is busy ({status}): {reason(error)}.")
    return UserError(f"Elasticsearch at {index.url} refuses ({status}): {reason(error)}.")


def _who(index: Index) -> str:
    if index.api_key:
        return " (by the API key of index_api_key_file)"
    return f" (as {index.user})" if index.user else ""


def _certificate(text: str, index: Index) -> str:
    if "WRONG_VERSION_NUMBER" in text or "record layer" in text:
        return f"What answers at {index.url} does not speak TLS; write elasticsearch:// if that is meant."
    if "Hostname mismatch" in text or "doesn't match" in text or "not valid for" in text:
        return f"The certificate at {index.url} is for another host name."
    if "verify failed" not in text.lower():
        return f"TLS with {index.url} fails; write elasticsearch:// if it is not meant."
    return (
        f"The certificate at {index.url} is not trusted; set index_ca to the PEM file of the authority that"
        " signed it."
    )


def _whole(error: BaseException) -> str:
    """What an error says, with all that brought it about: the client's own text names no cause."""
    found: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(found) < 10:
        found.append(f"{type(cause).__name__}: {getattr(cause, 'message', cause)}")
        cause = cause.__cause__ or cause.__context__
    return " <- ".join(found)


def _silent(error: Exception, index: Index) -> str:
    from elastic_transport import ConnectionTimeout

    if isinstance(error, ConnectionTimeout):
        return (
            f"Elasticsearch at {index.url} does not answer in time. Is it running, and is the way to it open?"
        )
    text = _whole(error)
    if "Name or service not known" in text or "getaddrinfo" in text or "resolve" in text:
        return f"The host name of Elasticsearch at {index.url} is not known; check the setting index."
    if any(sign in text for sign in ("aborted", "disconnected", "reset by peer", "BadStatusLine")):
        return (
            f"What answers at {index.url} hangs up; if it speaks TLS only, write elasticsearch+tls://."
            if not index.tls
            else f"What answers at {index.url} hangs up."
        )
    return f"Nothing answers at {index.url}. Is Elasticsearch running, and is the setting index right?"
