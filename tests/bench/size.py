"""What a bar takes, in the log and on the disk: exact, and whose bytes they are."""

from __future__ import annotations

from bars import empty_database, load_bench
from harness import Context, Goal, Section, query, table

TITLE = "Size"

# The records of the log name the files that they change; pg_filenode_relation would need the tablespace.
WAL_BY_TABLE = r"""
WITH record AS (
  SELECT record_length, fpi_length, resource_manager,
         (regexp_match(block_ref, 'rel \d+/(\d+)/(\d+)'))[1]::oid AS database,
         (regexp_match(block_ref, 'rel \d+/(\d+)/(\d+)'))[2]::oid AS file
  FROM pg_get_wal_records_info(%(first)s::pg_lsn, %(last)s::pg_lsn)
)
SELECT CASE WHEN c.relname ~ '^bar_\d+$' THEN 'bar' WHEN c.relname ~ '^bar_\d+_pkey$' THEN 'its index'
            WHEN c.oid IS NOT NULL THEN coalesce(t.relname, c.relname)
            WHEN r.resource_manager = 'Transaction' THEN 'COMMIT'
            ELSE 'other' END AS owner,
       sum(r.record_length)::int8 AS bytes, sum(r.fpi_length)::int8 AS images
FROM record r
LEFT JOIN pg_class c ON r.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND pg_relation_filenode(c.oid) = r.file
LEFT JOIN pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_class t ON t.oid = i.indrelid
GROUP BY 1"""

DISK = r"""
SELECT sum(pg_relation_size(c.oid, 'main')) FILTER (WHERE c.relkind = 'r')::int8,
       sum(pg_relation_size(c.oid, 'main')) FILTER (WHERE c.relkind = 'i')::int8,
       sum(pg_relation_size(c.oid, 'fsm') + pg_relation_size(c.oid, 'vm'))::int8
FROM pg_class c WHERE c.relname ~ '^bar_\d+(_pkey)?$' AND c.relkind IN ('r', 'i')"""

OTHERS = """
SELECT sum(pg_total_relation_size(c.oid))::int8 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'candled' AND c.relkind = 'r'
  AND c.relname IN ('series_session', 'series', 'coverage_log', 'bar_revision', 'settled', 'gap')"""


class Server:
    """Nothing but the load may write while it is measured."""

    def __init__(self, context: Context):
        self.context = context

    def __enter__(self) -> None:
        self.context.execute("ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()")

    def __exit__(self, *_: object) -> None:
        self.context.execute("ALTER SYSTEM RESET autovacuum", "SELECT pg_reload_conf()")


def wal_of(context: Context, url: str, options: dict) -> tuple[dict, int, dict[str, int], int]:
    """A load's report; the bytes that the log grew by, and of these the records' by table; and full pages among them."""
    # So that each page is logged as it is changed, not as a copy of the whole page that a checkpoint asks for.
    # A load writes less than the least between two checkpoints.
    context.execute("CHECKPOINT")
    (first,) = query(url, "SELECT pg_current_wal_flush_lsn()")[0]
    done = load_bench(context, url, **options)
    (last, grown) = query(url, "SELECT pg_current_wal_flush_lsn(), (pg_current_wal_flush_lsn() - %s::pg_lsn)::int8", [first])[0]
    rows = query(url, WAL_BY_TABLE, {"first": first, "last": last}) if grown > 0 else []
    return done, grown, {owner: bytes_ for owner, bytes_, _ in rows}, sum(images for _, _, images in rows)


def run(context: Context) -> Section:
    options = {"symbols": 2, "sessions": 13} if context.quick else {"symbols": 6, "sessions": 128}
    url = empty_database(context, "bench_size")
    query(url, "CREATE EXTENSION pg_walinspect")
    kinds = {"first": {}, "repeated": {}, "1 % changed": {"changed_every": 100}}
    with Server(context):
        measured = {name: wal_of(context, url, options | more) for name, more in kinds.items()}
    done, grown, by_table, _ = measured["first"]
    bars = done["inserted"]
    rows = []
    for name, (report, total, tables, images) in measured.items():
        of_bars = tables.get("bar", 0) + tables.get("its index", 0)
        written = report["inserted"] + report["changed"]
        rows.append([name, f"{report['bars']:,}", f"{written:,}", f"{total:,}", f"{of_bars:,}", f"{images:,}",
                     f"{total / written:.1f}" if written else "0"])  # fmt: skip
    shares = ", ".join(f"{owner} {bytes_ / bars:.2f}" for owner, bytes_ in sorted(by_table.items(), key=lambda one: -one[1]))
    # Another database, which no bar was changed in.
    fresh = empty_database(context, "bench_disk")
    disk_bars = load_bench(context, fresh, **options)["inserted"]
    heap, index, maps = query(fresh, DISK)[0]
    (others,) = query(fresh, OTHERS)[0]
    disk = (heap + index + maps) / disk_bars
    # The wal of a bar, all that is logged with it included.
    wal = grown / bars
    repeated = measured["repeated"]
    repeated_bars = repeated[2].get("bar", 0) + repeated[2].get("its index", 0)
    markdown = (
        f"**The log.** {bars:,} bars of one minute, by `pg_current_wal_flush_lsn()` before and after, and by table as "
        "`pg_walinspect` names the records.\n\n"
        + table(["load", "bars", "written", "bytes of WAL, all", "of these for bars", "full pages", "all, a written bar"], rows)
        + f"\nBytes a new bar by what they are for: {shares}; the rest of {wal:.2f} are the log's own pages and padding. "
        "`series_session` (a row a session: its count, hash, and since when it is complete), `series` (coverage) and "
        "`coverage_log` are what the proof costs. Each load is the first after a checkpoint, where the first change of a page "
        "logs all of it: changes that are spread over all pages cost a page each then, and little until the next checkpoint.\n\n"
        f"**The disk.** {disk_bars:,} bars: table {heap / disk_bars:.2f}, key {index / disk_bars:.2f}, maps "
        f"{maps / disk_bars:.2f}: {disk:.2f} bytes a bar. Beside it coverage, sessions and their history: "
        f"{others / disk_bars:.2f} bytes a bar, most of it by the session.\n"
    )
    goals = [
        Goal("repeated load: WAL for bars", "0 bytes", f"{repeated_bars} bytes ({repeated[1]} in all)", repeated_bars == 0),
        Goal("disk per new bar", "<= 126 bytes", f"{disk:.2f}", disk <= 126),
        Goal("WAL per new bar", "<= 150 bytes", f"{wal:.2f}, all included", wal <= 150),
    ]
    return Section(markdown, goals)
