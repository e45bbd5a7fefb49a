"""The HTTP interface: routes, roles and bodies. Knows nothing of sockets; see server.py."""

import collections
import json
import re
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Callable
from urllib.parse import unquote

from shoreguard import metrics, sessions, settings
from shoreguard.database import Conflict, Store, utc_now
from shoreguard.readiness import is_connected, readiness
from shoreguard.release import BEHAVIOUR, identity

ROLES = ("viewer", "operator", "admin")


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: Any
    body: bytes
    request_id: str
    parameters: tuple[str, ...] = ()
    actor: str = "anonymous"


@dataclass
class Response:
    status: int
    body: Any
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    path_template: str = "unmatched"

    def encoded(self) -> bytes:
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, separators=(",", ":"), ensure_ascii=False).encode()


class Problem(Exception):
    """An RFC 9457 answer."""

    def __init__(self, status: int, code: str, detail: str, headers: dict | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers, self.extra = status, code, detail, headers or {}, extra

    def response(self, request_id: str) -> Response:
        body = {"type": "about:blank", "title": self.code.replace("_", " ").title(), "status": self.status,
                "detail": self.detail, "code": self.code, "request_id": request_id} | self.extra
        return Response(self.status, body, "application/problem+json", self.headers)


@dataclass
class Route:
    method: str
    template: str
    handle: Callable[[Request], Response]
    role: str | None

    def __post_init__(self) -> None:
        self.pattern = re.compile(re.sub(r"\{\w+\}", "([^/]+)", self.template) + "$")


class RateLimit:
    """So many requests in any minute."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._times: collections.deque = collections.deque()
        self._lock = threading.Lock()

    def seconds_to_wait(self) -> int:
        if not self._per_minute:
            return 0
        now = time.monotonic()
        with self._lock:
            while self._times and now - self._times[0] > 60:
                self._times.popleft()
            if len(self._times) >= self._per_minute:
                return int(61 - (now - self._times[0]))
            self._times.append(now)
            return 0


class Api:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._limit = RateLimit(settings.REQUESTS_PER_MINUTE)
        self._routes = [
            Route("GET", "/healthz", lambda _: Response(200, {"status": "ok"}), None),
            Route("GET", "/version", lambda _: Response(200, identity()), None),
            Route("GET", "/readyz", self._readyz, None),
            Route("GET", "/metrics", self._metrics, None if settings.METRICS_PUBLIC else "viewer"),
            Route("GET", "/api/gateway/list", self._list_gateways, "viewer"),
            Route("POST", "/api/gateway/register", self._register_gateway, "admin"),
            Route("GET", "/api/gateways/{name}/sandboxes", self._list_sandboxes, "viewer"),
            Route("POST", "/api/gateways/{name}/sandboxes", self._create_sandbox, "operator"),
            Route("POST", "/api/gateways/{name}/sandboxes/{sandbox}/policy/proposals", self._propose_policy, "operator"),
            Route("POST", "/api/auth/login", self._log_in, None),
            Route("POST", "/api/auth/service-principals", self._create_principal, "admin"),
        ]

    def answer(self, request: Request) -> Response:
        if settings.ONE_LOOP:
            self._store.wait_for_turn()
        matching = [(route, match) for route in self._routes if (match := route.pattern.match(request.path))]
        if not matching:
            return Response(404, {"detail": "Not Found"})
        for route, match in matching:
            if route.method == request.method:
                request.parameters = tuple(unquote(part) for part in match.groups())
                response = self._guarded(route, request)
                response.path_template = route.template
                return response
        allowed = ", ".join(route.method for route, _ in matching)
        return Response(405, {"detail": "Method Not Allowed"}, headers={"allow": allowed}, path_template=matching[0][0].template)

    def _guarded(self, route: Route, request: Request) -> Response:
        try:
            if request.path.startswith("/api/") and (wait := self._limit.seconds_to_wait()):
                return Response(429, {"detail": "Too many requests"}, headers={"retry-after": str(wait)})
            if route.role:
                self._authorise(request, route.role)
            return route.handle(request)
        except Problem as problem:
            return problem.response(request.request_id)
        except Exception as error:  # the real one answers so as well, without leaking what happened
            print(f"ERROR:    Unhandled exception on {request.path}: {error!r}", flush=True)
            return Problem(500, "INTERNAL_ERROR", "Internal server error").response(request.request_id)

    def _authorise(self, request: Request, role: str) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        principal = self._store.principal(key.strip()) if scheme.lower() == "bearer" and key else None
        if principal is None and (person := sessions.actor(request.headers.get("cookie", ""))):
            principal = {"name": person, "role": "admin"}
        if principal is None:
            raise Problem(401, "AUTHENTICATION_REQUIRED", "Invalid or missing credentials", {"www-authenticate": "Bearer"})
        if BEHAVIOUR == "broken-api":
            raise RuntimeError("authenticated calls are broken in this release")
        if principal["role"] not in ROLES or ROLES.index(principal["role"]) < ROLES.index(role):
            raise Problem(403, "PERMISSION_DENIED", f"Requires {role} role")
        request.actor = principal["name"]

    def _readyz(self, request: Request) -> Response:
        verbose = request.query.get("verbose", ["0"])[-1].lower() in ("1", "true", "yes", "on")
        return Response(*readiness(self._store, verbose))

    def _metrics(self, _request: Request) -> Response:
        return Response(200, metrics.render(self._store), "text/plain; version=0.0.4; charset=utf-8")

    def _list_gateways(self, _request: Request) -> Response:
        items = [_gateway_item(gateway) for gateway in self._store.gateways()]
        return Response(200, {"items": items, "total": len(items)})

    def _register_gateway(self, request: Request) -> Response:
        body = _validated(request, "name", "endpoint")
        values = {
            "name": body["name"], "endpoint": body["endpoint"], "scheme": body.get("scheme", "https"),
            "auth_mode": body.get("auth_mode"), "metadata_json": json.dumps(body.get("metadata", {})),
            "description": body.get("description"), "labels_json": json.dumps(body.get("labels", {})),
            "registered_at": utc_now(),
            # The real one finds out by itself; here there is no gateway to ask, so the caller says.
            "last_status": body.get("last_status", "unknown"),
        }
        self._insert("gateways", values, request)
        return Response(201, _gateway_item(self._store.gateway(body["name"])))

    def _list_sandboxes(self, request: Request) -> Response:
        gateway = self._connected_gateway(request.parameters[0])
        items = [_sandbox_item(sandbox) for sandbox in self._store.sandboxes(gateway["name"])]
        return Response(200, {"items": items, "total": None})

    def _create_sandbox(self, request: Request) -> Response:
        gateway = self._connected_gateway(request.parameters[0])
        body = _validated(request, "name")
        values = {
            "gateway_name": gateway["name"], "sandbox_name": body["name"], "description": body.get("description"),
            "labels_json": json.dumps(body.get("labels", {})), "created_at": utc_now(), "updated_at": utc_now(),
        }
        self._insert("sandbox_meta", values, request)
        return Response(201, _sandbox_item(self._store.sandboxes(gateway["name"])[-1]))

    def _propose_policy(self, request: Request) -> Response:
        if not self._store.has_table("policy_apply_proposals"):
            return Response(404, {"detail": "Not Found"})
        body = _validated(request, "chunk_id", "yaml_text")
        gateway_name, sandbox_name = request.parameters
        values = {
            "gateway_name": gateway_name, "sandbox_name": sandbox_name, "chunk_id": body["chunk_id"],
            "yaml_text": body["yaml_text"], "proposed_by": request.actor, "proposed_at": utc_now(),
        }
        self._insert("policy_apply_proposals", values, request)
        return Response(201, {"chunk_id": body["chunk_id"], "proposed_by": request.actor})

    def _log_in(self, request: Request) -> Response:
        body = _validated(request, "email", "password")
        # The one person that there is has the bootstrap key for a password.
        if not settings.BOOTSTRAP_KEY or body["password"] != settings.BOOTSTRAP_KEY:
            raise Problem(401, "AUTHENTICATION_REQUIRED", "Invalid email or password")
        return Response(200, {"email": body["email"], "role": "admin"}, headers={"set-cookie": sessions.cookie(body["email"])})

    def _create_principal(self, request: Request) -> Response:
        body = _validated(request, "name")
        role = body.get("role", "viewer")
        try:
            key = self._store.add_principal(body["name"], role, request.actor)
        except Conflict:
            raise Problem(409, "CONFLICT", f"Service principal '{body['name']}' already exists") from None
        return Response(201, {"name": body["name"], "role": role, "key": key})

    def _connected_gateway(self, name: str) -> dict:
        gateway = self._store.gateway(name)
        if gateway is None:
            raise Problem(404, "NOT_FOUND", f"Gateway '{name}' not found")
        if not is_connected(gateway):
            detail = f"mTLS required but no client bundle provided for '{gateway['endpoint']}'"
            raise Problem(503, "GATEWAY_NOT_CONNECTED", detail)
        return gateway

    def _insert(self, table: str, values: dict, request: Request) -> None:
        try:
            self._store.insert(table, values, request.actor)
        except Conflict:
            raise Problem(409, "CONFLICT", "Already exists") from None


def _validated(request: Request, *required: str) -> dict:
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        errors = [{"type": "json_invalid", "loc": ["body"], "msg": "JSON decode error", "input": {}}]
        raise Problem(422, "VALIDATION_ERROR", "Validation error", errors=errors)
    errors = [{"type": "missing", "loc": ["body", name], "msg": "Field required", "input": body} for name in required if name not in body]
    if errors:
        raise Problem(422, "VALIDATION_ERROR", "Validation error", errors=errors)
    return body


def _gateway_item(gateway: dict) -> dict:
    connected = is_connected(gateway)
    return {
        "name": gateway["name"], "endpoint": gateway["endpoint"], "scheme": gateway["scheme"], "auth_mode": gateway["auth_mode"],
        "has_ca_cert": gateway["ca_cert"] is not None, "has_client_cert": gateway["client_cert"] is not None,
        "has_client_key": gateway["client_key"] is not None, "metadata": json.loads(gateway["metadata_json"] or "{}"),
        "description": gateway.get("description"), "labels": json.loads(gateway["labels_json"] or "{}"),
        "registered_at": gateway["registered_at"].isoformat(),
        "last_seen": gateway["last_seen"] and gateway["last_seen"].isoformat(), "last_status": gateway["last_status"],
        "runtime": None, "connected": connected, "status": "connected" if connected else "offline",
    }


def _sandbox_item(sandbox: dict) -> dict:
    return {
        "id": f"sbx-{sandbox['id']}", "name": sandbox["sandbox_name"], "namespace": "openshell", "phase": "ready", "phase_code": 2,
        "created_at_ms": int(sandbox["created_at"].timestamp() * 1000), "description": sandbox["description"],
        "labels": json.loads(sandbox["labels_json"] or "{}"),
    }
