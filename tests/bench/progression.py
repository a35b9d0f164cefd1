"""The steps that users of other loaders have gone, one after the other, each a switch in the configuration."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from harness import Goal, Section, interleaved, ratio
from ingest import UNLIMITED, Exchange, Job, Settings, backfill, drop_database, query, tickers

TITLE = "The progression that users know"

# What the users had: 150 requests a minute, and a run of 487 s, 64 % of it for the API and 36 % for the database.
USERS_SECONDS = 487.0
USERS_LIMIT = 150
API_SHARE = 0.64
# Nobody wrote down how many requests it was. With 876 (292 symbols in three timeframes) the limit alone is 72 % of that
# time, and answers that take half of it meet the limit where little is written: then both parts come out right.
USERS_REQUESTS = 876
ANSWERS_SHARE = 0.5
SCALE_MAX = 60.0  # candled.yaml has no window shorter than a second
TIMEFRAMES = ["1d", "1h", "15m"]
LOADER = Path(__file__).parent / "peers" / "loader.py"


@dataclass
class World:
    """The users' run, `scale` times as fast."""

    symbols: list[str]
    first: str
    last: str
    scale: float
    latency: float  # seconds before each answer

    @property
    def requests(self) -> int:
        return len(self.symbols) * len(TIMEFRAMES)

    @property
    def limit(self) -> int:
        return round(USERS_LIMIT * self.requests / USERS_REQUESTS)

    @property
    def window(self) -> float:
        return 60 / self.scale

    @property
    def least(self) -> float:
        return (self.requests - self.limit) * self.window / self.limit

    def duration(self, users_seconds: float) -> str:
        return f"{max(1, round(users_seconds * 1000 / self.scale))}ms"

    def exchange(self, context) -> Exchange:
        return Exchange(
            context.build,
            "--limit",
            f"{self.limit}/{self.duration(60)}",
            "--latency",
            f"{round(self.latency * 1000)}ms",
        )


@dataclass
class Outcome:
    seconds: float
    database: float  # seconds in which rows were written, summed over connections
    bars: int
    requests: int
    rate_limited: int


def run(context) -> Section:
    symbols = tickers(70 if context.quick else USERS_REQUESTS // len(TIMEFRAMES))
    world = calibrated(context, symbols, "2024-03-04", "2024-03-06")
    steps = {
        "Python: row by row, one symbol at a time": lambda: python_step(context, world),
        "candled, one symbol at a time, no batching": lambda: candled_step(context, world, one_by_one(world), TIMEFRAMES),
        "+ backoff up to 300 s": lambda: candled_step(context, world, with_backoff(world), TIMEFRAMES),
        "+ batches of a timeframe": lambda: candled_step(context, world, batched(world), TIMEFRAMES),
        "+ three in parallel, staggered": lambda: candled_step(context, world, staggered(world), TIMEFRAMES),
        "candled, held back by the limit only": lambda: candled_step(context, world, ours(world), [None]),
    }
    outcomes: dict[str, list[Outcome]] = {name: [] for name in steps}
    rounds = 1 if context.quick else context.pairs  # a round takes a minute
    interleaved(
        rounds, {name: lambda name=name, step=step: outcomes[name].append(step()) for name, step in steps.items()}
    )
    return section(world, outcomes)


# -- the steps ---------------------------------------------------------------------------------------------------------


def calibrated(context, symbols: list[str], first: str, last: str) -> World:
    """How long the database takes for these rows, row by row, says how fast the whole has to be for it to be 36 %."""
    unlimited = World(symbols, first, last, scale=1.0, latency=0.0)
    with Exchange(context.build) as exchange:
        tries = [loader(context, unlimited, exchange) for _ in range(2)]
    seconds = min(one["database_seconds"] for one in tries) / (1 - API_SHARE)
    answer = ANSWERS_SHARE * seconds / unlimited.requests
    ours = min(one["api_seconds"] for one in tries) / unlimited.requests  # the exchange and the script themselves
    return World(symbols, first, last, min(USERS_SECONDS / seconds, SCALE_MAX), max(answer - ours, 0.001))


def loader(context, world: World, exchange: Exchange) -> dict:
    database = context.database("bench_progression")
    query(context.admin_url, "CHECKPOINT")
    command = [sys.executable, str(LOADER), "--url", exchange.url, "--database", database]
    command += ["--symbols", ",".join(world.symbols), "--timeframes", ",".join(TIMEFRAMES)]
    command += ["--from", world.first, "--to", world.last, "--insert", "executemany"]
    command += ["--attempts", "3", "--wait", str(1 / world.scale), "--wait-max", str(10 / world.scale)]
    done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    drop_database(context.admin_url, database)
    return done


def python_step(context, world: World) -> Outcome:
    with world.exchange(context) as exchange:
        done = loader(context, world, exchange)
    return Outcome(done["seconds"], done["database_seconds"], done["rows"], done["requests"], done["rate_limited"])


def candled_step(context, world: World, settings: Settings, turns: list[str | None]) -> Outcome:
    """The timeframes in turn, each with a command of its own, or (None) all at once."""
    database = context.database("bench_progression")
    query(context.admin_url, "CHECKPOINT")
    folder = context.scratch / "progression"
    with world.exchange(context) as exchange:
        done = [
            backfill(context.build, folder, settings, database, exchange.url, world.first, world.last, timeframe)
            for timeframe in turns
        ]
        report = exchange.report()
    ((bars,),) = query(database, "SELECT count(*) FROM candled.bar")
    drop_database(context.admin_url, database)
    return Outcome(
        sum(one.seconds for one in done),
        sum(one.loading for one in done),
        bars,
        report["requests"],
        report["by_status"].get("429", 0),
    )


def jobs(world: World, batch: str) -> list[Job]:
    return [Job(timeframe, world.symbols, batch) for timeframe in TIMEFRAMES]


def retry(world: World, users_max: float, attempts: int) -> str:
    return (
        f"{{ multiplier: {world.duration(1)}, min: {world.duration(1)}, max: {world.duration(users_max)}, "
        f"attempts: {attempts}, jitter: none }}"
    )


def one_by_one(world: World) -> Settings:
    alone = jobs(world, "{ symbols: 1, parallel: 1 }")
    return Settings(alone, UNLIMITED, concurrency=1, writers=1, retry=retry(world, users_max=10, attempts=3))


def with_backoff(world: World) -> Settings:
    settings = one_by_one(world)
    settings.retry = retry(world, users_max=300, attempts=10)
    return settings


def batched(world: World) -> Settings:
    settings = with_backoff(world)
    settings.jobs = jobs(world, "{ symbols: 50, parallel: 1 }")
    return settings


def staggered(world: World) -> Settings:
    settings = with_backoff(world)
    settings.jobs = jobs(world, f"{{ symbols: 50, parallel: 3, stagger: {world.duration(5)} }}")
    settings.concurrency = 3
    return settings


def ours(world: World) -> Settings:
    limit = f"{{ requests: {world.limit}, per: {world.duration(60)}, burst: {world.limit} }}"
    return Settings(jobs(world, "{ symbols: 50, parallel: 16 }"), limit)


# -- the table ---------------------------------------------------------------------------------------------------------


def section(world: World, outcomes: dict[str, list[Outcome]]) -> Section:
    names = list(outcomes)
    wanted = max(one.bars for runs in outcomes.values() for one in runs)
    first = [one.seconds for one in outcomes[names[0]]]
    lines = [
        f"One exchange for all: {world.limit} requests in any {world.duration(60)}, {world.latency * 1000:.0f} ms to each answer; "
        f"{len(world.symbols)} symbols in {', '.join(TIMEFRAMES)}: {world.requests} requests at the least, {wanted:,} bars. The users' "
        f"run took {USERS_SECONDS:.0f} s for {USERS_REQUESTS} requests at {USERS_LIMIT} a minute; here **times are scaled "
        f"1:{world.scale:.1f}**: where they had 1 s, 5 s, 60 s and 300 s, it is {world.duration(1)}, {world.duration(5)}, "
        f"{world.duration(60)} and {world.duration(300)}. The scale and the latency follow from how long the database took for "
        "these rows in a run before, so that the first step is about 64 % API and 36 % database. Medians of "
        f"{len(first)} runs, all steps in turn.",
        "",
        "| step | total, s | of the first (least to most) | in the users' time, s | API | database | requests | 429 | bars lost |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [row(world, name, outcomes[name], first, wanted) for name in names]
    lines += [
        "",
        f"The limit alone takes {world.least:.2f} s ({world.requests} requests, {world.limit} of them at once): nothing can be faster. "
        "Database is the time in which rows were written, as a share of the total; API is the rest: answers, the limit, backoffs. "
        "candled writes while it waits for the next answer, so its share of the database is hidden in the API's. "
        "In the steps before the last it takes one timeframe after the other and is told of no limit, as those loaders did: "
        "it learns by 429, and what three attempts do not get is left out.",
    ]
    last = outcomes[names[-1]]
    refused, lost = sum(one.rate_limited for one in last), sum(wanted - one.bars for one in last)
    goal = Goal("the progression's last step: 429s, bars lost", "0, 0", f"{refused}, {lost}", refused == lost == 0)
    return Section("\n".join(lines) + "\n", [goal])


def row(world: World, name: str, runs: list[Outcome], first: list[float], wanted: int) -> str:
    seconds = statistics.median(one.seconds for one in runs)
    database = statistics.median(one.database / one.seconds for one in runs)
    of_first = ratio([one.seconds for one in runs], first)
    requests = statistics.median(one.requests for one in runs)
    refused = statistics.median(one.rate_limited for one in runs)
    lost = statistics.median(wanted - one.bars for one in runs)
    return (
        f"| {name} | {seconds:.2f} | {of_first} | {seconds * world.scale:.0f} "
        f"| {1 - database:.0%} | {database:.0%} | {requests:.0f} | {refused:.0f} | {lost:,.0f} |"
    )
