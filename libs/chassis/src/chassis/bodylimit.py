"""Request bodies are limited, and the refusal is a problem document like every other."""

from fastapi import FastAPI, HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.problems import problem

TITLE = "请求内容过大。"


class BodyLimit:
    """Refuses bodies over `limit` bytes, by their announced length or as they arrive."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self.limit:
            refusal = problem(413, "too-large", TITLE, detail=f"请求内容不得超过 {self.limit // 1024} KB。")
            await refusal(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise HTTPException(413)  # the one kind of error that body parsing lets through
            return message

        await self.app(scope, counted, send)


def limit_bodies(app: FastAPI, limit: int) -> None:
    """Install the limit on an application."""
    app.add_middleware(BodyLimit, limit=limit)
