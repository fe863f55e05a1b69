"""Runs Snowflake's driver for Node.js against the local platform.

Usage: node.py STATUS.json
"""

import os
import subprocess
import sys

from checking import HERE

DRIVER = "snowflake-sdk@3.3.0"


def main():
    programs = os.path.join(sys.prefix, "bin")
    driver = os.path.join(sys.prefix, DRIVER)
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
    marker = os.path.join(driver, "installed.txt")
    if not os.path.exists(marker):
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        command = ["npm", "install", "--prefix", driver, *quiet, DRIVER]
        subprocess.run(command, env=environment, check=True)
        # Written last, so that an interrupted installation is repeated.
        with open(marker, "w", encoding="utf-8"):
            pass
    environment["NODE_PATH"] = os.path.join(driver, "node_modules")
    command = ["node", os.path.join(HERE, "node.js"), sys.argv[1]]
    sys.exit(subprocess.run(command, env=environment, check=False).returncode)


main()
