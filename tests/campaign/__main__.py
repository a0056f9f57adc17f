"""`python -m tests.campaign NAME --count N` attacks N times and prints the measured row of docs/reliability.md."""

import argparse
import importlib
import pkgutil
import sys

import tests.campaign


def main():
    names = [found.name for found in pkgutil.iter_modules(tests.campaign.__path__) if found.name != "__main__"]
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("name", choices=names)
    parser.add_argument("--count", type=int, default=10)
    options = parser.parse_args()
    sys.stdout.write(importlib.import_module(f"tests.campaign.{options.name}").run(options.count) + "\n")


if __name__ == "__main__":
    main()
