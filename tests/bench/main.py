"""Runs the sections of tools/bench and writes their report."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import shlex
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import psycopg2
from harness import Context, Goal, Section

SECTIONS = ["load", "end_to_end", "progression", "resources"]

INTRODUCTION = """\
# How fast candled is

<!-- Written by tools/bench: do not edit. -->

Every comparison is a ratio of runs that took turns on one machine in one session, and the median of the pairs, with the
least and the most of them; absolute times say more about the machine than about candled.
"""


def machine(admin_url: str) -> list[tuple[str, str]]:
    cpu = next(line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line)
    memory = int(Path("/proc/meminfo").read_text().split(maxsplit=2)[1]) / 2**20
    connection = psycopg2.connect(admin_url)
    cursor = connection.cursor()
    cursor.execute("SELECT name, setting, unit FROM pg_settings WHERE source = 'configuration file' AND name <> ALL (%s)",
                   [["unix_socket_directories", "listen_addresses", "log_timezone", "TimeZone", "DateStyle", "datestyle"]])  # fmt: skip
    settings = ", ".join(f"{name} {setting}{unit or ''}" for name, setting, unit in cursor.fetchall() if not name.startswith("lc_"))
    cursor.execute("SHOW server_version")
    (version,) = cursor.fetchone()
    connection.close()
    return [
        ("machine", f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("PostgreSQL", f"{version}, on the same machine, durable; {settings}"),
    ]


def goals_table(goals: list[Goal]) -> str:
    lines = ["| figure | goal | measured | |", "|---|---|---|---|"]
    lines += [f"| {one.figure} | {one.goal} | {one.value} | {'reached' if one.reached else '**missed**'} |" for one in goals]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/bench")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--report", type=Path)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--admin", required=True)
    options = parser.parse_args()
    for name in options.sections:
        if name not in SECTIONS:
            print(f"bench: there is no section {name}: there are {', '.join(SECTIONS)}", file=sys.stderr)
            return 2
    names = options.sections or SECTIONS
    context = Context(options.build, options.scratch, options.admin, options.quick, 3 if options.quick else 5)
    began = time.monotonic()
    parts: list[str] = []
    goals: list[Goal] = []
    for name in names:
        module = importlib.import_module(name)
        print(f"bench: {module.TITLE} …", file=sys.stderr, flush=True)
        section: Section = module.run(context)
        parts.append(f"## {module.TITLE}\n\n{section.markdown.strip()}\n")
        goals += section.goals
    command = shlex.join(["tools/bench", *options.sections] + (["--quick"] if options.quick else []))
    facts = [
        *machine(options.admin),
        ("date", datetime.now(timezone.utc).strftime("%Y-%m-%d")),
        ("commit", subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()),
        ("command", f"`{command}`, {(time.monotonic() - began) / 60:.0f} minutes"),
    ]
    table = "\n".join(["| | |", "|---|---|"] + [f"| {name} | {value} |" for name, value in facts]) + "\n"
    report = "\n".join([INTRODUCTION, table, "## Goals\n", goals_table(goals), *parts])
    if options.report:
        options.report.write_text(report)
    print(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
