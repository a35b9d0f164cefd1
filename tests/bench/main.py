"""Runs the sections, and writes the whole report."""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import os
import platform
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

from harness import Context, Goal, Section, query, table

# In the order of the report.
SECTIONS = ["load", "size", "growth", "end_to_end", "progression", "resources", "control"]

SERVER_SETTINGS = [
    "fsync", "synchronous_commit", "full_page_writes", "wal_level", "shared_buffers", "max_wal_size", "autovacuum",
]  # fmt: skip


@dataclass
class Done:
    """A section that ran, and how. Kept beside the build, so that a report has all sections though they ran one by one."""

    title: str
    section: Section
    when: str
    command: str
    load: str  # the machine's load average, before and after

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1))

    @staticmethod
    def read(path: Path) -> Done:
        fields = json.loads(path.read_text())
        goals = [Goal(**goal) for goal in fields["section"]["goals"]]
        return Done(**fields | {"section": Section(fields["section"]["markdown"], goals)})


def main() -> int:
    options = parse(sys.argv[1:])
    context = Context(options.build, options.scratch, options.admin_url, options.quick)
    kept = options.build / ("bench-quick" if options.quick else "bench")
    failed = []
    for name in options.sections:
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        started = time.monotonic()
        try:
            run(name, context, options).save(kept / f"{name}.json")
        except Exception:  # the other sections are still worth their time
            traceback.print_exc()
            failed.append(name)
        print(f"bench: {name} took {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    done = [Done.read(kept / f"{name}.json") for name in SECTIONS if (kept / f"{name}.json").exists()]
    options.report.write_text(report(context, done))
    print(f"bench: the report is {options.report}", file=sys.stderr)
    if failed:
        print(f"bench: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def run(name: str, context: Context, options: argparse.Namespace) -> Done:
    module = importlib.import_module(name)
    before = load_average()
    when = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC"
    section = module.run(context)
    command = " ".join(["tools/bench", name, *["--quick"] * options.quick])
    return Done(module.TITLE, section, when, command, f"{before} before, {load_average()} after")


def load_average() -> str:
    return f"{os.getloadavg()[0]:.1f}"


def absolute(path: str) -> Path:
    return Path(path).resolve()


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("sections", nargs="*", metavar="SECTION", default=SECTIONS)
    parser.add_argument("--build", type=absolute, required=True)
    parser.add_argument("--scratch", type=absolute, required=True)
    parser.add_argument("--admin-url", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--report", type=Path, required=True)
    options = parser.parse_args(arguments)
    options.sections = options.sections or SECTIONS
    if unknown := set(options.sections) - set(SECTIONS):
        parser.error(f"there is no section {', '.join(sorted(unknown))}: {', '.join(SECTIONS)}")
    return options


def report(context: Context, done: list[Done]) -> str:
    parts = [
        "# Benchmarks\n",
        "Written by `tools/bench`; do not edit. Every figure of a section is from one run on one machine. What is compared ran "
        "in turn, A B B A, so that both met the same machine; a ratio is the median of the pairs' ratios, with the least and "
        "the most.\n",
        *(["**Quick**: sizes of a hundredth, which prove that it works and not how fast it is.\n"] * context.quick),
        machine(context),
    ]
    rows = [
        [goal.figure, goal.goal, goal.value, "yes" if goal.reached else "**no**"] for one in done for goal in one.section.goals
    ]
    if rows:
        parts.append("## Goals\n\n" + table(["figure", "goal", "measured", "reached"], rows))
    parts += [
        f"## {one.title}\n\n`{one.command}`, {one.when}; the machine's load average: {one.load}.\n\n{one.section.markdown}"
        for one in done
    ]
    return "\n".join(parts)


def machine(context: Context) -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    (version,) = query(context.admin_url, "SHOW server_version")[0]
    settings = ", ".join(f"{name} = {query(context.admin_url, f'SHOW {name}')[0][0]}" for name in SERVER_SETTINGS)
    return (
        f"Machine: {os.cpu_count()} cores ({cpu}), {memory:.1f} GiB of memory, Linux {platform.release().split('-')[0]}. Our own work "
        "is a load of 1 to 3: what the load averages below say beyond that was others' work. "
        f"PostgreSQL {version} on a Unix socket: {settings}.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
