"""``python -m ternlut`` is the command."""

from dse.cli import main

if __name__ == "__main__":
    main()
