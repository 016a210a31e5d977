"""Events, envelope, topic registry and permissions that services share."""
