"""The database phase: the same bars by candled's store, by psql, by pgloader and by what people write in Python."""

from __future__ import annotations

import re
import statistics
import subprocess
import time
from datetime import datetime
from pathlib import Path

import psycopg2
from bars import COLUMNS, count_lines, empty_database, load_bench, write_text
from harness import Context, Goal, Section, interleaved, query, ratio, spread, table
from peers import loader

TITLE = "Loads"


def psql_copy(url: str, text: Path) -> float:
    # The program itself: what Debian has in the PATH first looks for a cluster, in Perl.
    psql = max(Path("/usr/lib/postgresql").glob("*/bin/psql"), default="psql")
    started = time.monotonic()
    subprocess.run(
        [psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", rf"\copy candled.bar ({COLUMNS}) FROM '{text}'"],
        check=True,
    )
    return time.monotonic() - started


def run(context: Context) -> Section:
    parts = [against_psql(context, "1m"), against_psql(context, "1d"), again(context), against_peers(context)]
    return Section("\n".join(part.markdown for part in parts), [goal for part in parts for goal in part.goals])


# -- new bars against psql ---------------------------------------------------------------------------------------------


def against_psql(context: Context, timeframe: str) -> Section:
    symbols, sessions = (20, 128) if timeframe == "1m" else (1000, 250)
    if context.quick:
        symbols, sessions = (2, 13) if timeframe == "1m" else (20, 125)
    options = {"timeframe": timeframe, "symbols": symbols, "sessions": sessions}
    text = context.scratch / "bars.txt"
    write_text(context, text, **options)
    bars = count_lines(text)
    runs: list[dict] = []

    def candled() -> float:
        url = empty_database(context, "bench_load")
        runs.append(load_bench(context, url, **options))
        assert runs[-1]["inserted"] == bars
        return runs[-1]["seconds"]

    def psql() -> float:
        return psql_copy(empty_database(context, "bench_load"), text)

    seconds = interleaved(context.pairs, {"candled": candled, "psql": psql})
    text.unlink()
    faster = ratio(seconds["psql"], seconds["candled"])
    rows = [
        [name, spread(values), spread([bars / value for value in values], 0)]
        for name, values in {"candled": seconds["candled"], r"`psql \copy` of ready text": seconds["psql"]}.items()
    ]
    phases = ", ".join(
        f"{phase} {statistics.median(one[f'{phase}_seconds'] for one in runs):.2f} s" for phase in ("merge", "copy", "commit")
    )
    own = statistics.median(one["cpu_seconds"] / bars * 1e6 for one in runs)
    markdown = (
        f"**New {timeframe} bars**: {bars:,} of {symbols} symbols in {sessions} sessions, into the same empty table with its "
        f"key, {context.pairs} pairs. candled's loads of 50,000 bars, each a transaction of its own with what it proves "
        "(coverage, sessions with their hashes), by one connection; psql's is one transaction and proves nothing.\n\n"
        + table(["", "seconds", "rows/s"], rows)
        + f"\ncandled is {faster} times as fast. Its phases: {phases}; its own CPU: {own:.2f} s a million bars.\n"
    )
    goals = []
    if timeframe == "1m":
        goals.append(
            Goal(r"new load, rows/s against `psql \copy` of ready text", ">= 1.2", str(faster), faster.median >= 1.2)
        )
    return Section(markdown, goals)


# -- the same bars again -----------------------------------------------------------------------------------------------


def again(context: Context) -> Section:
    options = {"symbols": 2, "sessions": 13} if context.quick else {"symbols": 20, "sessions": 128}
    bars = 0
    seconds: dict[str, list[float]] = {"first": [], "repeated": [], "1 % changed": []}
    changed = 0
    for _ in range(context.pairs):
        url = empty_database(context, "bench_load")
        first = load_bench(context, url, **options)
        bars = first["inserted"]
        seconds["first"].append(first["seconds"])
        repeated = load_bench(context, url, **options)
        assert repeated["unchanged"] == bars
        seconds["repeated"].append(repeated["seconds"])
        revised = load_bench(context, url, **options, changed_every=100)
        changed = revised["changed"]
        seconds["1 % changed"].append(revised["seconds"])
    faster = ratio(seconds["first"], seconds["repeated"])
    revised_ratio = ratio(seconds["first"], seconds["1 % changed"])
    rows = [[name, spread(values), spread([bars / value for value in values], 0)] for name, values in seconds.items()]
    markdown = (
        f"**The same bars again**: {bars:,} bars of one minute, {context.pairs} rounds of first, repeated, and with {changed:,} of "
        "them changed (which are updated, and what they were is kept in `bar_revision`).\n\n"
        + table(["load", "seconds", "rows/s"], rows)
        + f"\nRepeated, it has {faster} times the rows/s of the first; with 1 % changed {revised_ratio} times. What they write: "
        "see Size.\n"
    )
    goal = Goal("repeated load, rows/s against the first", ">= 2", str(faster), faster.median >= 2)
    return Section(markdown, [goal])


# -- pgloader and Python -----------------------------------------------------------------------------------------------


def against_peers(context: Context) -> Section:
    """Fewer bars: the slowest of these needs half a minute or more for them."""
    options = {"symbols": 10, "sessions": 2} if context.quick else {"symbols": 10, "sessions": 64}
    text = context.scratch / "bars.txt"
    write_text(context, text, **options)
    rows_of_symbol = read_rows(text)
    bars = sum(len(rows) for rows in rows_of_symbol)

    def candled() -> float:
        return load_bench(context, empty_database(context, "bench_load"), **options)["seconds"]

    work = {
        "candled": candled,
        r"`psql \copy`": lambda: psql_copy(empty_database(context, "bench_load"), text),
        "pgloader": lambda: pgloader(context, text),
        "Python, `execute_values`": lambda: python(context, rows_of_symbol, "execute_values"),
        "Python, `executemany`": lambda: python(context, rows_of_symbol, "executemany"),
    }
    seconds = interleaved(context.pairs, work)
    text.unlink()
    ratios = {name: ratio(values, seconds["candled"]) for name, values in seconds.items()}
    rows = [
        [name, spread(values), spread([bars / value for value in values], 0), spread([v / bars * 1e6 for v in values], 1),
         "" if name == "candled" else str(ratios[name])]
        for name, values in seconds.items()
    ]  # fmt: skip
    markdown = (
        f"**What else people use**: {bars:,} bars of one minute, the time in the database only, {context.pairs} rounds in turn. "
        "pgloader 3.6 reads the same text into the same table (its own time, without its start; it keeps on with rows "
        "that fail, and writes them to a file, but knows neither what it has loaded before nor changes: the second time "
        "every row is refused by the key). The Python loader (`tests/bench/peers/loader.py`) is as such scripts are: one "
        "table with symbol and timeframe as text, `INSERT … ON CONFLICT DO UPDATE`, one transaction a symbol; `execute_values` "
        "sends 1,000 rows a statement, `executemany` one.\n\n"
        + table(["", "seconds", "rows/s", "µs a row", "candled is so many times as fast"], rows)
    )
    values, many = ratios["Python, `execute_values`"], ratios["Python, `executemany`"]
    goals = [
        Goal("against the Python loader, database phase, `execute_values`", ">= 15 times", str(values), values.median >= 15),
        Goal("against the Python loader, database phase, `executemany`", ">= 50 times", str(many), many.median >= 50),
    ]
    return Section(markdown, goals)


def read_rows(text: Path) -> list[list[loader.Row]]:
    """As the Python loader has them once it has parsed an answer: a list for each symbol."""
    by_symbol: dict[str, list[loader.Row]] = {}
    for line in text.read_text().splitlines():
        ts, *prices, series, trades = line.split("\t")
        row = (f"S{series}", "1m", datetime.fromisoformat(ts), *map(float, prices), int(trades))
        by_symbol.setdefault(series, []).append(row)
    return list(by_symbol.values())


def python(context: Context, rows_of_symbol: list[list[loader.Row]], how: str) -> float:
    url = context.database("bench_peer")
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(loader.TABLE)
    context.execute("CHECKPOINT")
    started = time.monotonic()
    for rows in rows_of_symbol:
        loader.insert(connection, rows, how)
    seconds = time.monotonic() - started
    connection.close()
    return seconds


PGLOADER = r"""
LOAD CSV FROM '{text}' ({columns})
INTO {url} TARGET TABLE candled.bar ({columns})
WITH fields terminated by '\t', fields not enclosed, batch rows = 50000, prefetch rows = 100000
SET timezone TO 'UTC';
"""


def pgloader(context: Context, text: Path) -> float:
    url = empty_database(context, "bench_load")
    command = context.scratch / "pgloader.load"
    command.write_text(PGLOADER.format(text=text, columns=COLUMNS, url=pgloader_url(url)))
    said = subprocess.run(["pgloader", "--root-dir", context.scratch, command], check=True, capture_output=True, text=True)
    total = re.search(r"Total import time\s+\S+\s+\d+\s+(?:\S+ [kMG]?B\s+)?([\d.]+)s", said.stdout)
    if total is None or query(url, "SELECT count(*) FROM candled.bar")[0][0] == 0:
        raise RuntimeError(f"pgloader has loaded nothing:\n{said.stdout}\n{said.stderr}")
    return float(total[1])


def pgloader_url(url: str) -> str:
    """It knows a socket's folder in the place of the host only: postgresql://user@unix:/folder:5432/name."""
    folder = psycopg2.extensions.parse_dsn(url)["host"]
    name = psycopg2.extensions.parse_dsn(url)["dbname"]
    return f"postgresql://postgres@unix:{folder}:5432/{name}"
