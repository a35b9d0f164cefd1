"""What the sections of tools/bench share: fair pairs, ratios, and how a result is written down."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

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


def interleaved(pairs: int, actions: Mapping[str, Callable[[], None]]) -> dict[str, list[float]]:
    """The seconds of each action, one after the other and `pairs` times over, so that all see the same machine; every
    second time in the other order, so that none always comes after the same one."""
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for number in range(pairs):
        for name in list(actions) if number % 2 == 0 else reversed(list(actions)):
            began = time.monotonic()
            actions[name]()
            seconds[name].append(time.monotonic() - began)
    return seconds


def ratio(a: list[float], b: list[float]) -> Ratio:
    """Of a to b, pair by pair."""
    ratios = [one / other for one, other in zip(a, b, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


CONFIG = """\
database: {{ url: "{url}" }}
providers: {{ none: {{ kind: polygon, base_url: "http://127.0.0.1:9", api_key: "${{env:CANDLED_BENCH_KEY}}" }} }}
jobs: [{{ name: none, provider: none, timeframe: 1d, symbols: [NONE], history: 2024-01-01 }}]
"""


@dataclass
class Context:
    build: Path  # with candled, candled-exchange and load_bench
    scratch: Path
    admin_url: str  # of the throw-away server's database postgres
    quick: bool
    pairs: int

    def database(self, name: str) -> str:
        """The URL of a new database with candled's schema; one of this name goes away before."""
        connection = psycopg2.connect(self.admin_url)
        connection.autocommit = True  # CREATE DATABASE is refused in a transaction
        try:
            cursor = connection.cursor()
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}"')
        finally:
            connection.close()
        parts = urllib.parse.urlsplit(self.admin_url)
        # urlunsplit would leave the // out where there is no host: libpq needs them.
        url = f"{parts.scheme}://{parts.netloc}/{name}?{parts.query}"
        config = self.scratch / f"{name}.yaml"
        config.write_text(CONFIG.format(url=url))
        environment = os.environ | {"CANDLED_BENCH_KEY": "none"}
        subprocess.run(
            [self.build / "candled", "migrate", "--config", config], env=environment, check=True, stdout=subprocess.DEVNULL
        )
        return url
