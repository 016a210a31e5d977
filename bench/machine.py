"""The line without which figures mean nothing."""

import os
import platform
from pathlib import Path


def machine() -> str:
    """Processor, cores, load, kernel and Python of this machine."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    system = f"Linux {platform.release()}, Python {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores, load {load}; {system}"
