"""Settings by environment or secret files: suite-wide names as they are, a service's own with its prefix."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def settings_for(prefix: str) -> SettingsConfigDict:
    """The configuration of a service's settings class; `SECRETS_DIR` names a directory of one file per secret."""
    secrets = os.environ.get("SECRETS_DIR")
    return SettingsConfigDict(
        env_prefix=prefix, secrets_dir=secrets if secrets else None, extra="ignore", populate_by_name=True
    )


EmptyIsUnset = BeforeValidator(lambda value: value or None)
"""Deploy files say everything that they know of, and leave empty what a deployment does not use."""


class Settings(BaseSettings):
    """What every service needs to know; a field with an alias is shared by the whole suite."""

    # The service's own, with its prefix.
    host: str = "127.0.0.1"
    port: int = 8000
    database_url: str  # postgresql://app-role@…; the role owns nothing
    owner_database_url: str = ""  # the role that migrates; needed by `migrate` only
    s3_access_key: str = ""
    s3_secret_key: str = ""
    kafka_username: str = ""  # these two count unless the protocol is PLAINTEXT
    kafka_password: str = Field("", repr=False)

    # Shared by the suite.
    province: str = Field("sichuan", validation_alias="PROVINCE")
    public_base_url: str = Field("http://127.0.0.1:8080", validation_alias="PUBLIC_BASE_URL")
    kafka_bootstrap_servers: str = Field("127.0.0.1:9092", validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    kafka_security_protocol: Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", validation_alias="KAFKA_SECURITY_PROTOCOL"
    )
    kafka_sasl_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"] = Field(
        "SCRAM-SHA-256", validation_alias="KAFKA_SASL_MECHANISM"
    )
    kafka_ca_file: Annotated[Path | None, EmptyIsUnset] = Field(None, validation_alias="KAFKA_CA_FILE")
    kafka_group_instance_id: str | None = Field(None, validation_alias="KAFKA_GROUP_INSTANCE_ID")
    s3_endpoint: str = Field("http://127.0.0.1:9000", validation_alias="S3_ENDPOINT")
    s3_public_endpoint: str = Field("http://127.0.0.1:8080", validation_alias="S3_PUBLIC_ENDPOINT")
    s3_region: str = Field("us-east-1", validation_alias="S3_REGION")
    person_ref_key: str = Field(validation_alias="PERSON_REF_KEY", min_length=32)
    seal_key: str = Field(validation_alias="SEAL_KEY", min_length=64, max_length=64, pattern="^[0-9a-f]+$")
    seal_key_id: str = Field("k1", validation_alias="SEAL_KEY_ID", pattern=r"^[\w-]{1,20}$")
    seal_keys_other: str = Field(  # id:hex id:hex …; open what they sealed, and seal nothing
        "", validation_alias="SEAL_KEYS_OTHER", pattern=r"^\s*([\w-]{1,20}:[0-9a-f]{64}\s*)*$", repr=False
    )
    log_level: str = Field("INFO", validation_alias="LOG_LEVEL")
    otlp_endpoint: str = Field("", validation_alias="OTLP_ENDPOINT")
    spans_file: str = Field("", validation_alias="SPANS_FILE")
    # Only a local stack sets these: time travel, webhooks to this machine, and dying on purpose.
    clock_shift_file: Path | None = Field(None, validation_alias="CLOCK_SHIFT_FILE")
    webhook_private_targets: bool = Field(False, validation_alias="WEBHOOK_PRIVATE_TARGETS")
    failpoints: str = Field("", validation_alias="FAILPOINTS")
    failpoints_dir: Path | None = Field(None, validation_alias="FAILPOINTS_DIR")

    @property
    def seal_keys(self) -> dict[str, str]:
        """Every key that may have sealed something, by its name."""
        others = dict(pair.split(":", 1) for pair in self.seal_keys_other.split())
        return others | {self.seal_key_id: self.seal_key}

    @property
    def issuer(self) -> str:
        """Who signs access tokens."""
        return f"{self.public_base_url}/api/v1/identity"
