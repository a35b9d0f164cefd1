"""The database's phase alone: candled's load beside psql, pgloader and the Python that people write."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from harness import Context, Goal, Ratio, Section, interleaved, ratio
from ingest import drop_database, query, tickers

sys.path.insert(0, str(Path(__file__).parent / "peers"))
import loader  # noqa: E402: it lies among the peers

TITLE = "Loading"

COLUMNS = "ts, open, high, low, close, volume, vwap, series_id, trade_count"
FIRST, LAST = "2024-01-01", "2024-12-31"


@dataclass
class Load:
    bars: int
    seconds: float  # of the loads alone, from the call to the commit
    inserted: int
    changed: int
    unchanged: int
    wal: int  # bytes, of all that it wrote
    wal_of_bars: int  # bytes, of records that touch the bars' partitions or their indexes

    @property
    def rate(self) -> float:
        return self.bars / self.seconds


def load_bench(context: Context, url: str, symbols: int, bars: int, *more: str) -> list[str]:
    names = context.scratch / "tickers.txt"
    names.write_text("\n".join(tickers(symbols)) + "\n")
    options = {"--database": url, "--tickers": str(names), "--from": FIRST, "--bars": str(bars)}
    return [str(context.build / "load_bench"), *(word for option in options.items() for word in option), *more]


def candled(context: Context, url: str, symbols: int, bars: int, *more: str) -> Load:
    command = load_bench(context, url, symbols, bars, *more)
    query(context.admin_url, "CHECKPOINT")  # what others wrote before shall not be written during this run
    query(url, "CREATE EXTENSION IF NOT EXISTS pg_walinspect")
    ((begin,),) = query(url, "SELECT pg_current_wal_flush_lsn()")
    done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    wal, wal_of_bars = wal_since(url, begin)
    return Load(done["bars"], done["seconds"], done["inserted"], done["changed"], done["unchanged"], wal, wal_of_bars)


def wal_since(url: str, begin: str) -> tuple[int, int]:
    ((end, written),) = query(url, f"SELECT pg_current_wal_flush_lsn(), pg_current_wal_flush_lsn() > '{begin}'")
    if not written:
        return 0, 0
    relations = "|".join(
        str(row[0])
        for row in query(
            url,
            """SELECT pg_relation_filenode(c.oid) FROM pg_class c
               WHERE c.relkind IN ('r', 'i') AND c.relname ~ '^bar_[0-9]{4}(_pkey)?$'""",
        )
    )
    ((all_bytes, of_bars),) = query(
        url,
        f"""SELECT coalesce(sum(record_length), 0)::int8,
                   coalesce(sum(record_length) FILTER (WHERE block_ref ~ 'rel [0-9]+/[0-9]+/({relations}) '), 0)::int8
            FROM pg_get_wal_records_info('{begin}', '{end}')""",
    )
    return all_bytes, of_bars


def run(context: Context) -> Section:
    symbols, bars = (20, 500) if context.quick else (20, 50_000)
    text = ready_text(context, symbols, bars)
    new: list[Load] = []
    again: list[Load] = []
    changed: list[Load] = []
    sizes: list[float] = []
    copies: list[float] = []
    pgloads: list[float] = []
    peers: dict[str, list[float]] = {"execute_values": [], "executemany": []}

    def ours() -> None:
        url = context.database("bench_load")
        new.append(candled(context, url, symbols, bars))
        sizes.append(disk_of_a_bar(url))
        again.append(candled(context, url, symbols, bars))
        changed.append(candled(context, url, symbols, bars, "--changed", "1"))
        drop_database(context.admin_url, url)

    # Row by row is slow: their share of the rows is enough for a rate.
    some = {"execute_values": symbols * bars // 5, "executemany": symbols * bars // 25}
    actions = {"candled": ours, "psql": lambda: copies.append(psql_copy(context, text))}
    actions["pgloader"] = lambda: pgloads.append(pgloader(context, text))
    for how, count in some.items():
        actions[how] = lambda how=how, count=count: peers[how].append(python(context, text, how, count))
    interleaved(context.pairs, actions)
    text.unlink()
    verify(new, again, changed)
    rows = symbols * bars
    seconds = {"`psql \\copy` of ready text": copies, "pgloader of ready text": pgloads}
    seconds |= {f"Python, `{how}`": [one * rows / some[how] for one in peers[how]] for how in peers}
    return section(rows, new, again, changed, sizes, seconds)


def verify(new: list[Load], again: list[Load], changed: list[Load]) -> None:
    for one in new:
        assert one.inserted == one.bars, "every bar was new"
    for one in again:
        assert one.unchanged == one.bars, "every bar was there"
    for one in changed:
        assert one.changed * 100 == one.bars and one.inserted == 0, "one in a hundred had changed"


def ready_text(context: Context, symbols: int, bars: int) -> Path:
    text = context.scratch / "bars.txt"
    url = context.database("bench_text")
    subprocess.run(load_bench(context, url, symbols, bars, "--text", str(text)), check=True)
    drop_database(context.admin_url, url)
    return text


def empty_database(context: Context, name: str) -> str:
    url = context.database(name)
    query(url, f"SELECT candled.ensure_bar_partitions('{FIRST}', '{LAST}')")
    query(context.admin_url, "CHECKPOINT")
    return url


def psql_copy(context: Context, text: Path) -> float:
    url = empty_database(context, "bench_psql")
    command = ["psql", "-X", "-q", "-d", url, "-c", f"\\copy candled.bar ({COLUMNS}) FROM '{text}'"]
    seconds = interleaved(1, {"psql": lambda: subprocess.run(command, check=True)})["psql"][0]
    drop_database(context.admin_url, url)
    return seconds


def pgloader(context: Context, text: Path) -> float:
    url = empty_database(context, "bench_pgloader")
    socket = url.split("host=")[1].split("&")[0]
    name = url.split("///")[1].split("?")[0]
    script = context.scratch / "pgloader.load"
    # It needs its own spelling of a socket's folder, and a target table without a partition's trigger in between.
    script.write_text(
        f"LOAD CSV FROM '{text}' ({COLUMNS})\n"
        f"INTO postgresql://postgres@unix:{socket}:5432/{name}?candled.bar ({COLUMNS})\n"
        "WITH fields terminated by '\\t', batch rows = 50000, prefetch rows = 50000\n"
        "SET client_encoding TO 'utf8';\n"
    )
    command = ["pgloader", "--quiet", "--root-dir", context.scratch / "pgloader", script]
    seconds = interleaved(1, {"pgloader": lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)})["pgloader"][0]
    ((count,),) = query(url, "SELECT count(*) FROM candled.bar")
    with text.open() as file:
        lines = sum(1 for _ in file)
    assert count == lines, f"pgloader loaded {count} of {lines} rows"
    drop_database(context.admin_url, url)
    return seconds


def python(context: Context, text: Path, how: str, count: int) -> float:
    """Rows that are there as Python values already: the loader's insert alone, a transaction a symbol."""
    url = empty_database(context, "bench_python")
    by_symbol: dict[str, list[tuple]] = {}
    with text.open() as lines:
        for _ in range(count):
            ts, *prices, series, trades = lines.readline().split("\t")
            by_symbol.setdefault(series, []).append((series, "1m", ts, *map(float, prices), int(trades)))
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(loader.TABLE)
    query(context.admin_url, "CHECKPOINT")
    seconds = interleaved(1, {how: lambda: [loader.insert(connection, rows, how) for rows in by_symbol.values()]})[how][0]
    connection.close()
    drop_database(context.admin_url, url)
    return seconds


def disk_of_a_bar(url: str) -> float:
    ((size, count),) = query(
        url,
        """SELECT sum(pg_total_relation_size(inhrelid)) FILTER (WHERE pg_relation_size(inhrelid) > 0),
                  (SELECT count(*) FROM candled.bar)
           FROM pg_inherits WHERE inhparent = 'candled.bar'::regclass""",
    )
    return float(size) / count


def section(
    rows: int, new: list[Load], again: list[Load], changed: list[Load], sizes: list[float], others: dict[str, list[float]]
) -> Section:
    base = [one.seconds for one in new]
    faster: dict[str, Ratio] = {name: ratio(seconds, base) for name, seconds in others.items()}
    lines = [
        f"{rows:,} bars of one minute that are in memory already, to their commit, {len(new)} rounds in turn; a transaction has "
        f"up to 50,000 bars. psql, pgloader and the Python loader (`tests/bench/peers/loader.py`, its insert alone, one "
        "transaction a symbol, a share of the rows) get the same bars ready to be sent, for an empty table with the same key.",
        "",
        "| | rows/s, median | candled's new load is faster, times |",
        "|---|---:|---:|",
        f"| **candled, new bars** | {rows / statistics.median(base):,.0f} | |",
    ]
    lines += [f"| {name} | {rows / statistics.median(seconds):,.0f} | {faster[name]} |" for name, seconds in others.items()]
    repeated = ratio(base, [one.seconds for one in again])
    lines += [
        "",
        "| candled | rows/s, median | times the new load's | WAL a bar, bytes | of it for bars |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, loads in {"new bars": new, "the same again": again, "1 % changed": changed}.items():
        lines.append(
            f"| {name} | {statistics.median(one.rate for one in loads):,.0f} | {ratio(base, [one.seconds for one in loads])} "
            f"| {statistics.median(one.wal / one.bars for one in loads):.3f} "
            f"| {statistics.median(one.wal_of_bars / one.bars for one in loads):.3f} |"
        )
    disk, wal = max(sizes), max(one.wal / one.bars for one in new)
    lines += [
        "",
        f"A bar takes {disk:.1f} bytes on disk, its share of the key's index and of the free-space maps included, and "
        f"{wal:.1f} bytes of WAL when it is new (pg_walinspect, all records of the load, after a checkpoint).",
    ]
    copy = faster["`psql \\copy` of ready text"]
    values, many = faster["Python, `execute_values`"], faster["Python, `executemany`"]
    rewritten = max(one.wal_of_bars for one in again)
    goals = [
        Goal("new load, rows/s against `psql \\copy` of ready text", ">= 1.2", str(copy), copy.median >= 1.2),
        Goal("repeated load: WAL for bars", "0 bytes", f"{rewritten} bytes", rewritten == 0),
        Goal("repeated load against the first, rows/s", ">= 2", str(repeated), repeated.median >= 2),
        Goal("disk of a new bar", "<= 126 bytes", f"{disk:.1f} bytes", disk <= 126),
        Goal("WAL of a new bar", "<= 150 bytes", f"{wal:.1f} bytes", wal <= 150),
        Goal("against the Python loader, `execute_values`", ">= 15", str(values), values.median >= 15),
        Goal("against the Python loader, `executemany`", ">= 50", str(many), many.median >= 50),
    ]
    return Section("\n".join(lines), goals)
