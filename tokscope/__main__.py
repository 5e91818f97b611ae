"""`python -m tokscope`, and the command `tokscope`."""

import os
import sys

from tokscope import garbage


def main() -> None:
    """Run the command line; what is imported on the way may be interrupted, too.

    Example: python -m tokscope count -x "Hello world", from a shell
    """
    garbage.pause()  # until the command runs, see groups
    try:
        import signal

        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))  # nothing has begun yet
        from tokscope.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
