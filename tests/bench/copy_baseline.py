"""Raw binary COPY of the rows that a worker has just stored, into an equal leaf table: what this
PostgreSQL can do with such rows in this minute, without a pipeline around it."""
import io
import time

from measure import cpu_seconds

ROWS_PER_TRANSACTION = 50_000


def chunks(connection, table):
    """The table's rows as binary COPY files of about 50,000 rows each, in their physical order,
    which is the order that the worker wrote. [(rows, bytes)]"""
    made = []
    with connection.cursor() as q:
        q.execute("SELECT inhrelid::regclass::text FROM pg_inherits "
                  "WHERE inhparent = %s::regclass ORDER BY 1", (table,))
        for (leaf,) in q.fetchall():
            q.execute(f"SELECT count(*), pg_relation_size('{leaf}') / 8192 FROM ONLY {leaf}")
            rows, pages = q.fetchone()
            if rows == 0:
                continue
            step = max(1, round(ROWS_PER_TRANSACTION * pages / rows))
            for page in range(0, pages, step):
                where = f"ctid >= '({page},0)' AND ctid < '({page + step},0)'"
                out = io.BytesIO()
                q.copy_expert(f"COPY (SELECT * FROM ONLY {leaf} WHERE {where}) "
                              "TO STDOUT (FORMAT binary)", out)
                made.append((q.rowcount, out.getvalue()))
    return made


def load(connection, table, data):
    """Copies the chunks into a fresh leaf of the same shape, a transaction each. rows/s, CPU µs of
    the backend per row."""
    with connection.cursor() as q:
        q.execute("SELECT inhrelid::regclass::text FROM pg_inherits "
                  "WHERE inhparent = %s::regclass ORDER BY 1 LIMIT 1", (table,))
        leaf = q.fetchone()[0]
        q.execute("DROP TABLE IF EXISTS copy_baseline")
        q.execute(f"CREATE TABLE copy_baseline (LIKE {leaf} INCLUDING ALL)")
        q.execute("CHECKPOINT")
        cpu = cpu_seconds(connection.info.backend_pid)
        started = time.monotonic()
        for _, body in data:
            q.execute("BEGIN")
            q.copy_expert("COPY copy_baseline FROM STDIN (FORMAT binary)", io.BytesIO(body), 262144)
            q.execute("COMMIT")
        seconds = time.monotonic() - started
        cpu = cpu_seconds(connection.info.backend_pid) - cpu
        q.execute("SELECT count(*) FROM copy_baseline")
        stored = q.fetchone()[0]
        q.execute("DROP TABLE copy_baseline")
    rows = sum(n for n, _ in data)
    if stored != rows:
        raise RuntimeError(f"raw COPY stored {stored} of {rows} rows")
    return rows / seconds, cpu / rows * 1e6
