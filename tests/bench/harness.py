"""What every section of tools/bench shares: how things are timed side by side, and what a section gives back."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2


@dataclass
class Goal:
    figure: str
    goal: str
    value: str
    reached: bool


@dataclass
class Section:
    markdown: str
    goals: list[Goal] = field(default_factory=list)


@dataclass
class Ratio:
    median: float
    min: float
    max: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.min:.2f} to {self.max:.2f})"


@dataclass
class Context:
    """Where a section works. Its databases are gone with the server."""

    build: Path  # of the release preset
    scratch: Path  # a folder for files of its own
    admin_url: str  # a superuser's, of a database that nobody uses
    quick: bool  # a hundredth of the size: does it work at all?
    options: dict[str, str] = field(default_factory=dict)

    @property
    def pairs(self) -> int:
        return 3 if self.quick else 5

    def database(self, name: str) -> str:
        """A new database of this name with candled's schema and calendars; one that was there is dropped."""
        template = self._template()
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return with_database(self.admin_url, name)

    def drop(self, url: str) -> None:
        name = urllib.parse.urlsplit(url).path.lstrip("/")
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, *statements: str) -> None:
        """Outside of any transaction."""
        connection = psycopg2.connect(self.admin_url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()

    def _template(self) -> str:
        name = "bench_template"
        if query(self.admin_url, f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
            return name
        self.execute(f'CREATE DATABASE "{name}"')
        config = self.scratch / "migrate.yaml"
        config.write_text(MIGRATE_CONFIG.format(url=with_database(self.admin_url, name)))
        subprocess.run(
            [self.build / "candled", "migrate", "--config", config],
            check=True, stdout=subprocess.DEVNULL, env=os.environ | {"CANDLED_BENCH_KEY": "none"},
        )  # fmt: skip
        return name


# What `candled migrate` needs to read; nothing is ever asked of this provider.
MIGRATE_CONFIG = """\
database: {{ url: "{url}" }}
providers:
  nobody: {{ kind: polygon, base_url: "http://127.0.0.1:9", api_key: "${{env:CANDLED_BENCH_KEY}}", rate_limit: {{ requests: 1, per: 1s }} }}
jobs:
  - {{ name: none, provider: nobody, timeframe: 1m, symbols: [AAPL], history: 2024-01-01 }}
"""


def with_database(url: str, name: str) -> str:
    # Not urlunsplit: it leaves out the // of a URL without a host.
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/{name}?{parts.query}"


def query(url: str, sql: str, parameters: Any = None) -> list[tuple]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def interleaved(pairs: int, work: dict[str, Callable[[], Any]]) -> dict[str, list[float]]:
    """Seconds of each: A B, then B A, and so on, so that neither always comes first. Work that prepares or cleans up
    within its call returns a float: the seconds that count."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for pair in range(pairs):
        names = list(work) if pair % 2 == 0 else list(reversed(work))
        for name in names:
            started = time.monotonic()
            answer = work[name]()
            elapsed = time.monotonic() - started
            seconds[name].append(answer if isinstance(answer, float) else elapsed)
    return seconds


def ratio(a: list[float], b: list[float]) -> Ratio:
    """Of each pair a / b: how many times as fast b was, when both are seconds for the same work."""
    ratios = [one / other for one, other in zip(a, b, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def spread(values: list[float], digits: int = 2) -> str:
    """The median, and from the least to the most."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def table(head: list[str], rows: list[list[Any]]) -> str:
    """Markdown; the first column is text, the others are numbers."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"
