"""The one registry that all listening functions of notices enter themselves in."""

from chassis.consume import Consumers

consumers = Consumers()
