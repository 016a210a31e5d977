"""Rows of identity: keys, accounts, logins under way, sessions, roles, staff and other systems."""

from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.clock import real_now
from chassis.db import Aggregate, Instant, Known, Row
from contracts.units.v1 import UnitStatus
from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from identity.domain.membership import RoleState, StaffState
from identity.domain.systems import SystemState


class SigningKey(Aggregate, table=True):
    """A key pair that access tokens are signed with; the private part is sealed."""

    __tablename__ = "signing_key"

    kid: str = Field(sa_type=Text, unique=True)
    public: dict[str, Any] = Field(sa_type=JSONB)
    private: dict[str, str] = Field(sa_type=JSONB)
    made_at: datetime = Field(default_factory=real_now, sa_type=Instant)
    retired_at: datetime | None = Field(default=None, sa_type=Instant)


class Account(Aggregate, table=True):
    """A person who has logged in; name and number come from the platform and cannot be edited (IDN-04)."""

    __tablename__ = "account"

    person: UUID = Field(unique=True)
    name: str = Field(sa_type=Text)
    id_type: str = Field(sa_type=Text)
    number: dict[str, str] = Field(sa_type=JSONB)
    masked_number: str = Field(sa_type=Text)
    merged_into: UUID | None = None
    last_login_at: datetime | None = Field(default=None, sa_type=Instant)


class PlatformLogin(SQLModel, table=True):
    """Which account a subject of the platform belongs to."""

    __tablename__ = "platform_login"

    subject: str = Field(sa_type=Text, primary_key=True)
    account_type: str = Field(sa_type=Text)
    account_id: UUID = Field(foreign_key="account.id", index=True)


class SignIn(Row, table=True):
    """A login between leaving the portal and coming back from the platform; used once, by one callback."""

    __tablename__ = "sign_in"

    state_hash: str = Field(sa_type=Text, unique=True)
    client_id: str = Field(sa_type=Text)
    redirect_uri: str = Field(sa_type=Text)
    portal_state: str = Field(sa_type=Text)
    code_challenge: str = Field(sa_type=Text)
    entrance: str = Field(sa_type=Text)
    nonce: str = Field(sa_type=Text)
    verifier: str = Field(sa_type=Text)
    expires_at: datetime = Field(sa_type=Instant, index=True)
    claimed_by: str | None = Field(default=None, sa_type=Text)  # hash of the callback's code
    answer: dict[str, str] | None = Field(default=None, sa_type=JSONB)  # the sealed way back to the portal
    answered_at: datetime | None = Field(default=None, sa_type=Instant)


class LoginSession(Row, table=True):
    """One login at one portal: the family of its refresh tokens."""

    __tablename__ = "login_session"

    account_id: UUID = Field(foreign_key="account.id", index=True)
    client_id: str = Field(sa_type=Text)
    entrance: str = Field(sa_type=Text)
    uscc: str | None = Field(default=None, sa_type=Text)
    unit_name: str | None = Field(default=None, sa_type=Text)
    began_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = Field(default=None, sa_type=Text)  # logout | replay | refused


class GrantCode(SQLModel, table=True):
    """A code that a portal exchanges once for tokens."""

    __tablename__ = "grant_code"

    code_hash: str = Field(sa_type=Text, primary_key=True)
    session_id: UUID = Field(foreign_key="login_session.id", index=True)
    redirect_uri: str = Field(sa_type=Text)
    code_challenge: str = Field(sa_type=Text)
    expires_at: datetime = Field(sa_type=Instant, index=True)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class RefreshToken(SQLModel, table=True):
    """A refresh token; its use brings the next one."""

    __tablename__ = "refresh_token"

    token_hash: str = Field(sa_type=Text, primary_key=True)
    session_id: UUID = Field(foreign_key="login_session.id", index=True)
    expires_at: datetime = Field(sa_type=Instant, index=True)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class KnownUnit(Known, table=True):
    """A unit as its events tell."""

    __tablename__ = "known_unit"

    uscc: str = Field(sa_type=Text, index=True)
    name: str = Field(sa_type=Text)
    kinds: list[str] = Field(sa_type=JSONB)
    state: str = Field(sa_type=Text)
    handlers: list[str] = Field(sa_type=JSONB)

    @property
    def authorised(self) -> bool:
        """Whether its functions are open; they stay so while a change of superior is pending."""
        return self.state in (UnitStatus.AUTHORISED, UnitStatus.SUPERIOR_CHANGE_PENDING)


class Role(Aggregate, table=True):
    """A unit's role."""

    __tablename__ = "role"
    __table_args__ = (
        CheckConstraint("state IN ('ACTIVE', 'DELETED')", name="role_state"),
        Index("role_name", "unit_id", "name", unique=True, postgresql_where=text("state = 'ACTIVE'")),
    )

    unit_id: UUID
    name: str = Field(sa_type=Text)
    permissions: list[str] = Field(sa_type=JSONB)
    state: RoleState = Field(default=RoleState.ACTIVE, sa_type=Text)


class Staff(Aggregate, table=True):
    """A person's membership of a unit; the number is unknown of handlers until they log in."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("state IN ('ACTIVE', 'REMOVED')", name="staff_state"),
        UniqueConstraint("unit_id", "person", name="staff_person"),
    )

    unit_id: UUID
    person: UUID = Field(index=True)
    name: str = Field(sa_type=Text)
    id_type: str | None = Field(default=None, sa_type=Text)
    masked_number: str | None = Field(default=None, sa_type=Text)
    super_admin: bool = False
    state: StaffState = Field(default=StaffState.ACTIVE, sa_type=Text)


class StaffRole(SQLModel, table=True):
    """Who holds which role."""

    __tablename__ = "staff_role"

    staff_id: UUID = Field(foreign_key="staff.id", primary_key=True)
    role_id: UUID = Field(foreign_key="role.id", primary_key=True, index=True)


class System(Aggregate, table=True):
    """Another information system that asks for tokens by itself; its id is who it is everywhere."""

    __tablename__ = "system"
    __table_args__ = (CheckConstraint("state IN ('ACTIVE', 'DISABLED')", name="system_state"),)

    client_id: str = Field(sa_type=Text, unique=True)
    name: str = Field(sa_type=Text)
    permissions: list[str] = Field(sa_type=JSONB)
    state: SystemState = Field(default=SystemState.ACTIVE, sa_type=Text)


class SystemSecret(Row, table=True):
    """A secret of a system, as its hash; while it is being changed there are two."""

    __tablename__ = "system_secret"

    system_id: UUID = Field(foreign_key="system.id", index=True)
    secret_hash: str = Field(sa_type=Text, unique=True)
    made_at: datetime = Field(default_factory=real_now, sa_type=Instant)
    ends_at: datetime | None = Field(default=None, sa_type=Instant)


class SystemGuesses(SQLModel, table=True):
    """Wrong secrets that came under a system's name."""

    __tablename__ = "system_guesses"

    system_id: UUID = Field(foreign_key="system.id", primary_key=True)
    wrong: int = 0
    since: datetime | None = Field(default=None, sa_type=Instant)
