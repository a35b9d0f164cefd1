"""What being looked at costs: a hundred clients ask a daemon that ingests for its health and its coverage."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from harness import Goal, Section, interleaved, query
from ingest import KEY, Exchange, Job, Settings, cpu_seconds, drop_database, tickers

TITLE = "A hundred clients look at a daemon at work"

CLIENTS = 100
REQUESTS_A_SECOND = 1000
PATHS = ["/healthz", "/api/v1/coverage"]
SLOWDOWN_MAX = 0.03
# The limit of the example configuration is what an ingest waits for: as long as it takes alone, it shall take looked at.
# A request brings some 40,000 bars.
RATE_LIMIT = "{ requests: 150, per: 1m, burst: 1 }"
SERIES = 50


@dataclass
class Answers:
    milliseconds: list[float] = field(default_factory=list)
    errors: int = 0

    def percentile(self, share: float) -> float:
        return sorted(self.milliseconds)[int(share * (len(self.milliseconds) - 1))]


class Daemon:
    """candled run with its control plane on a free port, for as long as the `with` lasts."""

    def __init__(self, context, database: str, exchange: str):
        self.folder = Path(context.scratch / "control")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "candled.yaml"
        Settings([Job("1m", tickers(SERIES))], rate_limit=RATE_LIMIT).write(self.config, database, exchange, self.folder / "timings.csv")
        text = self.config.read_text().replace("log: { level: warn }", "control: { listen: 127.0.0.1:0 }")
        self.config.write_text(text)
        self.candled = str(context.build / "candled")

    def __enter__(self) -> Daemon:
        self.log = open(self.folder / "candled.log", "w+")
        self.process = subprocess.Popen(
            [self.candled, "run", "--config", self.config], stdout=self.log, stderr=self.log, cwd=self.folder,
            env=os.environ | {"CANDLED_BENCH_KEY": KEY},
        )  # fmt: skip
        while not (found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", Path(self.log.name).read_text())):
            if self.process.poll() is not None:
                raise RuntimeError(Path(self.log.name).read_text())
            time.sleep(0.02)
        self.port = int(found[1])
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)

    def backfill(self, first: str, last: str) -> None:
        subprocess.run(
            [self.candled, "backfill", "--detach", "--config", self.config, "--from", first, "--to", last],
            check=True, stdout=subprocess.DEVNULL, env=os.environ | {"CANDLED_BENCH_KEY": KEY},
        )  # fmt: skip

    def resident_mib(self) -> float:
        line = next(line for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


async def client(number: int, port: int, stop: asyncio.Event, answers: Answers) -> None:
    """One connection, which asks at its own times whether or not others are late."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    paths = itertools.cycle(PATHS if number % 2 else reversed(PATHS))
    every = CLIENTS / REQUESTS_A_SECOND
    due = time.monotonic() + every * number / CLIENTS
    while not stop.is_set():
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        writer.write(f"GET {next(paths)} HTTP/1.1\r\nHost: localhost:{port}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"Content-Length: (\d+)", head)[1])
        await reader.readexactly(length)
        answers.milliseconds.append((time.monotonic() - due) * 1000)  # from when it should have been asked
        answers.errors += not head.startswith(b"HTTP/1.1 200")
        due += every
    writer.close()


async def ingest(database: str) -> float:
    """Seconds of the daemon's one request, by the database's clock."""
    while not (done := query(database, "SELECT extract(epoch FROM ended_at - started_at), state FROM candled.backfill_request WHERE ended_at IS NOT NULL")):
        await asyncio.sleep(0.2)
    if done[0][1] != "done":
        raise RuntimeError(f"the backfill has {done[0][1]}")
    return float(done[0][0])


async def looked_at(database: str, port: int, answers: Answers | None) -> float:
    stop = asyncio.Event()
    clients = [asyncio.create_task(client(number, port, stop, answers)) for number in range(CLIENTS)] if answers else []
    seconds = await ingest(database)
    stop.set()
    await asyncio.gather(*clients)
    return seconds


def run(context) -> Section:
    # About 150 requests: a minute.
    first, last = ("2024-01-02", "2024-01-31") if context.quick else ("2023-07-03", "2023-12-29")
    answers = Answers()
    memory: list[tuple[float, float]] = []
    cpu: dict[bool, list[float]] = {False: [], True: []}
    with Exchange(context.build) as exchange:

        def measure(load: bool) -> float:
            database = context.database("bench_control")
            with Daemon(context, database, exchange.url) as daemon:
                before = daemon.resident_mib()
                daemon.backfill(first, last)
                seconds = asyncio.run(looked_at(database, daemon.port, answers if load else None))
                cpu[load].append(cpu_seconds(daemon.process.pid))
                if load:
                    memory.append((before, daemon.resident_mib()))
            drop_database(context.admin_url, database)
            return seconds

        times = interleaved(1 if context.quick else 3, {"alone": lambda: measure(False), "looked at": lambda: measure(True)})
    slowdown = statistics.median(b / a for a, b in zip(times["alone"], times["looked at"])) - 1
    runs = len(memory)
    cpu_of_an_answer = (sum(cpu[True]) - sum(cpu[False])) / len(answers.milliseconds)
    lines = [
        f"{CLIENTS} connections ask {REQUESTS_A_SECOND} times a second for {' and '.join(PATHS)} (of {SERIES} series), gzipped, for as "
        f"long as a backfill within {RATE_LIMIT} takes. Times are from when a request was due.",
        "",
        f"* {len(answers.milliseconds):,} answers, {answers.errors} errors; median {answers.percentile(0.5):.1f} ms, 99th percentile "
        f"{answers.percentile(0.99):.1f} ms, longest {max(answers.milliseconds):.0f} ms;",
        f"* the backfill took {statistics.median(times['alone']):.1f} s alone and {statistics.median(times['looked at']):.1f} s looked at: "
        f"{slowdown * 100:+.1f} %;",
        f"* the daemon's own CPU: {sum(cpu[False]) / runs:.1f} s alone, {sum(cpu[True]) / runs:.1f} s looked at: "
        f"{cpu_of_an_answer * 1e6:.0f} µs an answer;",
        f"* resident memory after it: {max(after for _, after in memory):.1f} MiB ({max(before for before, _ in memory):.1f} MiB at the start).",
        "",
    ]
    goals = [
        Goal("errors of 1,000 requests a second by 100 clients", "0", str(answers.errors), answers.errors == 0),
        Goal("slowdown of an ingest meanwhile", "< 3 %", f"{slowdown * 100:+.1f} %", slowdown < SLOWDOWN_MAX),
    ]
    return Section("\n".join(lines), goals)
