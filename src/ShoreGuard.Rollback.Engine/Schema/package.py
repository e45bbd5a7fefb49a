"""Says from which folder the first process of this container imports ShoreGuard."""

import importlib.util
import sys

with open("/proc/1/cmdline", "rb") as file:
    command = file.read().decode(errors="replace").split("\0")
# A console script does not look into the current folder; uvicorn and python -m do (docs.python.org, "sys.path").
if not {"-m", "--reload"} & set(command) and not any(part.rsplit("/", 1)[-1] == "uvicorn" for part in command):
    sys.path = [folder for folder in sys.path if folder]
spec = importlib.util.find_spec("shoreguard")
print(spec.submodule_search_locations[0] if spec and spec.submodule_search_locations else "")
