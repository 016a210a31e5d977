"""The launcher and operator command line of a docker-less suite."""
