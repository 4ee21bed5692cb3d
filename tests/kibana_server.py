"""A stand-in for Kibana on loopback: takes, refuses and hands out saved objects as a real 8.12.2 was seen to do.

`with StandIn() as kibana: … kibana.url`; `kibana.first[("GET", "/api/status")] = [answer, …]` answers before.
"""

import email
import email.policy
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

CEILING = {
    "dashboard": (8, 9, 0),
    "index-pattern": (8, 0, 0),
    "query": (8, 0, 0),
    "search": (8, 0, 0),
    "tag": (8, 0, 0),
    "lens": (8, 9, 0),
}
KNOWN = {
    "dashboard": "title description kibanaSavedObjectMeta timeRestore timeFrom timeTo refreshInterval controlGroupInput panelsJSON optionsJSON version hits",
    "search": "title description columns sort grid hideChart isTextBasedQuery timeRestore usesAdHocDataView kibanaSavedObjectMeta rowHeight rowsPerPage breakdownField timeRange refreshInterval viewMode hideAggregatedPreview hits version",
    "query": "title description query filters timefilter",
    "tag": "name description color",
}
AVAILABLE = {"level": "available", "summary": "…"}


def status(saved_objects="available", elasticsearch="available", overall="degraded"):
    """Degraded over all, as one limping plugin makes it for ever."""
    core = {"savedObjects": {"level": saved_objects}, "elasticsearch": {"level": elasticsearch}}
    return (200 if saved_objects == elasticsearch == "available" else 503), {
        "name": "kibana",
        "version": {"number": "8.12.2"},
        "status": {"overall": {"level": overall}, "core": core, "plugins": {}},
    }


def refusal(code, error, message):
    return code, {"statusCode": code, "error": error, "message": message}


NOT_READY = (503, "Kibana server is not ready yet")
STRANGER = (200, {"status": {"overall": {"level": "available"}}})
UNAUTHORIZED = refusal(401, "Unauthorized", "[security_exception]: unable to authenticate user")
FORBIDDEN = refusal(403, "Forbidden", "Unable to bulk_create dashboard")


class StandIn:
    """Saved objects by space, and what is answered first."""

    def __init__(self) -> None:
        self.spaces = {"default": {}}
        self.first = {}
        self.asked = []
        self.headers = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method, path, headers, body):
        """Status, and a body: text, or what becomes JSON."""
        self.asked.append((method, path))
        self.headers.append(dict(headers))
        if waiting := self.first.get((method, path.partition("?")[0])):
            return waiting.pop(0)
        if method != "GET" and "kbn-xsrf" not in headers:
            return refusal(400, "Bad Request", "Request must contain a kbn-xsrf header.")
        if path == "/api/status":
            return status()
        if path.startswith("/api/spaces/space"):
            return self._space(method, path, body)
        space, path = self._split(path)
        if space not in self.spaces:
            return refusal(404, "Not Found", "Not Found")
        if path.startswith("/api/saved_objects/_import"):
            return self._import(self.spaces[space], headers, body, overwrite="overwrite=true" in path)
        if path == "/api/saved_objects/_export":
            types = json.loads(body)["type"]
            found = [one for (type_, _), one in self.spaces[space].items() if type_ in types]
            return 200, "\n".join(json.dumps(one) for one in found)
        return refusal(404, "Not Found", "Not Found")

    def _space(self, method, path, body):
        if method == "POST":
            name = json.loads(body)["id"]
            if name in self.spaces:
                return refusal(409, "Conflict", f"A space with the identifier {name} already exists.")
            self.spaces[name] = {}
            return 200, json.loads(body)
        name = path.rpartition("/")[2]
        return (200, {"id": name}) if name in self.spaces else refusal(404, "Not Found", "Not Found")

    @staticmethod
    def _split(path):
        if path.startswith("/s/"):
            _, _, space, rest = path.split("/", 3)
            return space, f"/{rest}"
        return "default", path

    def _import(self, space, headers, body, *, overwrite):
        if not headers.get("Content-Type", "").startswith("multipart/form-data"):
            return refusal(415, "Unsupported Media Type", "Unsupported Media Type")
        head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
        part = email.message_from_bytes(head + body, policy=email.policy.HTTP).get_payload()[0]
        if not part.get_filename().endswith(".ndjson"):
            return refusal(
                400, "Bad Request", f"Invalid file extension .{part.get_filename().rpartition('.')[2]}"
            )
        objects = [json.loads(line) for line in part.get_payload(decode=True).splitlines() if line.strip()]
        keys = [f"{one['type']}:{one['id']}" for one in objects]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            return refusal(400, "Bad Request", f"Non-unique import objects detected: [{','.join(twice)}]")
        for one in objects:
            version = tuple(map(int, one["typeMigrationVersion"].split(".")))
            if version > CEILING[one["type"]]:
                return refusal(
                    422,
                    "Unprocessable Entity",
                    f'Document "{one["id"]}" belongs to a more recent version of Kibana [{one["typeMigrationVersion"]}] when the last known version is [{".".join(map(str, CEILING[one["type"]]))}].',
                )
        return 200, self._taken(space, objects, set(keys), overwrite=overwrite)

    def _taken(self, space, objects, keys, *, overwrite):
        errors = [error for one in objects if (error := self._unresolved(space, one, keys, overwrite))]
        if errors:
            return {"success": False, "successCount": 0, "errors": errors, "warnings": []}
        results = []
        for one in objects:
            unknown = sorted(
                set(one["attributes"]) - set(KNOWN.get(one["type"], " ".join(one["attributes"])).split())
            )
            if unknown:
                payload = {
                    "statusCode": 400,
                    "error": "Bad Request",
                    "message": f"[attributes.{unknown[0]}]: definition for this key is missing",
                }
                errors.append(
                    self._error(
                        one,
                        {"type": "unknown", "output": {"statusCode": 400, "payload": payload, "headers": {}}},
                    )
                )
            else:
                results.append(self._stored(space, one))
        answer = {
            "success": not errors,
            "successCount": len(results),
            "successResults": results,
            "warnings": [],
        }
        return {**answer, **({"errors": errors} if errors else {})}

    def _unresolved(self, space, one, keys, overwrite):
        missing = [
            {"type": ref["type"], "id": ref["id"]}
            for ref in one["references"]
            if ref["type"] in {"index-pattern", "search"}
            and f"{ref['type']}:{ref['id']}" not in keys
            and (ref["type"], ref["id"]) not in space
        ]
        if missing:
            return self._error(one, {"type": "missing_references", "references": missing})
        if (one["type"], one["id"]) in space and not overwrite:
            return self._error(one, {"type": "conflict"})
        return None

    @staticmethod
    def _error(one, error):
        return {
            "id": one["id"],
            "type": one["type"],
            "meta": {"title": one["attributes"].get("title")},
            "error": error,
        }

    def _stored(self, space, one):
        """In a second space an object gets an id of its own, and remembers ours."""
        id_ = one["id"]
        here = next(
            (
                key[1]
                for key, other in space.items()
                if key[0] == one["type"] and other.get("originId") == id_
            ),
            None,
        )
        elsewhere = any((one["type"], id_) in other for other in self.spaces.values() if other is not space)
        destination = here or (f"{id_}-0c1d" if elsewhere else None)
        kept = {**one, "updated_at": "2026-11-23T00:00:00.000Z", "version": "WzEsMV0="}
        result = {
            "type": one["type"],
            "id": id_,
            "meta": {"title": one["attributes"].get("title")},
            "managed": False,
        }
        if destination:
            kept |= {"id": destination, "originId": id_}
            result["destinationId"] = destination
        if (one["type"], destination or id_) in space:
            result["overwrite"] = True
        space[one["type"], destination or id_] = kept
        return result

    def _handler(self):
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def _respond(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                code, answer = stand_in.answer(self.command, self.path, self.headers, body)
                if code == 0:  # hang up
                    self.connection.close()
                    return
                sent = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_GET = do_POST = _respond  # noqa: N815

            def log_message(self, *_):
                pass

        return Handler
