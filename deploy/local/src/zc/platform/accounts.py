"""The accounts of the platform: one JSON file, read again whenever it changes."""

import base64
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ACCOUNT_TYPES = ("individual", "legal_person", "intranet")
_SCRYPT = {"n": 2**12, "r": 8, "p": 1}


@dataclass(frozen=True)
class Account:
    """One login: a person, and for a legal-person or intranet login the unit the person handles."""

    account: str
    name: str
    id_number: str
    account_type: str = "individual"
    id_type: str = "RESIDENT_ID"
    uscc: str | None = None
    unit_name: str | None = None
    phone: str | None = None
    password: str | None = None
    password_scrypt: str | None = None
    sub: str | None = None

    def __post_init__(self) -> None:
        """Refuses an account that could not log in or would carry incomplete claims."""
        if self.account_type not in ACCOUNT_TYPES:
            raise ValueError("unknown account type")
        if not (self.account and self.name and self.id_number and (self.password or self.password_scrypt)):
            raise ValueError("account, name, id_number and a password are needed")
        if self.account_type == "legal_person" and not (self.uscc and self.unit_name):
            raise ValueError("a legal-person account needs uscc and unit_name")

    def accepts(self, password: str) -> bool:
        """Says whether the password is this account's, in constant time."""
        if self.password_scrypt:
            return _verify(password, self.password_scrypt)
        return hmac.compare_digest(password.encode(), (self.password or "").encode())

    def claims(self, secret: str) -> dict[str, Any]:
        """Returns what the platform says about the person, without empty values."""
        sub = self.sub or _subject(secret, self)
        claims = {
            "sub": sub,
            "name": self.name,
            "id_type": self.id_type,
            "id_number": self.id_number,
            "account_type": self.account_type,
            "uscc": self.uscc,
            "unit_name": self.unit_name,
        }
        return {key: value for key, value in claims.items() if value is not None}


def hashed(password: str) -> str:
    """Returns a salted scrypt hash for the accounts file."""
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, **_SCRYPT)
    return f"{base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _verify(password: str, stored: str) -> bool:
    salt, _, digest = stored.partition("$")
    actual = hashlib.scrypt(password.encode(), salt=base64.b64decode(salt), **_SCRYPT)
    return hmac.compare_digest(actual, base64.b64decode(digest))


def _subject(secret: str, account: Account) -> str:
    """Derives a stable pseudonym, so that hand-written accounts need no `sub`."""
    text = f"{account.account_type}\n{account.account}".encode()
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()[:32]


class AccountBook:
    """Finds accounts in the file and adds to it; the file may be appended to while the platform runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._accounts: dict[str, Account] = {}

    def find(self, name: str) -> Account | None:
        """Returns the account of that name; an ID number finds its owner's individual account."""
        self._refresh()
        return self._accounts.get(name) or self.individual(name)

    def individual(self, id_number: str) -> Account | None:
        """Returns the individual account of an ID number."""
        wanted = id_number.upper()
        owned = (a for a in self._accounts.values() if a.id_number == wanted)
        return next((a for a in owned if a.account_type == "individual"), None)

    def name_of(self, id_number: str) -> str | None:
        """Returns the name under which any account holds this ID number."""
        self._refresh()
        return next((a.name for a in self._accounts.values() if a.id_number == id_number.upper()), None)

    def add(self, account: Account) -> bool:
        """Writes the account unless its name, or the person's individual account, already exists."""
        with _locked(self._path):
            self._refresh()
            if account.account in self._accounts or self.individual(account.id_number):
                return False
            _write(self._path, [*_read(self._path), _row(account)])
        self._refresh()
        return True

    def _refresh(self) -> None:
        """Reads the file again if it is another than the one last read; a broken file keeps the old state."""
        if not self._path.exists():
            self._stamp, self._accounts = None, {}
            return
        status = self._path.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp == self._stamp:
            return
        try:
            rows = _read(self._path)
            self._accounts = {row["account"]: _account(row) for row in rows}
        except (ValueError, KeyError, TypeError):
            if self._stamp is None:
                raise
            return  # somebody is writing the file by hand: the next change is read again
        self._stamp = stamp


def append_accounts(path: Path, accounts: Iterable[Account | Mapping[str, Any]]) -> None:
    """Adds accounts to the file, replacing those of the same name; safe while the platform runs."""
    rows = [_row(account) if isinstance(account, Account) else dict(account) for account in accounts]
    for row in rows:
        _account(row)
    with _locked(path):
        merged = {row["account"]: row for row in _read(path)}
        merged.update({row["account"]: row for row in rows})
        _write(path, list(merged.values()))


def _account(row: Mapping[str, Any]) -> Account:
    return Account(**{key: row[key] for key in Account.__dataclass_fields__ if row.get(key)})


def _row(account: Account) -> dict[str, Any]:
    return {key: value for key, value in asdict(account).items() if value is not None}


def _read(path: Path) -> list[dict[str, Any]]:
    """Returns the rows of the file, which is a list or an object with the list under `accounts`."""
    if not path.exists() or path.stat().st_size == 0:
        return []
    content = json.loads(path.read_text(encoding="utf-8"))
    rows = content["accounts"] if isinstance(content, dict) else content
    if not isinstance(rows, list):
        raise ValueError("the accounts file holds no list")
    return rows


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    """Replaces the file in one step, readable by its owner only."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        json.dump(rows, handle, ensure_ascii=False, indent=1)
    draft.replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keeps other writers of the same file waiting."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
