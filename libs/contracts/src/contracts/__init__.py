"""Events, envelope, topic registry and permissions that services share: pydantic models, no I/O."""
