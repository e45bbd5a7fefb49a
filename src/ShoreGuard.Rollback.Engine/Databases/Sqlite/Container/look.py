"""What is said of a database inside a container. The rules are those of SqliteInspection and SqliteBackup."""
import contextlib, errno, fcntl, hashlib, json, os, re, shutil, sqlite3, stat, struct, sys, tempfile, urllib.parse

SUFFIXES = ("-wal", "-shm", "-journal")


class Problem(Exception):
    def __init__(self, code, text=""):
        super().__init__(text)
        self.code = code


class Connection(sqlite3.Connection):
    """Has stand-ins for the collations and functions that only the application registers. The rules are those of SqliteUnknown."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.unknown = set()

    def execute(self, sql, *parameters):
        while True:
            try:
                return super().execute(sql, *parameters)
            except sqlite3.OperationalError as error:
                missing = re.match(r"(no such collation sequence|no such function|unknown function): (.+?)(?:\(\))?$", str(error))
                if not missing or missing[2] in self.unknown:
                    raise
                self.unknown.add(missing[2])
                if "collation" in missing[1]:
                    self.create_collation(missing[2], lambda a, b: (a > b) - (a < b))
                else:
                    self.create_function(missing[2], -1, lambda *_: None, deterministic=True)

    def users(self):
        """The tables that name one of them."""
        self.execute("EXPLAIN PRAGMA quick_check(1)").fetchall()
        self.execute("EXPLAIN PRAGMA foreign_key_check").fetchall()
        made = self.execute("SELECT tbl_name, lower(sql) FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL").fetchall()
        return {table for table, sql in made if any(name.lower() in sql for name in self.unknown)}


def connect(path, options, patience=0):
    address = "file:" + urllib.parse.quote(path) + "?" + options
    return contextlib.closing(sqlite3.connect(address, uri=True, timeout=patience, isolation_level=None, factory=Connection))


def companions(path):
    return [path + suffix for suffix in SUFFIXES if os.path.exists(path + suffix)]


def is_pending(companion):
    """A WAL with frames, or a journal that would be played back; one that begins with a zero is spent."""
    if companion.endswith("-shm") or not os.path.exists(companion):
        return False
    with open(companion, "rb") as file:
        first = file.read(1)
    return first != b"" and (first != b"\0" or companion.endswith("-wal"))


def is_wal(path):
    """None where the file does not begin as one of SQLite does."""
    with open(path, "rb") as file:
        head = file.read(100)
    return head[18] == 2 if len(head) == 100 and head.startswith(b"SQLite format 3\0") else None


def check(path):
    if os.path.isdir(path):
        raise Problem("folder")
    if not os.path.exists(path):
        raise Problem("missing")
    if os.path.getsize(path) == 0 and not os.path.exists(path + "-wal"):
        raise Problem("empty")
    if os.path.getsize(path) > 0 and is_wal(path) is None:
        raise Problem("foreign", "it does not begin as a SQLite file does")


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def revisions(connection):
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'").fetchall():
        raise Problem("foreign", "it has no table alembic_version, so it is another application's")
    return [row[0] for row in connection.execute("SELECT version_num FROM alembic_version")]


def tables(connection):
    """The tables that hold rows of their own."""
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")
    return [name for (name,) in found.fetchall()]


def rows(connection):
    return [[name, connection.execute(f"SELECT count(*) FROM {quote(name)}").fetchone()[0]] for name in tables(connection)]


def packed(value):
    if value is None:
        return b"n"
    if isinstance(value, bytes):
        return struct.pack("<cq", b"b", len(value)) + value
    return struct.pack("<cq", b"i", value) if isinstance(value, int) else struct.pack("<cd", b"f", value)


def digests(connection):
    """A digest of each table, whatever the order of its rows; SqliteMark computes the same."""
    names = tables(connection)
    connection.text_factory = bytes
    found = {}
    for name in names:
        total = 0
        for row in connection.execute(f"SELECT * FROM {quote(name)}"):
            total += int.from_bytes(hashlib.sha256(b"".join(map(packed, row))).digest()[:16], "little")
        found[name] = f"{total % 2**128:032x}"
    connection.text_factory = str
    return found


def mark(path):
    check(path)
    return read(path, digests)


def contents(connection):
    found = revisions(connection)
    if len(found) != 1:
        raise Problem("foreign", f"its table alembic_version names {len(found)} revisions")
    return {"revision": found[0], "rows": rows(connection)}


def values(connection, table, column):
    """How many rows have a value in a column; None where there is no such column."""
    there = connection.execute("SELECT 1 FROM pragma_table_info(?) WHERE lower(name) = lower(?)", (table, column)).fetchone()
    return connection.execute(f"SELECT count({quote(column)}) FROM {quote(table)}").fetchone()[0] if there else None


def schema(path, columns):
    check(path)
    return read(path, lambda connection: {
        "revisions": revisions(connection),
        "rows": rows(connection),
        "values": [values(connection, *column) for column in columns],
    })


def read(path, contents=contents):
    """Revision and rows, or something else, without leaving a trace beside the database."""
    pending = any(is_pending(path + suffix) for suffix in SUFFIXES)
    if is_wal(path) and os.path.exists(path + "-shm"):
        with connect(path, "mode=ro", 2) as connection:
            return contents(connection)
    if not pending:
        with connect(path, "immutable=1") as connection:
            return contents(connection)
    # Rows wait in a WAL or a journal that nobody has open: SQLite would fold them in.
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "copy.db")
        for file in [path, *companions(path)]:
            shutil.copyfile(file, copy + file[len(path):])
        with connect(copy, "mode=rw") as connection:
            return contents(connection)


def describe(path):
    check(path)
    size = sum(os.path.getsize(file) for file in [path, *companions(path)])
    return {**read(path), "size": size, "version": sqlite3.sqlite_version}


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def backup(path, to):
    """SQLite's online backup in one step, out of one read transaction."""
    check(path)
    shared = not os.path.exists(path + "-journal") if is_wal(path) is False else os.path.exists(path + "-shm")
    mode = "ro" if shared or not os.access(os.path.dirname(path), os.W_OK) else "rw"
    os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with connect(path, "mode=" + mode, 10) as source, connect(to, "mode=rw") as target:
        # Python's backup would wait without end for somebody else's lock; a statement waits for ten seconds.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        target.execute("PRAGMA journal_mode = OFF").fetchall()
        target.execute("PRAGMA synchronous = OFF").fetchall()
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE").fetchall()
    return {"size": os.path.getsize(to), "sha256": sha256(to)}
