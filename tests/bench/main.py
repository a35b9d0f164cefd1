"""Runs the sections, and writes the whole report."""

from __future__ import annotations

import argparse
import datetime
import importlib
import os
import platform
import sys
import time
import traceback
from pathlib import Path

from harness import Context, Section, query, table

# In the order of the report.
SECTIONS = ["load", "size", "growth", "end_to_end", "progression", "resources"]

SERVER_SETTINGS = [
    "fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers", "max_wal_size", "autovacuum",
]  # fmt: skip


def main() -> int:
    options = parse(sys.argv[1:])
    context = Context(options.build, options.scratch, options.admin_url, options.quick)
    done: list[tuple[str, Section]] = []
    failed = []
    for name in options.sections:
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        started = time.monotonic()
        try:
            module = importlib.import_module(name)
            done.append((module.TITLE, module.run(context)))
        except Exception:  # the other sections are still worth their time
            traceback.print_exc()
            failed.append(name)
        print(f"bench: {name} took {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    report = write_report(context, options, done, failed)
    options.report.write_text(report)
    print(f"bench: the report is {options.report}", file=sys.stderr)
    return 1 if failed else 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("sections", nargs="*", metavar="SECTION", default=SECTIONS)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--admin-url", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--report", type=Path, required=True)
    options = parser.parse_args(arguments)
    options.sections = options.sections or SECTIONS
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"there is no section {', '.join(sorted(unknown))}: {', '.join(SECTIONS)}")
    return options


def write_report(
    context: Context, options: argparse.Namespace, done: list[tuple[str, Section]], failed: list[str]
) -> str:
    command = " ".join(["tools/bench", *([] if options.sections == SECTIONS else options.sections)])
    parts = [
        "# Benchmarks\n",
        f"Written by `{command}{' --quick' if options.quick else ''}` on {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} "
        "UTC; do not edit. Every figure is from one run on one machine. What is compared ran in turn, A B B A, so that both "
        "met the same machine; a ratio is the median of the pairs' ratios, with the least and the most.\n",
        *(["**Quick**: sizes of a hundredth, which prove that it works and not how fast it is.\n"] * options.quick),
        machine(context),
    ]
    goals = [goal for _, section in done for goal in section.goals]
    if goals:
        rows = [[goal.figure, goal.goal, goal.value, "yes" if goal.reached else "**no**"] for goal in goals]
        parts.append("## Goals\n\n" + table(["figure", "goal", "measured", "reached"], rows))
    parts += [f"## {title}\n\n{section.markdown}" for title, section in done]
    if failed:
        parts.append(f"Sections that failed: {', '.join(failed)}.\n")
    return "\n".join(parts)


def machine(context: Context) -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    (version,) = query(context.admin_url, "SHOW server_version")[0]
    settings = ", ".join(f"{name} = {query(context.admin_url, f'SHOW {name}')[0][0]}" for name in SERVER_SETTINGS)
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"Machine: {os.cpu_count()} cores ({cpu}), {memory:.1f} GiB of memory, Linux {platform.release()}; its load average "
        f"at the end was {load} (1, 5 and 15 minutes; what is above our own 1 to 3 was others' work). "
        f"PostgreSQL {version} on a Unix socket: {settings}.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
