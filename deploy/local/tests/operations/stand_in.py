#!PYTHON
"""`docker compose` without docker: the file is loaded, a container's command runs beside it, its process is paused."""

import json
import os
import pathlib
import signal
import subprocess
import sys

TOLD = json.loads(pathlib.Path("TOLD").read_text())
words = sys.argv[1:]
assert words.pop(0) == "compose", words
verb = words.pop(0)
with open("TOLD.asked", "a") as log:
    log.write(" ".join([verb, *words]) + "\n")
if verb in ("up", "ps"):
    sys.exit(subprocess.run([TOLD["loader"], "docker-compose.yml"], check=False).returncode)
if verb in ("pause", "unpause"):
    for process in {TOLD["processes"][name] for name in words}:
        os.kill(process, signal.SIGSTOP if verb == "pause" else signal.SIGCONT)
    sys.exit(0)
assert (verb, words.pop(0)) == ("exec", "-T"), (verb, words)
environment = TOLD["containers"][words.pop(0)]
os.environ["PATH"] = environment["PATH"]
os.execvpe(words[0], words, environment)
