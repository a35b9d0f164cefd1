"""From the exchange's answer to the committed bar: as fast as it goes, and within a provider's limit."""

from __future__ import annotations

import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from harness import Goal, Section, interleaved, ratio
from ingest import (
    Backfill,
    Exchange,
    Job,
    Settings,
    backfill,
    drop_database,
    query,
    server_cpu_seconds,
    tickers,
)

TITLE = "End to end"

COLUMNS = "ts, open, high, low, close, volume, vwap, series_id, trade_count"


def run(context) -> Section:
    unlimited = run_unlimited(context)
    limited = run_limited(context)
    return Section(unlimited.markdown + "\n" + limited.markdown, unlimited.goals + limited.goals)


# -- as fast as it goes ------------------------------------------------------------------------------------------------


@dataclass
class Measured:
    run: Backfill
    exchange_cpu: float
    server_cpu: float

    @property
    def bars(self) -> float:
        return self.run.phases["bars"]


def run_unlimited(context) -> Section:
    symbols, first, last = (2, "2024-01-01", "2024-03-31") if context.quick else (5, "2024-01-01", "2024-12-31")
    settings = Settings([Job("1m", tickers(symbols))])
    runs: list[Measured] = []

    def candled() -> Measured:
        database = context.database("bench_end_to_end")
        query(context.admin_url, "CHECKPOINT")  # what others wrote before shall not be written during this run
        exchange_before, server_before = exchange.cpu_seconds(), server_cpu_seconds(context.admin_url)
        done = backfill(context.build, context.scratch / "end_to_end", settings, database, exchange.url, first, last)
        measured = Measured(
            done,
            exchange.cpu_seconds() - exchange_before,
            server_cpu_seconds(context.admin_url) - server_before,
        )
        drop_database(context.admin_url, database)
        runs.append(measured)
        return measured

    with Exchange(context.build) as exchange:
        text = ready_text(context, settings, exchange, first, last)
        copies: list[float] = []
        # The harness times all that a callable does; ours also makes a database, so we keep our own times.
        interleaved(context.pairs, {"candled": candled, "psql": lambda: copies.append(psql_copy(context, text))})
    text.unlink()
    against_copy = ratio(copies, [one.run.seconds for one in runs])
    return Section(unlimited_markdown(runs, copies, against_copy))


def ready_text(context, settings: Settings, exchange: Exchange, first: str, last: str) -> Path:
    """The same bars as the text that psql reads. This run also warms up the exchange and the server."""
    database = context.database("bench_end_to_end")
    backfill(context.build, context.scratch / "end_to_end", settings, database, exchange.url, first, last)
    text = context.scratch / "bars.txt"
    psql(database, f"\\copy (SELECT {COLUMNS} FROM candled.bar ORDER BY series_id, ts) TO '{text}'")
    drop_database(context.admin_url, database)
    return text


def psql_copy(context, text: Path) -> float:
    database = context.database("bench_psql_copy")
    query(database, "SELECT candled.ensure_bar_partitions('2024-01-01', '2025-01-01')")  # New York's year ends in ours
    query(context.admin_url, "CHECKPOINT")
    seconds = psql(database, f"\\copy candled.bar ({COLUMNS}) FROM '{text}'")
    drop_database(context.admin_url, database)
    return seconds


def psql(url: str, command: str) -> float:
    started = time.monotonic()
    subprocess.run(["psql", "-X", "-q", "-d", url, "-c", command], check=True)
    return time.monotonic() - started


def unlimited_markdown(runs: list[Measured], copies: list[float], against_copy) -> str:
    def middle(value) -> float:
        return statistics.median(value(one) for one in runs)

    def spread(value) -> str:
        values = sorted(value(one) for one in runs)
        return f"{statistics.median(values):.2f} ({values[0]:.2f} to {values[-1]:.2f})"

    bars = middle(lambda one: one.bars)
    lines = [
        f"**An exchange without a limit.** {bars:,.0f} bars of one minute from {middle(lambda one: one.run.phases['requests']):.0f} "
        f"answers (gzip, {middle(lambda one: one.run.phases['bytes']) / 1e6:.1f} MB), {len(runs)} runs, each in turn with "
        "`psql \\copy` of the same bars from ready text into the same table. Median (least to most) of seconds:",
        "",
        "| | seconds | a million bars |",
        "|---|---:|---:|",
        f"| wall, {bars / middle(lambda one: one.run.seconds):,.0f} bars/s | {spread(lambda one: one.run.seconds)} "
        f"| {middle(lambda one: one.run.seconds / one.bars) * 1e6:.2f} |",
    ]
    for name, value in {
        "CPU of candled": lambda one: one.run.cpu,
        "CPU of PostgreSQL": lambda one: one.server_cpu,
        "CPU of the exchange": lambda one: one.exchange_cpu,
    }.items():
        million = statistics.median(value(one) / one.bars for one in runs) * 1e6
        lines.append(f"| {name} | {spread(value)} | {million:.2f} |")
    for phase in ("plan", "wait", "fetch", "parse", "validate", "merge", "copy", "commit"):
        million = statistics.median(one.run.phases[phase] / one.bars for one in runs) * 1e6
        lines.append(f"| phase {phase} | {spread(lambda one, phase=phase: one.run.phases[phase])} | {million:.2f} |")
    lines += [
        "",
        "Phases are busy time summed over requests and loads (timings.csv): three symbols are fetched at the same time while "
        "loads run, so they add up to more than the wall's. The exchange computes its market and compresses it on the "
        "same machine: its CPU is what a provider has elsewhere.",
        "",
        f"`psql \\copy` of the same bars took {statistics.median(copies):.2f} s: candled, which also fetches, unpacks, parses, "
        f"checks and proves what it has, is {against_copy} times as fast, with the exchange's CPU in its time.",
        "",
    ]
    return "\n".join(lines)


# -- within a limit ----------------------------------------------------------------------------------------------------


@dataclass
class Limited:
    limit: str
    batch: int  # symbols
    per_second: float
    burst: int
    requests: int  # as the exchange counted them
    refused: int
    most_in_window: int
    allowed_in_window: int
    seconds: float

    @property
    def least(self) -> float:
        return (self.requests - self.burst) / self.per_second

    @property
    def reached(self) -> bool:
        kept = self.refused == 0 and self.most_in_window <= self.allowed_in_window
        return kept and self.seconds <= 1.02 * self.least + 1


def run_limited(context) -> Section:
    # Requests, window in seconds, burst, symbols (one page each), symbols in a batch. A batch ends with its loads, and no
    # request goes meanwhile: that matters where a batch of 50 takes two seconds, and such limits want larger ones. And a
    # burst of 1 never makes up for a moment in which the machine was busy: 30 a second then is less.
    cases = [(150, 60, 5, 80, 50), (150, 60, 5, 155, 50), (150, 60, 5, 305, 50), (1500, 60, 50, 800, 1000), (300, 10, 5, 900, 1000)]
    if context.quick:
        cases = [(150, 60, 5, 30, 50), (100, 2, 5, 300, 1000)]
    results = [limited(context, *case) for case in cases]
    lines = [
        "**An exchange with a limit.** One request a symbol, 20 ms to each answer. The least is (requests - burst) / limit; "
        "requests, refusals (429) and the most in any window are the exchange's own statistics.",
        "",
        "| limit | burst | batch | requests | most in a window | 429 | least, s | wall, s | wall / least | beyond 1.02 times, s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.limit} | {one.burst} | {one.batch} | {one.requests} | {one.most_in_window} | {one.refused} | {one.least:.2f} "
        f"| {one.seconds:.2f} | {one.seconds / one.least:.3f} | {one.seconds - 1.02 * one.least:+.2f} |"
        for one in results
    ]
    worst = max(results, key=lambda one: one.seconds - 1.02 * one.least)
    goal = Goal(
        "rate-limited run against (requests - burst) / limit",
        "<= 1.02, plus 1 s; no request above the limit",
        f"{worst.seconds:.2f} s, least {worst.least:.2f} s ({worst.seconds / worst.least:.3f}); "
        f"{sum(one.refused for one in results)} refused",
        all(one.reached for one in results),
    )
    return Section("\n".join(lines) + "\n", [goal])


def limited(context, requests: int, window: int, burst: int, symbols: int, batch: int) -> Limited:
    database = context.database("bench_limited")
    limit = f"{requests}/{window}s"
    settings = Settings(
        [Job("1m", tickers(symbols), f"{{ symbols: {batch}, parallel: 16 }}")],
        rate_limit=f"{{ requests: {requests}, per: {window}s, burst: {burst} }}",
    )
    with Exchange(context.build, "--limit", limit, "--latency", "20ms") as exchange:
        done = backfill(context.build, context.scratch / "limited", settings, database, exchange.url, "2024-03-04", "2024-03-04")
        report = exchange.report()
    drop_database(context.admin_url, database)
    if not done.complete:
        raise RuntimeError(f"{limit}: not all windows were covered")
    return Limited(
        limit,
        batch,
        requests / window,
        burst,
        report["requests"],
        report["limited"],
        report["max_in_window"],
        requests,
        done.seconds,
    )
