"""For all tests."""

import os

# Hundreds of tests start tokscope as a process; without byte code each of them would compile it again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
