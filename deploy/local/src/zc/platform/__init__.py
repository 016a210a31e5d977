"""A local OpenID Connect provider that stands in for the provincial identity and intranet platforms."""

from zc.platform.accounts import Account, AccountBook, append_accounts
from zc.platform.app import create_app
from zc.platform.settings import Settings

__all__ = ["Account", "AccountBook", "Settings", "append_accounts", "create_app"]
