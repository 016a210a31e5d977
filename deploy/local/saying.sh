#!/bin/bash
# Sourced by the scripts that install: how they say what they do, and why they end.
say() { printf '· %s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# What a log says about why its program ended.
last_words() { grep -m1 -iE 'error|fail|denied|no such' "$1" || tail -n 1 "$1"; }
