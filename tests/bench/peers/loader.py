#!/usr/bin/python3
"""The loader that many have: one symbol after the other, requests and tenacity, then psycopg2 into one table.

It is what candled is compared with, so it is written as such scripts usually are, and not made worse: one session, one
connection, one transaction a symbol. It prints one JSON object: where the time went, and what was lost.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timezone

import psycopg2
import psycopg2.extras
import requests
import tenacity

TABLE = """
CREATE TABLE IF NOT EXISTS bars (
  symbol text NOT NULL, timeframe text NOT NULL, ts timestamptz NOT NULL,
  open double precision, high double precision, low double precision, close double precision,
  volume double precision, vwap double precision, trade_count integer,
  PRIMARY KEY (symbol, timeframe, ts))"""

UPSERT = """
INSERT INTO bars (symbol, timeframe, ts, open, high, low, close, volume, vwap, trade_count) VALUES {}
ON CONFLICT (symbol, timeframe, ts) DO UPDATE SET open = EXCLUDED.open, high = EXCLUDED.high, low = EXCLUDED.low,
  close = EXCLUDED.close, volume = EXCLUDED.volume, vwap = EXCLUDED.vwap, trade_count = EXCLUDED.trade_count"""

Row = tuple[str, str, datetime, float, float, float, float, float, float | None, int | None]

RANGES = {"1m": "1/minute", "15m": "15/minute", "1h": "1/hour", "1d": "1/day"}


class RateLimited(Exception):
    """429."""


def insert(connection, rows: Sequence[Row], how: str) -> None:
    """One transaction. executemany sends row by row; execute_values a thousand rows a statement."""
    with connection, connection.cursor() as cursor:
        if how == "executemany":
            cursor.executemany(UPSERT.format("(" + ", ".join(["%s"] * 10) + ")"), rows)
        else:
            psycopg2.extras.execute_values(cursor, UPSERT.format("%s"), rows, page_size=1000)


def rows_of(symbol: str, timeframe: str, answer: dict) -> list[Row]:
    return [
        (symbol, timeframe, datetime.fromtimestamp(bar["t"] / 1000, timezone.utc), bar["o"], bar["h"], bar["l"], bar["c"],
         bar["v"], bar.get("vw"), bar.get("n"))
        for bar in answer.get("results") or []
    ]  # fmt: skip


class Loader:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {options.key}"
        self.totals = {"requests": 0, "rate_limited": 0, "rows": 0, "lost": 0, "api_seconds": 0.0, "database_seconds": 0.0}
        self.ask = tenacity.retry(
            retry=tenacity.retry_if_exception_type((RateLimited, requests.ConnectionError)),
            wait=tenacity.wait_exponential(multiplier=options.wait, min=options.wait, max=options.wait_max),
            stop=tenacity.stop_after_attempt(options.attempts),
            reraise=True,
        )(self.ask_once)

    def ask_once(self, url: str) -> dict:
        self.totals["requests"] += 1
        response = self.session.get(url, timeout=30)
        if response.status_code == 429:
            self.totals["rate_limited"] += 1
            raise RateLimited(url)
        response.raise_for_status()
        return response.json()

    def fetch(self, symbol: str, timeframe: str) -> list[Row]:
        url = (f"{self.options.url}/v2/aggs/ticker/{symbol}/range/{RANGES[timeframe]}/{self.options.first}/{self.options.last}"
               "?adjusted=false&sort=asc&limit=50000")  # fmt: skip
        rows: list[Row] = []
        while url:
            answer = self.ask(url)
            rows += rows_of(symbol, timeframe, answer)
            url = answer.get("next_url")
        return rows

    def run(self) -> dict:
        started = time.monotonic()
        connection = psycopg2.connect(self.options.database)
        with connection, connection.cursor() as cursor:
            cursor.execute(TABLE)
        for timeframe in self.options.timeframes:
            for symbol in self.options.symbols:
                self.load_one(connection, symbol, timeframe)
        connection.close()
        return {"seconds": time.monotonic() - started, **self.totals}

    def load_one(self, connection, symbol: str, timeframe: str) -> None:
        asked = time.monotonic()
        try:
            rows = self.fetch(symbol, timeframe)
        except RateLimited:
            self.totals["lost"] += 1  # the script goes on without it
            rows = []
        fetched = time.monotonic()
        insert(connection, rows, self.options.insert)
        self.totals["rows"] += len(rows)
        self.totals["api_seconds"] += fetched - asked
        self.totals["database_seconds"] += time.monotonic() - fetched


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    commas = lambda text: text.split(",")  # noqa: E731
    parser.add_argument("--url", required=True, help="the provider, e.g. http://127.0.0.1:8080")
    parser.add_argument("--key", default="demo")
    parser.add_argument("--database", required=True, help="libpq URL; the table bars is made there")
    parser.add_argument("--symbols", type=commas, required=True)
    parser.add_argument("--timeframes", type=commas, default=["1d", "1h", "1m"])
    parser.add_argument("--from", dest="first", required=True, metavar="DATE")
    parser.add_argument("--to", dest="last", required=True, metavar="DATE")
    parser.add_argument("--insert", choices=["executemany", "execute_values"], default="executemany")
    parser.add_argument("--attempts", type=int, default=3, help="of a request that is answered with 429")
    parser.add_argument("--wait", type=float, default=1.0, help="seconds before the second attempt; they double")
    parser.add_argument("--wait-max", type=float, default=10.0)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    print(json.dumps(Loader(parse(sys.argv[1:])).run()))
