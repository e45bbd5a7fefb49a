"""The metrics that an operator's dashboards and alerts use, in Prometheus' text format."""

import threading
import time
from collections import Counter, defaultdict

from shoreguard.database import Store
from shoreguard.readiness import is_connected
from shoreguard.release import identity

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_lock = threading.Lock()
_requests: Counter = Counter()
_durations: dict[tuple[str, str], list[float]] = defaultdict(list)
_started = time.time()


def observe(method: str, path_template: str, status: int, seconds: float) -> None:
    with _lock:
        _requests[method, status] += 1
        _durations[method, path_template].append(seconds)


def render(store: Store) -> str:
    build = identity()
    gateways = Counter("connected" if is_connected(gateway) else "offline" for gateway in store.gateways())
    lines = _header("process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.")
    lines.append(f"process_start_time_seconds {_started}")
    lines += _header("shoreguard_info", "gauge", "ShoreGuard build information")
    lines.append(
        f'shoreguard_info{{build_time="{build["build_time"]}",git_sha="{build["git_sha"]}",version="{build["version"]}"}} 1.0'
    )
    lines += _header("shoreguard_gateways_total", "gauge", "Number of registered gateways by status")
    lines += [f'shoreguard_gateways_total{{status="{status}"}} {float(n)}' for status, n in gateways.items()]
    with _lock:
        lines += _header("shoreguard_http_requests_total", "counter", "Total HTTP requests by method and status code")
        for (method, status), number in _requests.items():
            lines.append(f'shoreguard_http_requests_total{{method="{method}",status="{status}"}} {float(number)}')
        lines += _header("shoreguard_http_request_duration_seconds", "histogram", "HTTP request latency in seconds")
        for (method, path), seconds in _durations.items():
            lines += _histogram("shoreguard_http_request_duration_seconds", f'method="{method}",path_template="{path}"', seconds)
    return "\n".join(lines) + "\n"


def _header(name: str, kind: str, meaning: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]


def _histogram(name: str, labels: str, values: list[float]) -> list[str]:
    lines = [f'{name}_bucket{{le="{le}",{labels}}} {float(sum(value <= le for value in values))}' for le in BUCKETS]
    lines.append(f'{name}_bucket{{le="+Inf",{labels}}} {float(len(values))}')
    lines.append(f"{name}_count{{{labels}}} {float(len(values))}")
    lines.append(f"{name}_sum{{{labels}}} {sum(values)}")
    return lines
