"""`python -m tokscope`, and the command `tokscope`."""

import sys


def main() -> None:
    """Run the command line; what is imported on the way may be interrupted, too."""
    try:
        from tokscope.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
