"""From an empty table to 100 million bars: does a load stay as fast, and do the documented queries?"""

from __future__ import annotations

import re
import statistics
import time
from pathlib import Path

import psycopg2
from bars import empty_database, load_bench
from harness import Context, Goal, Ratio, Section, interleaved, query, ratio, spread, table
from ingest import server_cpu_seconds

TITLE = "Growth"

SESSIONS = 256  # about 99,500 bars a symbol: early closes have fewer minutes
LATEST = "SELECT ticker, ts, close FROM candled.latest_bars WHERE timeframe = '1m'"
DISTINCT_ON = """
SELECT DISTINCT ON (series_id) series_id, ts, close FROM candled.bar
WHERE series_id IN (SELECT series_id FROM candled.series WHERE timeframe = '1m') ORDER BY series_id, ts DESC"""
NAIVE = {
    "last bar of each symbol, by `max(ts) GROUP BY`": """
      SELECT b.series_id, b.ts, b.close FROM candled.bar b
      JOIN (SELECT series_id, max(ts) AS ts FROM candled.bar GROUP BY series_id) l USING (series_id, ts)""",
    "bars of one day, without a ticker or a timeframe": """
      SELECT count(*) FROM candled.bar WHERE ts >= '2024-03-08' AND ts < '2024-03-09'""",
    "`count(*)`": "SELECT count(*) FROM candled.bar",
}


def run(context: Context) -> Section:
    symbols = 20 if context.quick else 1000
    url = empty_database(context, "bench_growth")
    # Connections of candled's default. The daily bars are what some of the documented queries ask for.
    filled = load_bench(context, url, symbols=symbols, sessions=SESSIONS, writers=2)
    load_bench(context, url, timeframe="1d", symbols=symbols, sessions=SESSIONS)
    parts = [curve(filled), small_against_large(context, url, symbols), queries(context, url, symbols)]
    context.drop(url)
    return Section("\n".join(part.markdown for part in parts), [goal for part in parts for goal in part.goals])


def curve(filled: dict) -> Section:
    """rows/s of each tenth of the way."""
    marks = [0.0, *filled["millions"]]
    millions = len(marks) - 1
    step = max(1, millions // 10)
    rows = [
        [f"{first} to {first + step}", f"{step * 1e6 / (marks[first + step] - marks[first]):,.0f}"]
        for first in range(0, millions - step + 1, step)
    ]
    own = filled["cpu_seconds"] / filled["bars"] * 1e6
    return Section(
        f"**From empty to {filled['bars'] / 1e6:.1f} million bars** of one minute, by candled's own loads of 50,000 on two "
        f"connections, in {filled['seconds'] / 60:.1f} minutes. What else the machine did meanwhile is in these rates; the pairs "
        f"below are what counts. candled's own CPU: {own:.2f} s a million bars.\n\n" + table(["millions", "rows/s"], rows)
    )


def small_against_large(context: Context, large: str, symbols: int) -> Section:
    """The same bars into an empty database, and in turn on top of the large one."""
    some = 1 if context.quick else 10
    cpu: dict[str, list[float]] = {"small": [], "large": []}
    bars = 0
    before = query(large, "SELECT sum(bars) FROM candled.series_session")[0][0]
    next_symbol = symbols

    def load(kind: str, url: str, first: int) -> float:
        nonlocal bars
        used = server_cpu_seconds(context.admin_url)
        done = load_bench(context, url, first_symbol=first, symbols=some, sessions=SESSIONS)
        # The server's other processes write what the load left for them: that is a part of it.
        cpu[kind].append(server_cpu_seconds(context.admin_url) - used + done["cpu_seconds"])
        bars = done["inserted"]
        return done["seconds"]

    def small() -> float:
        return load("small", empty_database(context, "bench_small"), next_symbol)

    def on_top() -> float:
        nonlocal next_symbol
        context.execute("CHECKPOINT")
        seconds = load("large", large, next_symbol)
        next_symbol += some
        return seconds

    seconds = interleaved(context.pairs, {"small": small, "large": on_top})
    flat, flat_cpu = ratio(seconds["small"], seconds["large"]), ratio(cpu["small"], cpu["large"])
    rows = [
        [name, spread(seconds[kind]), spread([bars / value for value in seconds[kind]], 0), spread(cpu[kind])]
        for kind, name in {"small": "into an empty table", "large": f"on top of {before / 1e6:.1f} million"}.items()
    ]
    markdown = (
        f"**The first against the last**: {bars:,} bars into an empty database and into the large one in turn, "
        f"{context.pairs} pairs, one connection.\n\n"
        + table(["", "seconds", "rows/s", "CPU s, candled and server"], rows)
        + f"\nRows/s on top of the large table are {flat} of those into the empty one; CPU for the same bars, which others' "
        f"work on the machine disturbs less, says {flat_cpu}.\n"
    )
    goal = Goal("100 million bars against 1 million, rows/s", ">= 0.9", f"{flat}; by CPU {flat_cpu}", flat.median >= 0.9)
    return Section(markdown, [goal])


def queries(context: Context, url: str, symbols: int) -> Section:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute("SET timezone = 'UTC'")
    cursor.execute("VACUUM (ANALYZE) candled.bar")  # as autovacuum will have done, whenever it comes by
    cursor.execute("ANALYZE")

    def milliseconds(sql: str) -> float:
        started = time.monotonic()
        cursor.execute(sql)
        cursor.fetchall()
        return (time.monotonic() - started) * 1000

    passes = 20
    latest = [milliseconds(LATEST) for _ in range(passes)]
    found = len(query(url, LATEST))
    naive = {"last bar of each symbol, by `DISTINCT ON`": DISTINCT_ON, **NAIVE}
    naive_ms = {name: [milliseconds(sql)] for name, sql in naive.items()}  # once: minutes
    against = naive_ms["last bar of each symbol, by `DISTINCT ON`"][0]
    documented = {name: [milliseconds(sql) for _ in range(4)] for name, sql in documented_queries()}
    connection.close()

    rows = [[f"`{name}`", f"{times[0]:,.1f}", f"{statistics.median(times[1:]):,.1f}"] for name, times in documented.items()]
    median = statistics.median(latest)
    size = query(url, "SELECT sum(pg_total_relation_size(relid)) / 1e9 FROM pg_partition_tree('candled.bar') WHERE isleaf")[0][0]
    bars = query(url, "SELECT sum(bars) / 1e6 FROM candled.series_session")[0][0]
    others = Ratio(against / median, against / max(latest), against / min(latest))
    markdown = (
        f"**Queries at {bars:.1f} million bars** ({size:.1f} GB), by one connection; ms until the last row had come.\n\n"
        f"The latest bar of {found:,} series (`latest_bars` of one timeframe), {passes} times: {spread(latest)} ms. "
        f"`DISTINCT ON` over the table takes {others.median:,.0f} ({others.min:,.0f} to {others.max:,.0f}) times as long.\n\n"
        + table(["a naive query, once", "ms"], [[name, f"{times[0]:,.0f}"] for name, times in naive_ms.items()])
        + "\nThe queries of `docs/sql.md`, right after the naive ones have pushed everything out of the server's memory: the first "
        "time, and the median of three more. What they ask for is there for AAPL, MSFT and META and "
        f"{found - 3:,} other symbols; questions about gaps, rejected and changed bars, runs and backfills find nothing here.\n\n"
        + table(["query", "first", "then"], rows)
    )
    goal = Goal(f"latest bar of {found:,} symbols at {bars:.0f} million bars", "<= 10 ms, and its ratio to `DISTINCT ON`",
                f"{spread(latest)} ms; {others.median:,.0f} times as fast", median <= 10 and found >= symbols)  # fmt: skip
    return Section(markdown, [goal])


def documented_queries() -> list[tuple[str, str]]:
    """What tests/db/sql_document.cpp reads, too: each fence of SQL below a marker."""
    text = Path("docs/sql.md").read_text()
    return re.findall(r"^<!-- test: (\w+) -->\n```sql\n(.*?)^```", text, re.M | re.S)
