"""The stand-in exchange and candled, run as their users run them, and what each of them used."""

from __future__ import annotations

import csv
import json
import os
import select
import subprocess
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

KEY = "demo"
TICKS = os.sysconf("SC_CLK_TCK")
# No limit of our own: more than any exchange here answers.
UNLIMITED = "{ requests: 1000000, per: 1s, burst: 1000000 }"


def cpu_seconds(pid: int, *, with_children: bool = False) -> float:
    """User and system time of a running process. Its threads count; children once they have ended, if asked for."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    fields = stat[stat.rindex(")") + 2 :].split()  # proc(5): the name before may hold blanks; utime is field 14
    return sum(int(ticks) for ticks in fields[11 : 15 if with_children else 13]) / TICKS


def server_cpu_seconds(admin_url: str) -> float:
    """Of the whole PostgreSQL server: the postmaster, what has ended, and what still runs."""
    (data,) = query(admin_url, "SHOW data_directory")[0]
    postmaster = int(Path(data, "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    total = cpu_seconds(postmaster, with_children=True)
    for child in children:
        try:
            total += cpu_seconds(int(child))
        except (FileNotFoundError, ProcessLookupError):
            pass  # it ended in between: the postmaster has its time the next time we look
    return total


def query(url: str, sql: str) -> list[tuple]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def drop_database(admin_url: str, url: str) -> None:
    name = urllib.parse.urlsplit(url).path.lstrip("/")
    connection = psycopg2.connect(admin_url)
    connection.autocommit = True  # DROP DATABASE is refused in a transaction
    try:
        connection.cursor().execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        connection.close()


def as_ingest(url: str) -> str:
    """The same database for the role that a daemon logs in as."""
    parts = urllib.parse.urlsplit(url)
    options = dict(urllib.parse.parse_qsl(parts.query)) | {"user": "candled_ingest"}
    netloc = parts.netloc.rpartition("@")[2]
    # urlunsplit would leave the // out where there is no host: libpq needs them.
    return f"{parts.scheme}://{netloc}{parts.path}?{urllib.parse.urlencode(options)}"


def tickers(count: int) -> list[str]:
    """AAA, AAB … of letters A to Y: the stand-in exchange has no ticker that begins with ZZ."""
    letters = [chr(ord("A") + i) for i in range(25)]
    return [letters[i // 625] + letters[i // 25 % 25] + letters[i % 25] for i in range(count)]


class Exchange:
    """candled-exchange with its synthetic market, on a free port, for as long as the `with` lasts."""

    def __init__(self, build: Path, *options: str):
        self._command = [str(build / "candled-exchange"), "--synthetic", "1", *options]

    def __enter__(self) -> Exchange:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError(f"the exchange does not listen: {line!r}")
        self.url = line.removeprefix("listening on ").strip()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()

    def report(self) -> dict:
        """Its own statistics of our key (docs/exchange.md): requests, by_status, max_in_window, limited …"""
        with urllib.request.urlopen(f"{self.url}/exchange/report", timeout=10) as answer:
            return json.load(answer)["credentials"]["key-1"]

    def cpu_seconds(self) -> float:
        return cpu_seconds(self._process.pid)


@dataclass
class Job:
    timeframe: str
    symbols: list[str]
    batch: str = "{ symbols: 50, parallel: 3, stagger: 0s }"


@dataclass
class Settings:
    """What varies in candled.yaml; the defaults are candled's own, but for the limit."""

    jobs: list[Job]
    rate_limit: str = UNLIMITED
    concurrency: int = 16
    writers: int = 2
    retry: str = "{ multiplier: 1s, min: 1s, max: 300s, attempts: 10, jitter: full }"

    def write(self, path: Path, database: str, exchange: str, timings: Path) -> None:
        lines = [
            f'database: {{ url: "{as_ingest(database)}", writers: {self.writers} }}',
            "providers:",
            "  exchange:",
            "    kind: polygon",
            f"    base_url: {exchange}",
            "    api_key: ${env:CANDLED_BENCH_KEY}",
            f"    rate_limit: {self.rate_limit}",
            f"    concurrency: {self.concurrency}",
            f"retry: {self.retry}",
            "jobs:",
        ]
        for job in self.jobs:
            lines += [
                f"  - name: j{job.timeframe}",
                "    provider: exchange",
                f"    timeframe: {job.timeframe}",
                f"    symbols: [{', '.join(job.symbols)}]",
                "    calendar: XNYS",
                "    history: 2020-01-01",
                f"    batch: {job.batch}",
            ]
        lines += [f'timings: {{ csv: "{timings}", rotate: 1GiB }}', "log: { level: warn }", ""]
        path.write_text("\n".join(lines))


@dataclass
class Backfill:
    """One `candled backfill` that has ended."""

    seconds: float
    cpu: float  # user and system
    peak_kib: int  # VmHWM
    complete: bool  # exit code 0: all windows are covered
    phases: dict[str, float] = field(default_factory=dict)  # the columns of timings.csv, summed; times in seconds

    @property
    def loading(self) -> float:
        return self.phases["merge"] + self.phases["copy"] + self.phases["commit"]


def backfill(
    build: Path, folder: Path, settings: Settings, database: str, exchange: str, first: str, last: str, only: str | None = None
) -> Backfill:
    """All bars of both days and those between, into `database`; `only` of this timeframe. Raises what candled said when it
    could not work at all."""
    folder.mkdir(parents=True, exist_ok=True)
    config, timings, log = folder / "candled.yaml", folder / "timings.csv", folder / "candled.log"
    timings.unlink(missing_ok=True)
    settings.write(config, database, exchange, timings)
    command = [str(build / "candled"), "backfill", "--config", str(config), "--from", first, "--to", last]
    if only:
        command += ["--job", f"j{only}"]
    with log.open("w") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=os.environ | {"CANDLED_BENCH_KEY": KEY}, cwd=folder
        )
        peak, status, usage = wait_for(process)
        seconds = time.monotonic() - started
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1):
        raise RuntimeError(f"candled ended with {code}:\n{log.read_text()[-2000:]}")
    return Backfill(seconds, usage.ru_utime + usage.ru_stime, peak, code == 0, sum_timings(timings))


def wait_for(process: subprocess.Popen) -> tuple[int, int, "os.struct_rusage"]:
    """Peak resident KiB, exit status and usage. rusage's own peak would be ours, if that was larger before the exec."""
    peak = 0
    ended = os.pidfd_open(process.pid)
    try:
        while True:
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peak = max(peak, int(line.split()[1]))
            if select.select([ended], [], [], 0.05)[0]:
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                return peak, status, usage
    finally:
        os.close(ended)


def sum_timings(path: Path) -> dict[str, float]:
    totals: dict[str, float] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            for name in ("symbols", "requests", "retries", "rate_limited", "bars", "bytes"):
                totals[name] = totals.get(name, 0) + int(row[name])
            for name in ("plan", "wait", "fetch", "parse", "validate", "copy", "merge", "commit", "total"):
                totals[name] = totals.get(name, 0) + int(row[f"{name}_ms"]) / 1000
    return totals
