"""Everything that one running platform holds."""

import time

from zc.platform.accounts import Account, AccountBook
from zc.platform.flow import Attempts, Clock, Grant, LoginRequest, Shelf
from zc.platform.keys import Signer
from zc.platform.settings import Settings


class Platform:
    """Joins the settings, the accounts, the key and what lives between two calls."""

    def __init__(self, settings: Settings, clock: Clock = time.monotonic) -> None:
        self.settings = settings
        self.book = AccountBook(settings.accounts_file)
        self.signer = Signer(settings.key_file)
        self.attempts = Attempts(settings.max_attempts, settings.lock_seconds, clock)
        self.logins: Shelf[LoginRequest] = Shelf(settings.login_seconds, clock)
        self.codes: Shelf[Grant] = Shelf(settings.code_seconds, clock)
        self.tokens: Shelf[Account] = Shelf(settings.token_seconds, clock)
        # Which access token a used code brought: a replayed code takes it back.
        self.spent: Shelf[str] = Shelf(settings.token_seconds, clock)

    def issue(self, code: str, account: Account) -> str:
        """Returns a new access token and remembers which code brought it."""
        access_token = self.tokens.put(account)
        self.spent.keep(code, access_token)
        return access_token

    def withdraw(self, code: str) -> None:
        """Takes back the access token of a code that is offered again (RFC 6749 §4.1.2)."""
        access_token = self.spent.take(code)
        if access_token is not None:
            self.tokens.take(access_token)
