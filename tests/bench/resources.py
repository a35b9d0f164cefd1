"""What candled itself uses: CPU for each million bars, and memory, whatever the history's length."""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass

from harness import Goal, Section, interleaved
from ingest import Exchange, Job, Settings, backfill, drop_database, query, tickers

TITLE = "CPU and memory"

CPU_MAX = 1.0  # seconds a million bars, with all that it does
MEMORY_MAX = 64.0  # MiB
# Where a hundred million bars would take longer than this, thirty are measured. CANDLED_BENCH_LARGEST=1 measures them
# all the same.
LARGEST_SECONDS_MAX = 15 * 60.0


@dataclass
class Used:
    bars: float
    seconds: float
    cpu: float
    peak: float  # MiB

    @property
    def cpu_of_a_million(self) -> float:
        return self.cpu / self.bars * 1e6


def run(context) -> Section:
    # A symbol has about a million minutes in five years.
    first, last = ("2024-01-01", "2024-06-30") if context.quick else ("2020-01-01", "2024-12-31")
    sizes: dict[int, list[Used]] = {1: [], 5: []} if context.quick else {1: [], 10: []}
    with Exchange(context.build) as exchange:

        def measure(symbols: int) -> None:
            database = context.database("bench_resources")
            query(context.admin_url, "CHECKPOINT")
            settings = Settings([Job("1m", tickers(symbols))])
            done = backfill(context.build, context.scratch / "resources", settings, database, exchange.url, first, last)
            drop_database(context.admin_url, database)
            sizes[symbols].append(Used(done.phases["bars"], done.seconds, done.cpu, done.peak_kib / 1024))

        interleaved(context.pairs, {str(size): lambda size=size: measure(size) for size in sizes})
        expected = middle(sizes[max(sizes)], "seconds") * 10
        if not context.quick:
            largest = 100 if expected <= LARGEST_SECONDS_MAX or "CANDLED_BENCH_LARGEST" in os.environ else 30
            sizes[largest] = []
            measure(largest)  # once: it takes as long as all others together
    left_out = 30 in sizes
    return section(sizes, f"A hundred million bars would take {expected / 60:.0f} minutes here." if left_out else "")


def section(sizes: dict[int, list[Used]], note: str) -> Section:
    lines = [
        "candled alone, from its start to its end: fetch, gunzip, parse, check, compare, copy, commit. One-minute bars from an "
        "exchange without a limit, as `candled backfill` with the default configuration. Memory is VmHWM, the most that was "
        "ever resident.",
        "",
        "| bars | symbols | runs | CPU s a million bars (least to most) | peak memory, MiB | wall, s | bars/s |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [row(symbols, runs) for symbols, runs in sizes.items()]
    small, large = sizes[min(sizes)], sizes[max(sizes)]
    growth = middle(large, "peak") / middle(small, "peak")
    cost = middle(large, "cpu_of_a_million") / middle(small, "cpu_of_a_million")
    lines += ["", f"From the smallest to the largest: {growth:.2f} times the memory, {cost:.2f} times the CPU of a bar. {note}", ""]
    # Where there are less bars than that, it is the start of the program that is measured.
    cpu = max(middle(runs, "cpu_of_a_million") for runs in sizes.values() if middle(runs, "bars") > 500_000)
    peak = max(one.peak for runs in sizes.values() for one in runs)
    goals = [
        Goal("CPU of candled per million bars, fetched and gunzipped to committed", "<= 1.0 s", f"{cpu:.2f} s", cpu <= CPU_MAX),
        Goal("peak memory, any history size", "<= 64 MiB", f"{peak:.1f} MiB", peak <= MEMORY_MAX),
    ]
    return Section("\n".join(lines), goals)


def middle(runs: list[Used], name: str) -> float:
    return statistics.median(getattr(one, name) for one in runs)


def row(symbols: int, runs: list[Used]) -> str:
    cpu = sorted(one.cpu_of_a_million for one in runs)
    bars, seconds = middle(runs, "bars"), middle(runs, "seconds")
    return (
        f"| {bars:,.0f} | {symbols} | {len(runs)} | {statistics.median(cpu):.2f} ({cpu[0]:.2f} to {cpu[-1]:.2f}) "
        f"| {max(one.peak for one in runs):.1f} | {seconds:.1f} | {bars / seconds:,.0f} |"
    )
