"""The province pack as rules for applications, and its forms checked in an application's context."""

from applications.rules.pack import ApplicationRules, rules_of, rules_on

__all__ = ["ApplicationRules", "rules_of", "rules_on"]
