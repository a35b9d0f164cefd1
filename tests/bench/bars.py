"""candled's own loads of the bench's market, and the same bars as text."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from harness import Context, query

COLUMNS = "ts, open, high, low, close, volume, vwap, series_id, trade_count"


def load_bench(context: Context, url: str, **options: int | str) -> dict:
    """candled's loads of the bench's market; what tests/bench/load_bench.cpp prints."""
    return json.loads(run_load_bench(context, ["--database", url], options))


def write_text(context: Context, path: Path, **options: int | str) -> None:
    """The same bars as ready text for COPY."""
    run_load_bench(context, ["--text", path], options)


def run_load_bench(context: Context, target: list, options: dict) -> str:
    command = [context.build / "load_bench", *target]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def empty_database(context: Context, name: str) -> str:
    """With the years' tables, which neither side is to pay for, and nothing of others left to be written."""
    url = context.database(name)
    query(url, "SELECT candled.ensure_bar_partitions('2024-01-01', '2026-01-31')")
    context.execute("CHECKPOINT")
    return url
