"""The parts of a restore that happen beside the database. The rules are those of SqliteCopy, SqliteLock and SqliteSwap."""
held = None


def look(path):
    """What a restore needs to know of its target; the path may be a link, which means inside what it means to the application."""
    real = os.path.realpath(path)
    folder = os.path.dirname(real)
    room = os.statvfs(folder) if os.path.isdir(folder) else None
    return {
        "path": real,
        "isFolder": os.path.isdir(real),
        "exists": os.path.exists(real),
        "hasFolder": room is not None,
        "isWritable": os.access(folder, os.W_OK),
        "free": room.f_bavail * room.f_frsize if room else 0,
        "copies": [os.path.join(folder, name) for name in os.listdir(folder) if name.startswith(os.path.basename(real) + ".restoring-")] if room else [],
        "before": try_read(real),
        "isForeign": is_foreign(real),
    }


def try_read(path):
    """A damaged database is what restores are for."""
    try:
        return read(path) if os.path.isfile(path) else None
    except (Problem, sqlite3.Error, OSError):
        return None


def is_foreign(path):
    """Whether it holds tables of something else."""
    try:
        if not os.path.isfile(path) or is_wal(path) is None:
            return False
        with connect(path, "mode=ro" if os.path.exists(path + "-shm") else "immutable=1", 2) as connection:
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return bool(names) and "alembic_version" not in names
    except (sqlite3.Error, OSError):
        return False


def alone(path):
    """Refuses a file that another process has open, in whichever container: the kernel then gives no write lease (fcntl(2))."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        # Leases are for the owner.
        os.seteuid(os.fstat(descriptor).st_uid)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            raise Problem("busy") from error
        # A file system without leases: SQLite's own lock has to do.
    finally:
        os.seteuid(0)
        os.close(descriptor)


def take_over(copy, path):
    """Owner, group and mode of the database; where there is none, the folder's owner and 0600."""
    model = os.stat(path if os.path.exists(path) else os.path.dirname(path))
    os.chown(copy, model.st_uid, model.st_gid)
    os.chmod(copy, stat.S_IMODE(model.st_mode) if os.path.exists(path) else 0o600)


def sync(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems do not sync folders; their renames are durable by themselves.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def examine(path, dangling_allowed=False):
    """Every proof of a database that nobody writes; changes nothing."""
    if not os.path.exists(path):
        raise Problem("missing")
    pending = [os.path.basename(file) for file in companions(path) if is_pending(file)]
    if pending:
        raise Problem("damaged", f"{pending[0]} beside it holds rows that belong to it")
    with connect(path, "immutable=1") as connection:
        users = connection.users()
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'") if row[0] not in users]
        for check in [f"PRAGMA quick_check({quote(table)})" for table in tables] if users else ["PRAGMA quick_check(10)"]:
            pages = [row[0] for row in connection.execute(check)]
            if pages != ["ok"]:
                raise Problem("damaged", "; ".join(" ".join(text.split()) for text in pages))
        if users:
            tables = [table for table in tables if not users.intersection(row[2] for row in connection.execute(f"PRAGMA foreign_key_list({quote(table)})"))]
        dangling = sum(len(connection.execute(check).fetchall()) for check in
            ([f"PRAGMA foreign_key_check({quote(table)})" for table in tables] if users else ["PRAGMA foreign_key_check"]))
        if dangling and not dangling_allowed:
            raise Problem("damaged", f"{dangling} rows refer to missing ones")
        return {**contents(connection), "size": os.path.getsize(path)}


def prove(path, digest, dangling_allowed=False):
    """The copy is, to the last bit, what was sent, and a good database; it leaves the WAL mode and is made durable."""
    if (found := sha256(path)) != digest:
        raise Problem("damaged", f"its SHA-256 is {found}, and that of the backup {digest}")
    if is_wal(path):
        with connect(path, "mode=rw") as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    proven = examine(path, dangling_allowed)
    sync(path)
    return proven


def lock(path):
    """The exclusive lock, every committed row folded into the one file. Until it is let go, no other handle may be closed on it."""
    global held
    alone(path)
    wal = is_wal(path)
    connection = sqlite3.connect("file:" + urllib.parse.quote(path) + "?mode=rw", uri=True, timeout=2, isolation_level=None)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
        connection.execute("PRAGMA locking_mode = NORMAL").fetchall()
        connection.execute("BEGIN EXCLUSIVE")
        if "wal" in (mode, connection.execute("PRAGMA journal_mode").fetchone()[0]):
            raise Problem("busy", "it stays in WAL mode")
    except Exception as error:
        connection.close()
        if isinstance(error, sqlite3.Error) and problem_of(error) == "damaged":
            return {"wasWal": False, "detail": f"it is damaged ({error}) and is kept as it is, with the files beside it"}
        raise
    held = connection
    return {"wasWal": bool(wal), "detail": "its WAL is folded in" if wal else "it has no WAL"}


def unlock(path, was_wal):
    global held
    if held is not None:
        held.close()
        held = None
    if was_wal:
        with connect(path, "mode=rw", 2) as connection:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()


def free_name(path, stamp):
    name, number = f"{path}.before-restore-{stamp}", 2
    while os.path.lexists(name):
        name, number = f"{path}.before-restore-{stamp}-{number}", number + 1
    return name


def give_second_name(path, name):
    try:
        os.link(path, name)
    except OSError as error:
        # A file system without hard links: for a moment there is no file under the first name.
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        os.rename(path, name)


def swap(path, copy, kept):
    """At every moment there is one whole file under the name, the old or the new."""
    for companion in companions(path):
        os.rename(companion, kept + companion[len(path):])
    if os.path.exists(path):
        give_second_name(path, kept)
    # A kept database that is put back although it is not whole takes along what belongs to it.
    for companion in companions(copy):
        if is_pending(companion):
            os.rename(companion, path + companion[len(copy):])
        else:
            os.remove(companion)
    os.rename(copy, path)
    sync(os.path.dirname(path))


def unswap(path, copy, kept, existed):
    """Asks the folder how far the swap got, not anybody's memory: this may be another process than that which did it."""
    swapped = os.path.exists(path) and not os.path.exists(copy)
    if swapped:
        for companion in companions(path):
            os.rename(companion, copy + companion[len(path):])
        give_second_name(path, copy)
    if os.path.exists(kept):
        # Renaming one of two names of the same file to the other does nothing (rename(2)).
        if os.path.exists(path) and os.path.samefile(path, kept):
            os.remove(kept)
        else:
            os.rename(kept, path)
    elif swapped and not existed and os.path.exists(path):
        os.remove(path)
    for suffix in SUFFIXES:
        if os.path.exists(kept + suffix):
            os.rename(kept + suffix, path + suffix)
    sync(os.path.dirname(path))


def prove_in_place(path):
    left = [os.path.basename(file) for file in companions(path)]
    if left:
        raise Problem("disturbed", f"{' and '.join(left)} appeared beside it")
    with connect(path, "immutable=1") as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]


def remove(path):
    for file in [path, *companions(path)]:
        with contextlib.suppress(FileNotFoundError):
            os.remove(file)
