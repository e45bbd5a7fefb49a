using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Databases;
using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    private const string UrlForms = "Write sqlite:///relative.db, sqlite:////absolute.db or postgresql://USER:PASSWORD@HOST:PORT/DATABASE, as in SHOREGUARD_DATABASE_URL.";

    public static ShoreGuardException DatabaseUrlInvalid(string shown, string why) => Make(
        "DatabaseUrlInvalid", InvalidArgument, shown,
        $"'{shown}' is not a database URL: {why}. Nothing was changed.", UrlForms);

    public static ShoreGuardException DatabaseUrlForeign(string shown, string scheme) => Make(
        "DatabaseUrlForeign", InvalidArgument, shown,
        $"'{shown}' is the URL of another database: ShoreGuard keeps its data in SQLite or PostgreSQL, and does not read '{scheme}://'. Nothing was changed.",
        scheme == "postgres" ? "Write postgresql:// instead of postgres://; SQLAlchemy, and so ShoreGuard, accepts nothing else." : UrlForms);

    public static ShoreGuardException DatabaseNotNamed() => Make(
        "DatabaseNotNamed", InvalidArgument, null,
        "No database is named: there is no -DatabaseUrl, no deployment from the pipeline, and SHOREGUARD_DATABASE_URL is not set. Nothing was changed.",
        "Use Get-ShoreGuardDeployment | ..., or give -DatabaseUrl. " + UrlForms);

    /// <summary>What to say of a SQLite database that does not, or not with all that belongs to it, outlive its container; null for any other.</summary>
    public static ShoreGuardException? DatabaseDoesNotOutlive(string deployment, JsonObject container, bool forceable = false)
    {
        (string Id, string Where, string Instead)? found = DeploymentDatabase.PlaceOf(container) switch
        {
            SqlitePlace.Layer => ("DatabaseInsideContainer", "is in the container itself, in no volume: another container begins without it, and it goes with this one", ""),
            SqlitePlace.Memory => ("DatabaseInMemory", "is in memory (tmpfs): it is gone as soon as the container stops, and so is what is put there", ""),
            SqlitePlace.MountedAlone => ("DatabaseMountedAlone", "is mounted as a file, without its folder: its WAL is in the container, goes with it, and is played back into whatever file is mounted there when it starts", ", not its file,"),
            _ => null,
        };
        return found is var (id, where, instead)
            ? Make(id, InvalidOperation, deployment, $"The SQLite database of {deployment} {where}. Nothing was changed.",
                $"Back it up while the container runs (Get-ShoreGuardDeployment -Name {deployment} | Backup-ShoreGuardDatabase), give the container a volume or a folder of the host for it{instead} and restore it there.{(forceable ? " To go on all the same: -Force." : "")}")
            : null;
    }

    public static ShoreGuardException WalElsewhere(string path, IReadOnlyList<string> holders) => Make(
        "WalElsewhere", ResourceBusy, path,
        $"{path} is open in {string.Join(", ", holders)} and in WAL mode, but there is no WAL beside it: that process keeps it elsewhere, in a container into which the file alone is mounted perhaps. What it has committed would be missing. Nothing was changed.",
        "Back it up through its container: Get-ShoreGuardDeployment | Backup-ShoreGuardDatabase. Then mount the folder instead of the file.");

    public static ShoreGuardException WalLeftBehind(string deployment, string path) => Make(
        "WalLeftBehind", InvalidResult, deployment,
        $"{deployment} has ended without folding its WAL into {path}, which is mounted without its folder: another container would be without the rows in it.",
        $"Find out why it does not end by itself when it is stopped, or what else had the database open in it; see to it that it does (docker start {deployment}, docker stop --time 60 {deployment}), then run the same command again. Or mount the folder instead of the file.");

    public static ShoreGuardException DatabaseNotReachable(string deployment, string path) => Make(
        "DatabaseNotReachable", ObjectNotFound, path,
        $"The database of {deployment} is {path} on the machine its engine runs on; that cannot be reached from here. Nothing was changed.",
        "Run this on that machine, as root or as a user who may read the engine's volumes.");

    public static ShoreGuardException DatabaseIsLink(string path, string target) => Make(
        "DatabaseIsLink", InvalidOperation, path,
        $"{path} in the deployment's volume is a link to {target}, which means another file in the container than here. Nothing was changed.",
        "Put the file itself into the volume, or name the file with -DatabaseUrl and stop the application yourself.");

    public static ShoreGuardException DatabaseMissing(string path, Exception? inner) => Make(
        "DatabaseMissing", ObjectNotFound, path,
        $"There is no database {path}. Nothing was changed.",
        "Check the path: sqlite:///x is relative to the present folder, sqlite:////x is absolute.", inner);

    public static ShoreGuardException DatabaseEmpty(string path) => Make(
        "DatabaseEmpty", InvalidData, path,
        $"The database {path} is empty: it has no tables at all, so there is nothing to back up. Nothing was changed.",
        "Check that this is the file the application uses; Get-ShoreGuardDeployment shows it.");

    public static ShoreGuardException DatabaseIsFolder(string path) => Make(
        "DatabaseIsFolder", InvalidArgument, path,
        $"{path} is a folder, not a database file. Nothing was changed.",
        "Name the file in it, normally shoreguard.db.");

    public static ShoreGuardException DatabaseFolderMissing(string folder) => Make(
        "DatabaseFolderMissing", ObjectNotFound, folder,
        $"The folder {folder}, in which the database is to be, does not exist. Nothing was changed.",
        "Check the path, or make the folder first, owned by the application's user.");

    public static ShoreGuardException DatabaseFolderNotWritable(string folder) => Make(
        "DatabaseFolderNotWritable", PermissionDenied, folder,
        $"You may not make files in {folder}, in which the database is. Nothing was changed.",
        "Run as root or as the application's user, and check that it is not mounted read-only.");

    public static ShoreGuardException DatabaseForeign(string path, string why) => Make(
        "DatabaseForeign", InvalidData, path,
        $"{path} is not a ShoreGuard database: {why.TrimEnd('.')}. Nothing was changed, and no backup was made.",
        "Check that this is the database the application uses; Get-ShoreGuardDeployment shows it.");

    public static ShoreGuardException DatabaseDamaged(string path, string why, Exception? inner = null) => Make(
        "DatabaseDamaged", InvalidData, path,
        $"The database {path} is damaged: {why.TrimEnd('.')}. No backup was made; one of it could not be relied on.",
        "Restore the newest good backup with Restore-ShoreGuardDatabase; it keeps the damaged database under another name.", inner);

    public static ShoreGuardException DatabaseUnreadable(string path, Exception inner) => Make(
        "DatabaseUnreadable", ReadError, path,
        $"The database {path} cannot be read: {Reason(inner)}. Nothing was changed.",
        "Check the disk and the path.", inner);

    public static ShoreGuardException DatabaseDenied(string path, Exception inner) => Make(
        "DatabaseDenied", PermissionDenied, path,
        $"You may not read the database {path}. Nothing was changed.",
        "Run as root or as the application's user.", inner);

    public static ShoreGuardException DatabaseBusy(string path, IReadOnlyList<string> holders, Exception? inner = null, bool endable = false) => Make(
        "DatabaseBusy", ResourceBusy, path,
        $"The database {path} is in use{(holders.Count > 0 ? " by " + string.Join(", ", holders) : "")}; replaced under an open application, every later write would be lost. Nothing was changed.",
        "Pipe the deployment in, so that it is stopped for the swap (Get-ShoreGuardDeployment | Restore-ShoreGuardDatabase ...), or stop the application first." + (endable ? " -Force ends the sessions that are left." : ""), inner);

    public static ShoreGuardException SessionsNotOurs(string shown, string user, IReadOnlyList<string> sessions) => Make(
        "SessionsNotOurs", PermissionDenied, shown,
        $"The role {user} may not end {(sessions.Count == 1 ? "the session" : "the sessions")} of {string.Join(", ", sessions)} in {shown}. Nothing was changed.",
        $"Close them where they come from, or have a superuser end them (SELECT pg_terminate_backend(PROCESS)); GRANT pg_signal_backend TO {user} lets the role end those of all but superusers.");

    public static ShoreGuardException DatabaseLockFailed(string path, Exception inner) => Make(
        "DatabaseLockFailed", PermissionDenied, path,
        $"The database {path} cannot be locked: {Reason(inner)}. Nothing was changed.",
        "Run as root or as the application's user, and check that its folder is not mounted read-only.", inner);

    /// <summary>What an error of SQLite means while a backup is made.</summary>
    public static ShoreGuardException FromSqliteBackup(string path, string destination, Microsoft.Data.Sqlite.SqliteException error) => error.SqliteErrorCode switch
    {
        5 or 6 => Make("DatabaseBusy", ResourceBusy, path,
            $"The database {path} is locked by another program, and stayed so for ten seconds. No backup was made, and nothing was changed.",
            "Wait until the other program (a migration, a backup) has ended, then run the same command again.", error),
        11 or 26 => DatabaseDamaged(path, error.Message, error),
        13 => DiskFull(Path.GetDirectoryName(destination)!, null, null, error),
        3 or 8 or 14 or 23 => DatabaseDenied(path, error),
        _ => DatabaseUnreadable(path, error),
    };

    public static ShoreGuardException DiskFull(string folder, long? needed, long? free, Exception? inner = null) => Make(
        "DiskFull", ResourceUnavailable, folder,
        $"There is not enough space in {folder}{(needed is null ? "" : $": {needed} bytes are needed, {free} are free")}. Nothing was changed.",
        "Make room there, then run the same command again.", inner);

    public static ShoreGuardException ServerDiskFull(string shown, string place, long needed, long free) => Make(
        "ServerDiskFull", ResourceUnavailable, shown,
        $"The server of {shown} has no room for the restored database: by the backup's rows it is estimated at {needed} bytes, and {free} are free in {place}. Nothing was changed.",
        "Make room on that disk; databases that earlier restores have kept (..._before_TIME) can be dropped when they are not needed any more. Then run the same command again.");

    public static ShoreGuardException BackupFolderInvalid(string path) => Make(
        "BackupFolderInvalid", InvalidArgument, path,
        $"{path} is a file; a backup is made in a folder, under a name of its own. Nothing was changed.",
        "Give -Path a folder.");

    public static ShoreGuardException BackupNotWritable(string folder, Exception inner) => Make(
        "BackupNotWritable", inner is UnauthorizedAccessException ? PermissionDenied : WriteError, folder,
        $"No backup can be made in {folder}: {Reason(inner)}. Nothing was changed.",
        "Give -Path a folder you may write to, with enough space.", inner);

    public static ShoreGuardException BackupNotFound(string path) => Make(
        "BackupNotFound", ObjectNotFound, path,
        $"There is no backup {path}. Nothing was changed.",
        "Check the path; backups are called shoreguard-TIME.sqlite or shoreguard-TIME.pgdump.");

    public static ShoreGuardException BackupIsFolder(string path) => Make(
        "BackupIsFolder", InvalidArgument, path,
        $"{path} is a folder, not a backup file. Nothing was changed.",
        "Name one backup in it: shoreguard-TIME.sqlite or shoreguard-TIME.pgdump.");

    public static ShoreGuardException BackupDenied(string path, Exception inner) => Make(
        "BackupDenied", PermissionDenied, path,
        $"You may not read the backup {path}. Nothing was changed.",
        "Run as a user who may; backups are readable by their owner alone.", inner);

    public static ShoreGuardException BackupEmpty(string path) => Make(
        "BackupEmpty", InvalidData, path,
        $"The backup {path} is empty: 0 bytes. Nothing was changed.",
        "The program that wrote it failed. Choose another backup.");

    public static ShoreGuardException BackupForeign(string path, string why) => Make(
        "BackupForeign", InvalidData, path,
        $"{path} is not a backup of a ShoreGuard database: {why.TrimEnd('.')}. Nothing was changed.",
        "Choose a file that Backup-ShoreGuardDatabase or ShoreGuard's own scripts/backup.py wrote.");

    public static ShoreGuardException BackupDamaged(string path, string why, Exception? inner = null) => Make(
        "BackupDamaged", InvalidData, path,
        $"The backup {path} is damaged: {why.TrimEnd('.')}. Nothing was changed.",
        "Choose another backup, or copy this one again from where it is kept.", inner);

    public static ShoreGuardException BackupDangling(string path, string why) => Make(
        "BackupDangling", InvalidData, path,
        $"The backup {path} is readable to its last byte, but {why.TrimEnd('.')}. Nothing was changed.",
        "If the database had such rows before and the application lived with them, restore it with -Force. Otherwise choose another backup.");

    public static ShoreGuardException BackupUnfinished(string path, string companion) => Make(
        "BackupUnfinished", InvalidData, path,
        $"The backup {path} is not one file: {companion} beside it holds rows that belong to it. Nothing was changed.",
        $"Copy both files to another folder and fold the second in (sqlite3 COPY 'PRAGMA journal_mode=DELETE'), then restore the copy; or delete {companion} if it is a stray.");

    public static ShoreGuardException BackupIsTarget(string path) => Make(
        "BackupIsTarget", InvalidArgument, path,
        $"{path} is the database itself, not a backup of it. Nothing was changed.",
        "Give -BackupPath another file.");

    public static ShoreGuardException BackupKindMismatch(string path, DatabaseKind found, DatabaseKind wanted) => Make(
        "BackupKindMismatch", InvalidData, path,
        $"{path} is a backup of {Named(found)}, the database is {Named(wanted)}. Nothing was changed.",
        $"Choose a backup of {Named(wanted)} (.{(wanted == DatabaseKind.Sqlite ? "sqlite" : "pgdump")}), or name the database it was made of.");

    public static ShoreGuardException RestoreForeign(string path) => Make(
        "RestoreForeign", InvalidOperation, path,
        $"{path} holds tables and no alembic_version, so it is another application's database. Nothing was changed.",
        "Check the URL. If it is to be replaced all the same, say so with -Force; it is kept under another name, or backed up first.");

    public static ShoreGuardException RestoreCopyDamaged(string path, string why, Exception? inner = null) => Make(
        "RestoreCopyDamaged", InvalidResult, path,
        $"The copy of the backup beside {path} is not what was copied: {why.TrimEnd('.')}. The database is as it was before.",
        "The disk or its file system loses data: check both before anything else.", inner);

    public static ShoreGuardException RestoreNotWritable(string path, Exception inner) => Make(
        "RestoreNotWritable", inner is UnauthorizedAccessException ? PermissionDenied : WriteError, path,
        $"The restore of {path} could not be written: {Reason(inner)}. The database is as it was before.",
        "Put right what the message names (space, rights, owner), then run the same command again.", inner);

    public static ShoreGuardException RestoreDisturbed(string path, string why) => Make(
        "RestoreDisturbed", ResourceBusy, path,
        $"Somebody opened {path} while it was being replaced: {why.TrimEnd('.')}. The database is as it was before.",
        "Stop whatever uses the database, and keep it from starting by itself, then run the same command again.");

    public static ShoreGuardException BackupChanged(string path) => Make(
        "BackupChanged", ResourceBusy, path,
        $"The backup {path} was changed after it was proven. The database is as it was before.",
        "Find out what writes to it (a backup that is still being copied there?), then run the same command again.");

    public static ShoreGuardException RestoreUnderWay(string path, string copy) => Make(
        "RestoreUnderWay", ResourceBusy, path,
        $"Another restore of {path} is under way: it writes {copy}. Nothing was changed by this one.",
        "Wait until the other one has ended; Get-ShoreGuardDatabase shows what is there then. Run the same command again if that is not what you want.");

    private static string Named(DatabaseKind kind) => kind == DatabaseKind.Sqlite ? "SQLite" : "PostgreSQL";

    /// <summary>What a failed log-in means.</summary>
    public static ShoreGuardException FromLogin(string shown, string user, string database, Exception error) => error switch
    {
        Npgsql.PostgresException { SqlState: "28P01" or "28000" } denied => Make("DatabaseLoginFailed", AuthenticationError, shown,
            $"The server of {shown} does not let {user} in: {denied.MessageText.TrimEnd('.')}. Nothing was changed.",
            "Check role and password in the URL (percent-encode / : @ and % in them), and the server's pg_hba.conf.", error),
        Npgsql.PostgresException { SqlState: "3D000" } => Make("DatabaseMissing", ObjectNotFound, shown,
            $"The server of {shown} has no database '{database}'. Nothing was changed.",
            "Check the name in the URL (psql --list shows those there are). To restore into a new one, create it first: createdb NAME.", error),
        // Somebody answers, but not for long, or not yet: 57P01 to 57P03, a server that stops or starts.
        Npgsql.PostgresException other when !other.SqlState.StartsWith("57P", StringComparison.Ordinal) => FromPostgres(shown, other),
        _ => Make("DatabaseUnreachable", ConnectionError, shown,
            $"No PostgreSQL server answers at {shown}: {Reason(error)}. Nothing was changed.",
            "Check host and port, and that the server runs. A host that exists only inside a Compose network is found through its deployment: Get-ShoreGuardDeployment | ...", error),
    };

    /// <summary>What the server's refusal means, while nothing has been changed.</summary>
    public static ShoreGuardException FromPostgres(string shown, Npgsql.PostgresException error) => error.SqlState switch
    {
        "42501" => Make("DatabaseDenied", PermissionDenied, shown,
            $"The role in {shown} lacks a right: {error.MessageText.TrimEnd('.')}. Nothing was changed.",
            "Use the role that owns the database, normally the application's.", error),
        "55P03" => Make("DatabaseBusy", ResourceBusy, shown,
            $"A table of {shown} is locked by another session, and stayed so for a minute. Nothing was changed.",
            "Wait until the other session (a migration, a backup) has ended, then run the same command again.", error),
        _ => Make("DatabaseRefused", InvalidOperation, shown,
            $"The server of {shown} refuses: {error.MessageText.TrimEnd('.')} (SQLSTATE {error.SqlState}). Nothing was changed.",
            "The server's own sentence says why; its log shows more.", error),
    };

    public static ShoreGuardException DatabaseConnectionLost(string shown, Exception inner) => Make(
        "DatabaseConnectionLost", ConnectionError, shown,
        $"The connection to {shown} broke: {Reason(inner)}. Nothing was changed.",
        "Check that the server runs, then run the same command again.", inner);

    public static ShoreGuardException NoMaintenanceDatabase(string shown, Exception inner) => Make(
        "MaintenanceDatabaseDenied", PermissionDenied, shown,
        $"A database cannot be replaced from inside, and neither 'postgres' nor 'template1' on the server of {shown} lets this role in: {Reason(inner)}. Nothing was changed.",
        "Let the role connect to the database postgres (GRANT CONNECT, pg_hba.conf), or name another role in the URL.", inner);

    public static ShoreGuardException RestoreNotOwner(string shown, string user, string why, IReadOnlyList<string> objects) => Make(
        "RestoreNotOwner", PermissionDenied, shown,
        $"The role {user} {why}, so {shown} has to be restored in place; but it may not drop {string.Join(", ", objects.Take(5))}{(objects.Count > 5 ? $" and {objects.Count - 5} more" : "")}. Nothing was changed.",
        $"Name the role that owns everything in -DatabaseUrl; or, as a superuser: ALTER ROLE {user} CREATEDB, and GRANT the database's owner TO {user} where that is another role, so that the backup is restored beside the present database. Both can be taken away again afterwards.");

    public static ShoreGuardException RestoreMayNotCreate(string shown, string user) => Make(
        "RestoreMayNotCreate", PermissionDenied, shown,
        $"The role {user} may create neither databases nor tables in the schema public of {shown}, so nothing can be restored. Nothing was changed.",
        $"As a superuser, in that database: GRANT CREATE ON SCHEMA public TO {user}; or ALTER ROLE {user} CREATEDB.");

    public static ShoreGuardException PsqlMissing(string shown, string user, string why, string place) => Make(
        "PostgresToolsMissing", ResourceUnavailable, shown,
        $"The role {user} {why}, so {shown} has to be restored in place, which takes psql; there is none in {place}. Nothing was changed.",
        "Install PostgreSQL's client tools completely (Debian: postgresql-client); or, as a superuser: " + $"ALTER ROLE {user} CREATEDB.");

    public static ShoreGuardException RestoreUnclear(string shown, string? safety, Exception inner) => Make(
        "RestoreUnclear", ConnectionError, shown,
        $"The connection to {shown} broke while the restored database was being committed, and the server cannot be asked whether it was: {Reason(inner)}. It holds either the old database or the restored one, whole.",
        $"When the server is back, Backup-ShoreGuardDatabase shows the revision it is at.{(safety is null ? "" : $" What it held before is in {safety}.")}", inner);

    public static ShoreGuardException PostgresToolsMissing(string shown, int major, IReadOnlyList<string> seen) => Make(
        "PostgresToolsMissing", ResourceUnavailable, shown,
        $"The server of {shown} is PostgreSQL {major}, and pg_dump and pg_restore of that version are not here{(seen.Count > 0 ? $"; found {string.Join(", ", seen)}" : "")}. Nothing was changed.",
        $"Install the client tools of version {major} (Debian: postgresql-client-{major}), or give the deployment (piped in, or as -Deployment), so that those in the database's own container are used.");

    public static ShoreGuardException DumpReaderMissing(string made, IReadOnlyList<string> seen) => Make(
        "DumpReaderMissing", ResourceUnavailable, made,
        $"A dump made by pg_dump {made} is read by pg_restore of that version or a later one, and there is none here{(seen.Count > 0 ? $"; found {string.Join(", ", seen)}" : "")}",
        "Give the deployment (piped in, or as -Deployment), so that the tools in the database's own container are used, or install PostgreSQL's client tools of that version.");

    public static ShoreGuardException DumpReaderEnded(string tool, string path, Exception inner) => Make(
        "DumpReaderEnded", InvalidResult, tool,
        $"{tool} was ended by somebody while it read the backup {path}, which says nothing of the backup. Nothing was changed.",
        $"Find out who ended {tool} (out of memory? The logs of the machine and of the container's engine say so), then run the same command again.", inner);

    public static ShoreGuardException BackupTooNew(string path, int made, int server) => Make(
        "BackupTooNew", InvalidData, path,
        $"The backup {path} was made by pg_dump {made}; the server is PostgreSQL {server} and cannot take it. Nothing was changed.",
        $"Restore it on a server of version {made}, or choose a backup made by pg_dump {server}.");

    public static ShoreGuardException DumpFailed(string shown, string why, Exception? inner = null) => Make(
        "BackupFailed", InvalidResult, shown,
        $"The backup of {shown} failed: {why.TrimEnd('.')}. No backup was made, and nothing was changed.",
        "The message says why; put that right, then run the same command again.", inner);

    public static ShoreGuardException RestoreFailed(string shown, string why, Exception? inner = null) => Make(
        "RestoreFailed", inner is Npgsql.PostgresException { SqlState: "42501" } ? PermissionDenied : InvalidOperation, shown,
        $"Restoring {shown} failed: {why.TrimEnd('.')}. The database is as it was before.",
        "The message is PostgreSQL's own; put right what it names, then run the same command again.", inner);
}
