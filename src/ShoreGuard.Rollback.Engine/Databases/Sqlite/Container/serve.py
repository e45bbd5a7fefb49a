"""One request a line, one answer a line. The end of the input ends it, and with it every lock."""
SQLITE = {3: "denied", 5: "busy", 6: "busy", 8: "denied", 11: "damaged", 13: "full", 14: "denied", 23: "denied", 26: "damaged"}
SYSTEM = {errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EACCES: "denied", errno.EPERM: "denied", errno.EROFS: "denied", errno.ENOENT: "missing"}


def problem_of(error):
    if isinstance(error, Problem):
        return error.code
    if isinstance(error, sqlite3.Error):
        return SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "unreadable")
    return SYSTEM.get(error.errno, "unreadable") if isinstance(error, OSError) else "unreadable"


WORK = {work.__name__: work for work in (describe, schema, mark, backup, look, alone, take_over, examine, prove, lock, unlock, free_name, swap, unswap, prove_in_place, remove)}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"ok": WORK[request.pop("do")](**request)}
    except Exception as error:
        answer = {"problem": problem_of(error), "text": str(error)}
    print(json.dumps(answer), flush=True)
