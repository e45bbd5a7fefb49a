"""The same interface on the libraries of the real application: FastAPI on uvicorn, and SQLAlchemy's two engines side by side."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi import Request as HttpRequest
from fastapi import Response as HttpResponse
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shoreguard import metrics, settings
from shoreguard.api import Api, Request
from shoreguard.pool import PooledStore, make_engine
from shoreguard.server import content_security_policy

BEAT_SECONDS = 0.5
FRAME_SECONDS = 15
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def serve() -> None:
    """Returns when it was told to stop; exits with code 3 when it cannot start."""
    uvicorn.run(make_application(), host=settings.HOST, port=settings.PORT, timeout_graceful_shutdown=settings.GRACEFUL_SHUTDOWN_SECONDS,
                forwarded_allow_ips=settings.FORWARDED_ALLOW_IPS)


def make_application() -> FastAPI:
    store = PooledStore(make_engine(settings.DATABASE_URL))
    api = Api(store)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        store.ensure_bootstrap_principal()
        engine = await _asynchronous(store)
        tasks = [asyncio.create_task(_beat(store)), asyncio.create_task(_clean_up(engine))]
        yield
        for task in tasks:
            task.cancel()
        await engine.dispose()
        store.close()

    application = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @application.websocket("/ws/{gateway}/{sandbox}")
    async def stream(socket: WebSocket, gateway: str, sandbox: str) -> None:
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await socket.send_json({"gateway": gateway, "sandbox": sandbox, "type": "heartbeat"})
                await asyncio.sleep(FRAME_SECONDS)

    @application.api_route("/{path:path}", methods=METHODS)
    async def answer(call: HttpRequest) -> HttpResponse:
        return _answer(api, call, await call.body())

    return application


def _answer(api: Api, call: HttpRequest, body: bytes) -> HttpResponse:
    started = time.perf_counter()
    request = Request(method=call.method, path=call.url.path, query=parse_qs(call.url.query), headers=call.headers, body=body, request_id=secrets.token_hex(8))
    response = api.answer(request)
    metrics.observe(request.method, response.path_template, response.status, time.perf_counter() - started)
    headers = response.headers | {"x-request-id": request.request_id, "x-content-type-options": "nosniff", "x-frame-options": "DENY",
                                  "content-security-policy": content_security_policy(), "vary": "Accept-Encoding"}
    return HttpResponse(response.encoded(), response.status, headers, response.content_type)


async def _asynchronous(store: PooledStore) -> AsyncEngine:
    # The real one takes the first engine's URL as text, in which SQLAlchemy shows no password: with one in it, it does not start.
    engine = create_async_engine(store.url.replace("sqlite:", "sqlite+aiosqlite:", 1), pool_pre_ping=True)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    return engine


async def _beat(store: PooledStore) -> None:
    """A background task that asks the database all the time, in the event loop; what it meets there it forgets."""
    while True:
        with contextlib.suppress(Exception):
            store.ping()
        await asyncio.sleep(BEAT_SECONDS)


async def _clean_up(engine: AsyncEngine) -> None:
    while True:
        with contextlib.suppress(Exception):
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        await asyncio.sleep(BEAT_SECONDS)
