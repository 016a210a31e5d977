"""Runs the platform: `python -m zc.platform --port N --issuer URL --accounts FILE …`."""

import argparse
import os
from pathlib import Path

import uvicorn

from zc.platform.app import create_app
from zc.platform.settings import Settings


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m zc.platform", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--issuer", required=True, help="may carry a path when a gateway stands in front")
    parser.add_argument("--accounts", type=Path, required=True, help="JSON file, read again when it changes")
    parser.add_argument("--client-id", required=True)
    parser.add_argument(
        "--client-secret",
        default=os.environ.get("PLATFORM_CLIENT_SECRET"),
        help="or PLATFORM_CLIENT_SECRET, which keeps it out of the process list",
    )
    parser.add_argument("--redirect-uri", action="append", required=True, help="may be given several times")
    parser.add_argument("--key", type=Path, help="keeps the signing key over restarts")
    told = parser.parse_args()
    if not told.client_secret:
        parser.error("--client-secret or PLATFORM_CLIENT_SECRET is needed")
    return told


def main() -> None:
    """Serves until it is stopped."""
    told = _arguments()
    settings = Settings(
        issuer=told.issuer.rstrip("/"),
        accounts_file=told.accounts,
        client_id=told.client_id,
        client_secret=told.client_secret,
        redirect_uris=tuple(told.redirect_uri),
        key_file=told.key,
    )
    # No access log: addresses of a login are nobody's business.
    uvicorn.run(create_app(settings), host=told.host, port=told.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
