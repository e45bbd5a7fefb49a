using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    /// <summary>The id where the server answers, and does not let the role in.</summary>
    public const string DatabaseLoginFailed = nameof(DatabaseLoginFailed);

    /// <summary>The id where no server answers.</summary>
    public const string DatabaseUnreachable = nameof(DatabaseUnreachable);

    private const string UrlForms = "Write sqlite:///relative.db, sqlite:////absolute.db or postgresql://USER:PASSWORD@HOST:PORT/DATABASE, as in "
        + "SHOREGUARD_DATABASE_URL.";

    public static ShoreGuardException DatabaseUrlInvalid(string shown, string why) => Untouched(
        nameof(DatabaseUrlInvalid), InvalidArgument, shown,
        $"'{shown}' is not a database URL: {why}.", UrlForms);

    public static ShoreGuardException DatabaseUrlForeign(string shown, string scheme) => Untouched(
        nameof(DatabaseUrlForeign), InvalidArgument, shown,
        $"'{shown}' is not a database of ShoreGuard, which uses SQLite or PostgreSQL and does not accept '{scheme}://'.",
        scheme == "postgres" ? "Write postgresql:// instead of postgres://. SQLAlchemy, and so ShoreGuard, accepts nothing else." : UrlForms);

    public static ShoreGuardException DatabaseServiceUnknown(string shown, string service, IEnumerable<string> files) => Untouched(
        nameof(DatabaseServiceUnknown), ObjectNotFound, shown,
        $"The application takes how it logs in to {shown} from the connection service '{service}', which {string.Join(" and ", files)} inside its container do "
        + "not describe.",
        "Compare PGSERVICE, PGSERVICEFILE and the files in the container. As it is, the application cannot log in either.");

    public static ShoreGuardException DatabaseNotNamed() => Untouched(
        nameof(DatabaseNotNamed), InvalidArgument, null,
        "No database was given: there is neither -DatabaseUrl nor a deployment, and SHOREGUARD_DATABASE_URL is not set.",
        "Pipe a deployment from Get-ShoreGuardDeployment, or give -DatabaseUrl. " + UrlForms);

    /// <summary>What to say of a SQLite database that does not, or not with all that belongs to it, outlive its container; null for any other.</summary>
    public static ShoreGuardException? DatabaseDoesNotOutlive(string deployment, SqlitePlace? place, bool forceable = false)
    {
        (string Id, string Where, string Instead)? found = place switch
        {
            SqlitePlace.Layer => ("DatabaseInsideContainer", "is in the container itself, not on a volume: a new container starts without it, and it is "
                + "lost with this one", ""),
            SqlitePlace.Memory => ("DatabaseInMemory", "is in memory (tmpfs): it is lost when the container stops, and so is what is restored there", ""),
            SqlitePlace.MountedAlone => ("DatabaseMountedAlone", "is bind-mounted as a file, without its directory: its WAL is in the container, is lost "
                + "with it, and is applied to whatever file is mounted there when it starts", ", not its file,"),
            _ => null,
        };
        return found is var (id, where, instead)
            ? Untouched(id, InvalidOperation, deployment, $"The SQLite database of {deployment} {where}.",
                $"Back it up while the container runs ({Advice.Pipe(deployment, "Backup-ShoreGuardDatabase")}), give the container a volume or a directory "
                    + $"of the host for it{instead} and restore it there.{(forceable ? " To proceed nevertheless, use -Force." : "")}")
            : null;
    }

    public static ShoreGuardException WalElsewhere(string path, IReadOnlyList<string> holders) => Untouched(
        nameof(WalElsewhere), ResourceBusy, path,
        $"{path} is open in {string.Join(", ", holders)} and in WAL mode, but has no WAL beside it. That process keeps the WAL elsewhere, perhaps in a "
            + "container into which only the file is mounted. What it has committed would be missing.",
        $"Back it up through its container: {Advice.Pipe(null, "Backup-ShoreGuardDatabase")}. Then mount the directory instead of the file.");

    public static ShoreGuardException WalLeftBehind(string deployment, string path) => Make(
        nameof(WalLeftBehind), InvalidResult, deployment,
        $"{deployment} ended without folding its WAL into {path}, which is mounted without its directory. A new container would miss the rows in it.",
        $"Find out why it does not end by itself when it is stopped, or what else has the database open in it. Stop it cleanly (docker start {deployment}, "
            + $"docker stop --time 60 {deployment}), then run the same command again. Or mount the directory instead of the file.");

    public static ShoreGuardException DatabaseNotReachable(string deployment, string path) => Untouched(
        nameof(DatabaseNotReachable), ObjectNotFound, path,
        $"The database of {deployment} is {path} on the machine of its engine, which cannot be reached from here.",
        "Run the command on that machine, as root or as a user who can read the engine's volumes.");

    public static ShoreGuardException DatabaseCompanionIsLink(string path, string link) => Untouched(
        nameof(DatabaseCompanionIsLink), SecurityError, path,
        $"{link}, where SQLite keeps a part of the database {path}, is a link. SQLite itself never makes one there.",
        "Find out who put it there, since whoever may write to that folder could have other files read or overwritten. Remove the link, then run the same "
        + "command again.");

    public static ShoreGuardException DatabaseIsLink(string path, string target) => Untouched(
        nameof(DatabaseIsLink), InvalidOperation, path,
        $"{path} in the deployment's volume is a link to {target}, which is another file in the container than here.",
        "Put the file itself into the volume, or name the file with -DatabaseUrl and stop the application yourself.");

    public static ShoreGuardException DatabaseMissing(string path, Exception? inner) => Untouched(
        nameof(DatabaseMissing), ObjectNotFound, path,
        $"The database {path} does not exist.",
        "Check the path: sqlite:///x is relative to the current folder, "
            + (OperatingSystem.IsWindows() ? "sqlite:///C:/x is absolute, and sqlite://///SERVER/SHARE/x is on a share." : "sqlite:////x is absolute."), inner);

    public static ShoreGuardException DatabaseEmpty(string path) => Untouched(
        nameof(DatabaseEmpty), InvalidData, path,
        $"The database {path} is empty: it has no tables.",
        "Check that this is the file the application uses; Get-ShoreGuardDeployment shows it.");

    public static ShoreGuardException DatabaseIsFolder(string path) => Untouched(
        nameof(DatabaseIsFolder), InvalidArgument, path,
        $"{path} is a folder, not a database file.",
        "Name the file in it, normally shoreguard.db.");

    public static ShoreGuardException DatabaseFolderMissing(string folder) => Untouched(
        nameof(DatabaseFolderMissing), ObjectNotFound, folder,
        $"The folder {folder} for the database does not exist.",
        "Check the path, or create the folder, owned by the application's user.");

    public static ShoreGuardException DatabaseFolderNotWritable(string folder) => Untouched(
        nameof(DatabaseFolderNotWritable), PermissionDenied, folder,
        $"You cannot create files in {folder}, the folder of the database.",
        "Run as root or as the application's user, and check that it is not mounted read-only.");

    public static ShoreGuardException DatabaseForeign(string path, string why) => Untouched(
        nameof(DatabaseForeign), InvalidData, path,
        $"{path} is not a ShoreGuard database: {why.TrimEnd('.')}.",
        "Check that this is the database the application uses; Get-ShoreGuardDeployment shows it.");

    public static ShoreGuardException DatabaseDamaged(string path, string why, Exception? inner = null) => Untouched(
        nameof(DatabaseDamaged), InvalidData, path,
        $"The database {path} is damaged: {why.TrimEnd('.')}.",
        "Restore the newest good backup with Restore-ShoreGuardDatabase, which keeps the damaged database under another name.", inner);

    public static ShoreGuardException DatabaseUnreadable(string path, Exception inner) => Untouched(
        nameof(DatabaseUnreadable), ReadError, path,
        $"The database {path} cannot be read: {Reason(inner)}.",
        "Check the disk and the path.", inner);

    /// <summary>Another program has the file open and lets nobody else at it, which Windows does where it is asked to.</summary>
    public static ShoreGuardException DatabaseHeld(string path, string program, Exception inner) => Untouched(
        nameof(DatabaseBusy), ResourceBusy, path,
        $"The database {path} is open in {program}, which lets nobody else open it.",
        "Close that program, then run the same command again.", inner);

    /// <summary>The same of a backup, which says nothing of what is in it.</summary>
    public static ShoreGuardException BackupBusy(string path, string program, Exception inner) => Untouched(
        nameof(BackupBusy), ResourceBusy, path,
        $"The backup {path} is open in {program}, which lets nobody else read it.",
        "Wait until that program (one that copies or synchronizes it, a virus scanner) has ended, or close it; then run the same command again.", inner);

    public static ShoreGuardException DatabaseReadOnly(string path) => Untouched(
        nameof(DatabaseReadOnly), PermissionDenied, path,
        $"The database {path} is marked as read-only, so it cannot be replaced.",
        $"Take the mark away (attrib -R \"{path}\"), and find out who set it: no application can write to the database as it is.");

    public static ShoreGuardException DatabaseDenied(string path, Exception inner) => Untouched(
        nameof(DatabaseDenied), PermissionDenied, path,
        $"You do not have permission to read the database {path}.",
        "Run as root or as the application's user.", inner);

    public static ShoreGuardException DatabaseBusy(string path, IReadOnlyList<string> holders, Exception? inner = null, bool endable = false) => Untouched(
        nameof(DatabaseBusy), ResourceBusy, path,
        $"The database {path} is in use{(holders.Count > 0 ? " by " + string.Join(", ", holders) : "")}. {UnderOpenApplication}",
        $"Pipe the deployment, so that it is stopped for the exchange ({Advice.Pipe(null, "Restore-ShoreGuardDatabase -BackupPath PATH")}), or stop the "
            + $"application first.{(endable ? " -Force ends the remaining sessions." : "")}", inner);

    public static ShoreGuardException DatabaseHasWorkers(string shown, IReadOnlyList<string> workers) => Untouched(
        nameof(DatabaseHasWorkers), ResourceBusy, shown,
        $"Background workers of the server are connected to {shown}, and keep it from being replaced: {string.Join(", ", workers)}. Ending them does not help, "
        + "because the server starts them again.",
        "Stop them in the way of the extension they belong to (TimescaleDB: SELECT _timescaledb_functions.stop_background_workers(); pg_cron: "
        + "cron.database_name), then run the same command again.");

    public static ShoreGuardException SessionsNotOurs(string shown, string user, IReadOnlyList<string> sessions) => Untouched(
        nameof(SessionsNotOurs), PermissionDenied, shown,
        $"The role {user} is not allowed to end {(sessions.Count == 1 ? "the session" : "the sessions")} of {string.Join(", ", sessions)} in {shown}.",
        $"Close them at their source, or have a superuser end them (SELECT pg_terminate_backend(PROCESS)). GRANT pg_signal_backend TO {user} allows the "
            + "role to end those of all but superusers.");

    public static ShoreGuardException DatabaseLockFailed(string path, Exception inner) => Untouched(
        nameof(DatabaseLockFailed), PermissionDenied, path,
        $"The database {path} cannot be locked: {Reason(inner)}.",
        "Run as root or as the application's user, and check that its folder is not mounted read-only.", inner);

    private static ShoreGuardException DatabaseLocked(string path, Exception error) => Untouched(nameof(DatabaseBusy), ResourceBusy, path,
        $"The database {path} has been locked by another program for ten seconds.",
        "Wait until the other program (a migration, a backup) has ended, then run the same command again.", error);

    /// <summary>What an error of SQLite means while a backup is made.</summary>
    public static ShoreGuardException FromSqliteBackup(string path, string destination, Microsoft.Data.Sqlite.SqliteException error) =>
        error.SqliteErrorCode switch
    {
        5 or 6 => DatabaseLocked(path, error),
        11 or 26 => DatabaseDamaged(path, error.Message, error),
        13 => DiskFull(Path.GetDirectoryName(destination)!, null, null, error),
        3 or 8 or 14 or 23 => DatabaseDenied(path, error),
        _ => DatabaseUnreadable(path, error),
    };

    public static ShoreGuardException DiskFull(string folder, long? needed, long? free, Exception? inner = null) => Untouched(
        nameof(DiskFull), ResourceUnavailable, folder,
        $"There is not enough space in {folder}{(needed is null ? "" : $": {needed} bytes are needed, {free} are free")}.",
        "Free space there, then run the same command again.", inner);

    public static ShoreGuardException ServerDiskFull(string shown, string place, long needed, long free) => Untouched(
        nameof(ServerDiskFull), ResourceUnavailable, shown,
        $"The server of {shown} has not enough space for the restored database: estimated from the backup's rows, it needs {needed} bytes, and {free} are "
            + $"free in {place}.",
        "Free space on that disk, then run the same command again. Databases that earlier restores kept (..._before_TIME) can be dropped when they are no "
            + "longer needed.");

    public static ShoreGuardException BackupFolderInvalid(string path) => Untouched(
        nameof(BackupFolderInvalid), InvalidArgument, path,
        $"{path} is a file. A backup needs a folder, and gets its own name there.",
        "Set -Path to a folder.");

    public static ShoreGuardException BackupNotWritable(string folder, Exception inner) => Untouched(
        nameof(BackupNotWritable), inner is UnauthorizedAccessException ? PermissionDenied : WriteError, folder,
        $"The backup cannot be written to {folder}: {Reason(inner)}.",
        "Set -Path to a folder that you can write to, with enough space.", inner);

    public static ShoreGuardException BackupNotFound(string path) => Untouched(
        nameof(BackupNotFound), ObjectNotFound, path,
        $"The backup {path} does not exist.",
        "Check the path. Backups are named shoreguard-TIME.sqlite or shoreguard-TIME.pgdump.");

    public static ShoreGuardException BackupIsSidecar(string path, string backup) => Untouched(
        nameof(BackupIsSidecar), InvalidArgument, path,
        $"{path} is the sidecar of a backup, not the backup itself.",
        $"Name the backup: {backup}");

    public static ShoreGuardException BackupIsFolder(string path) => Untouched(
        nameof(BackupIsFolder), InvalidArgument, path,
        $"{path} is a folder, not a backup file.",
        "Name one backup in it: shoreguard-TIME.sqlite or shoreguard-TIME.pgdump.");

    public static ShoreGuardException BackupDenied(string path, Exception inner) => Untouched(
        nameof(BackupDenied), PermissionDenied, path,
        $"You do not have permission to read the backup {path}.",
        "Run as its owner, who alone can read a backup, or as root.", inner);

    public static ShoreGuardException BackupEmpty(string path) => Untouched(
        nameof(BackupEmpty), InvalidData, path,
        $"The backup {path} is empty: 0 bytes.",
        "The program that wrote it failed. Choose another backup.");

    public static ShoreGuardException BackupForeign(string path, string why) => Untouched(
        nameof(BackupForeign), InvalidData, path,
        $"{path} is not a backup of a ShoreGuard database: {why.TrimEnd('.')}.",
        "Choose a file written by Backup-ShoreGuardDatabase or by ShoreGuard's own scripts/backup.py.");

    public static ShoreGuardException BackupDamaged(string path, string why, Exception? inner = null) => Untouched(
        nameof(BackupDamaged), InvalidData, path,
        $"The backup {path} is damaged: {why.TrimEnd('.')}.",
        "Choose another backup, or copy this one again from its source.", inner);

    public static ShoreGuardException BackupUnsafe(string path, string what) => Make(
        nameof(BackupUnsafe), InvalidData, path,
        $"The backup {path} contains {what}, which pg_dump does not write. A restore would not be undone completely if it failed.",
        "Do not restore it. Find out what wrote or changed it, and choose another backup.");

    public static ShoreGuardException BackupIncomplete(string path, string why) => Untouched(
        nameof(BackupIncomplete), InvalidData, path,
        $"The backup {path} is not a complete one: {why.TrimEnd('.')}.",
        "Choose another backup, made by Backup-ShoreGuardDatabase or by pg_dump --format=custom without options that leave something out.");

    public static ShoreGuardException BackupDangling(string path, string why) => Untouched(
        nameof(BackupDangling), InvalidData, path,
        $"The backup {path} is readable to its last byte, but {why.TrimEnd('.')}.",
        "If the database already had such rows and the application worked with them, restore it with -Force. Otherwise choose another backup.");

    public static ShoreGuardException BackupUnfinished(string path, string companion) => Untouched(
        nameof(BackupUnfinished), InvalidData, path,
        $"The backup {path} is not complete without {companion} beside it, which holds rows that belong to it.",
        $"Copy both files to another folder and fold the second in (sqlite3 COPY 'PRAGMA journal_mode=DELETE'), then restore the copy; or delete {companion} "
        + "if it is a stray.");

    public static ShoreGuardException BackupIsTarget(string path) => Untouched(
        nameof(BackupIsTarget), InvalidArgument, path,
        $"{path} is the database itself, not a backup of it.",
        "Set -BackupPath to another file.");

    public static ShoreGuardException BackupKindMismatch(string path, DatabaseKind found, DatabaseKind wanted) => Untouched(
        nameof(BackupKindMismatch), InvalidData, path,
        $"{path} is a backup of a {Named(found)} database, and this is a {Named(wanted)} database.",
        $"Choose a backup of {Named(wanted)} (.{(wanted == DatabaseKind.Sqlite ? "sqlite" : "pgdump")}), or name the database that it was made of.");

    public static ShoreGuardException RestoreForeign(string path) => Untouched(
        nameof(RestoreForeign), InvalidOperation, path,
        $"{path} is the database of another application: it has tables, and no alembic_version.",
        "Check the URL. To replace it nevertheless, use -Force; it is then kept under another name, or backed up first.");

    public static ShoreGuardException RestoreCopyDamaged(string path, string why, Exception? inner = null) => Make(
        nameof(RestoreCopyDamaged), InvalidResult, path,
        $"The copy of the backup beside {path} differs from the backup: {why.TrimEnd('.')}.",
        "The disk or its file system loses data: check both before anything else.", inner);

    public static ShoreGuardException RestoreNotWritable(string path, Exception inner) => Make(
        nameof(RestoreNotWritable), inner is UnauthorizedAccessException ? PermissionDenied : WriteError, path,
        $"The restore of {path} could not be written: {Reason(inner)}.",
        "Fix what the message names (space, permissions, owner), then run the same command again.", inner);

    public static ShoreGuardException RestoreDisturbed(string path, string why) => Make(
        nameof(RestoreDisturbed), ResourceBusy, path,
        $"Somebody opened {path} while it was being replaced: {why.TrimEnd('.')}.",
        "Stop the program that uses the database and make sure that it does not restart by itself, then run the same command again.");

    public static ShoreGuardException BackupChanged(string path) => Make(
        nameof(BackupChanged), ResourceBusy, path,
        $"The backup {path} was changed after it was proven.",
        "Find out what writes to it (is it still being copied?), then run the same command again.");

    public static ShoreGuardException RestoreUnderWay(string path, string copy) => Untouched(
        nameof(RestoreUnderWay), ResourceBusy, path,
        $"Another restore of {path} is in progress: it writes {copy}.",
        "Wait until it has ended. Get-ShoreGuardDatabase then shows the current database. If it is not the one you want, run the same command again.");

    private static string Named(DatabaseKind kind) => kind == DatabaseKind.Sqlite ? "SQLite" : "PostgreSQL";

    /// <summary>What a failed log-in means.</summary>
    public static ShoreGuardException FromLogin(string shown, string user, string database, Exception error) => error switch
    {
        Npgsql.PostgresException { SqlState: "28P01" or "28000" } denied => Untouched(DatabaseLoginFailed, AuthenticationError, shown,
            $"The server of {shown} rejects the login of {user}: {denied.MessageText.TrimEnd('.')}.",
            "Check role and password in the URL (percent-encode / : @ and % in them), and the server's pg_hba.conf.", error),
        Npgsql.PostgresException { SqlState: "3D000" } => Untouched(nameof(DatabaseMissing), ObjectNotFound, shown,
            $"The server of {shown} has no database '{database}'.",
            "Check the name in the URL (psql --list lists the databases). To restore into a new one, create it first: createdb NAME.", error),
        // Somebody answers, but not for long, or not yet: 57P01 to 57P03, a server that stops or starts.
        Npgsql.PostgresException other when !other.SqlState.StartsWith("57P", StringComparison.Ordinal) => FromPostgres(shown, other),
        _ => Untouched(DatabaseUnreachable, ConnectionError, shown,
            $"No PostgreSQL server answers at {shown}: {Reason(error)}.",
            "Check host and port, and that the server runs. A host that exists only inside a Compose network is reached through its deployment: "
                + "pipe it from Get-ShoreGuardDeployment.", error),
    };

    /// <summary>What the server's refusal means, while nothing has been changed.</summary>
    public static ShoreGuardException FromPostgres(string shown, Npgsql.PostgresException error) => error.SqlState switch
    {
        "42501" when error.MessageText.Contains(RowSecurity, StringComparison.Ordinal) => Untouched(nameof(DatabaseDenied), PermissionDenied, shown,
            $"The role in {shown} lacks a permission: {error.MessageText.TrimEnd('.')}.", RowSecurityAdvice, error),
        "42501" => Untouched(nameof(DatabaseDenied), PermissionDenied, shown,
            $"The role in {shown} lacks a permission: {error.MessageText.TrimEnd('.')}.",
            "Use the role that owns the database, normally the application's.", error),
        "55P03" => Untouched(nameof(DatabaseBusy), ResourceBusy, shown,
            $"A table of {shown} is locked by another session, which did not end while it was waited for.",
            "Wait until the other session (a migration, a backup) has ended, then run the same command again.", error),
        _ => Untouched("DatabaseRefused", InvalidOperation, shown,
            $"The server of {shown} refused: {error.MessageText.TrimEnd('.')} (SQLSTATE {error.SqlState}).",
            "The server's own message says why; its log shows more.", error),
    };

    public static ShoreGuardException DatabaseConnectionLost(string shown, Exception inner) => Untouched(
        nameof(DatabaseConnectionLost), ConnectionError, shown,
        $"The connection to {shown} broke: {Reason(inner)}.",
        "Check that the server runs, then run the same command again.", inner);

    public static ShoreGuardException NoMaintenanceDatabase(string shown, Exception inner) => Untouched(
        "MaintenanceDatabaseDenied", PermissionDenied, shown,
        $"To replace a database, the role must connect to 'postgres' or 'template1' on the server of {shown}, and it cannot: {Reason(inner)}.",
        "Allow the role to connect to the database postgres (GRANT CONNECT, pg_hba.conf), or use another role in the URL.", inner);

    public static ShoreGuardException RestoreNotOwner(string shown, string user, string why, IReadOnlyList<string> objects) => Untouched(
        nameof(RestoreNotOwner), PermissionDenied, shown,
        $"The role {user} {why}, so {shown} must be restored in place, but the role is not allowed to drop "
            + $"{string.Join(", ", objects.Take(5))}{(objects.Count > 5 ? $" and {objects.Count - 5} more" : "")}.",
        $"Use the role that owns everything in -DatabaseUrl. Or, as a superuser, run ALTER ROLE {user} CREATEDB, and GRANT the database's owner TO {user} "
            + "if that is another role, so that the backup is restored beside the current database. Both can be revoked afterwards.");

    public static ShoreGuardException RestoreNeedsSuperuser(string shown, string user, string why, IReadOnlyList<string> objects) => Untouched(
        nameof(RestoreNeedsSuperuser), PermissionDenied, shown,
        $"The role {user} {why}, so {shown} must be restored in place, but only a superuser can create what the backup contains and the database "
        + $"lacks: {string.Join(", ", objects)}.",
        $"Use a superuser in -DatabaseUrl. Or create what is missing as a superuser first, then run the same command again.");

    public static ShoreGuardException DatabaseSubscribes(string shown, IReadOnlyList<string> subscriptions) => Untouched(
        nameof(DatabaseSubscribes), InvalidOperation, shown,
        $"The database {shown} has {(subscriptions.Count == 1 ? "the subscription" : "the subscriptions")} {string.Join(", ", subscriptions)}. A subscription "
        + "cannot be moved to a restored database, and keeps "
            + "this one from being replaced.",
        "Disable each and take its slot from it, which leaves the slot on the publisher (ALTER SUBSCRIPTION NAME DISABLE; ALTER SUBSCRIPTION NAME SET "
        + "(slot_name = NONE); DROP SUBSCRIPTION NAME). "
            + "After the restore, create it again on that slot (CREATE SUBSCRIPTION ... WITH (create_slot = false, slot_name = 'SLOT')).");

    public static ShoreGuardException RestoreMayNotCreate(string shown, string user) => Untouched(
        nameof(RestoreMayNotCreate), PermissionDenied, shown,
        $"The role {user} is allowed to create neither databases nor tables in the schema public of {shown}, so nothing can be restored.",
        $"As a superuser, run GRANT CREATE ON SCHEMA public TO {user} in that database, or ALTER ROLE {user} CREATEDB.");

    public static ShoreGuardException PsqlMissing(string shown, string user, string why, string place) => Untouched(
        nameof(PostgresToolsMissing), ResourceUnavailable, shown,
        $"The role {user} {why}, so {shown} must be restored in place, which needs psql; {place} has none.",
        $"Install all of PostgreSQL's client tools (Debian: postgresql-client). Or, as a superuser, run ALTER ROLE {user} CREATEDB.");

    public static ShoreGuardException RestoreUnclear(string shown, string? safety, Exception? inner) => Make(
        nameof(RestoreUnclear), ConnectionError, shown,
        $"The server cannot be asked whether the restore of {shown} was committed{(inner is null ? "" : $": {Reason(inner)}")}. "
            + "The database holds either its previous content or the restored one, complete.",
        $"When the server is back, Get-ShoreGuardDatabase shows its revision.{(safety is null ? "" : $" The previous content is in {safety}.")}", inner);

    public static ShoreGuardException RestoreBroken(string shown, string backup, string? safety) => Make(
        nameof(RestoreBroken), InvalidResult, shown,
        $"A statement in {backup} committed the transaction of its restore before the end. {shown} now holds a part of that backup.",
        safety is null
            ? $"The database was empty before. Drop what is in it, and do not restore {backup} again."
            : $"The previous content is in {safety}. Put it back: Restore-ShoreGuardDatabase -BackupPath '{safety}' -Force. Do not restore {backup} again.");

    /// <summary>A restore that failed, and could not be undone.</summary>
    public static ShoreGuardException RestoreUndoFailed(string shown, string action, Exception first, IReadOnlyList<(string Step, Exception Error)> failures) =>
        Make(
        nameof(UndoFailed), InvalidResult, shown,
        $"{action} failed: {Reason(first)}. Restoring the previous state failed too: {Steps(failures)}.",
        failures.Select(failure => failure.Error).OfType<ShoreGuardException>().FirstOrDefault()?.Recommendation
            ?? "Get-ShoreGuardDatabase shows what is in the database now, and Get-ShoreGuardDeployment whether the application runs. Fix what the second "
                + "failure "
                + "names, then run the same command again.",
        first);

    public static ShoreGuardException PostgresToolsMissing(string shown, int major, IReadOnlyList<string> seen) => Untouched(
        nameof(PostgresToolsMissing), ResourceUnavailable, shown,
        $"The server of {shown} is PostgreSQL {major}, and this machine has no pg_dump and pg_restore of that "
            + $"version{(seen.Count > 0 ? $"; found {string.Join(", ", seen)}" : "")}.",
        $"Install the client tools of version {major} (Debian: postgresql-client-{major}), or give the deployment, from the pipeline or as -Deployment, to "
            + "use those in the database's own container.");

    public static ShoreGuardException DumpReaderMissing(string made, IReadOnlyList<string> seen) => Make(
        nameof(DumpReaderMissing), ResourceUnavailable, made,
        $"A dump made by pg_dump {made} needs pg_restore of that version or later, and this machine has "
            + $"none{(seen.Count > 0 ? $"; found {string.Join(", ", seen)}" : "")}",
        "Give the deployment, from the pipeline or as -Deployment, to use the tools in the database's own container, or install PostgreSQL's client tools "
            + "of that version.");

    public static ShoreGuardException DumpReaderEnded(string tool, string path, Exception inner) => Untouched(
        nameof(DumpReaderEnded), InvalidResult, tool,
        $"{tool} was killed while it read the backup {path}. This says nothing about the backup.",
        $"Find out what killed {tool} (if it was lack of memory, the logs of the machine and of the container engine say so), then run the same command "
            + "again.", inner);

    public static ShoreGuardException BackupTooNew(string path, int made, int server) => Untouched(
        nameof(BackupTooNew), InvalidData, path,
        $"The backup {path} was made by pg_dump {made}, and PostgreSQL {server} cannot restore it.",
        $"Restore it on a server of version {made}, or choose a backup made by pg_dump {server}.");

    public static ShoreGuardException DumpFailed(string shown, string why, Exception? inner = null) => Untouched(
        "BackupFailed", InvalidResult, shown,
        $"The backup of {shown} failed: {why.TrimEnd('.')}.",
        why.Contains(RowSecurity, StringComparison.Ordinal) ? RowSecurityAdvice : "Fix what the message names, then run the same command again.", inner);

    private const string RowSecurity = "row-level security";

    private const string RowSecurityAdvice = "The role does not see all rows of that table, so a backup would lack some. As a superuser, run ALTER ROLE NAME "
        + "BYPASSRLS for the "
        + "role in the URL, or use a role with that attribute in -DatabaseUrl.";

    public static ShoreGuardException RestoreFailed(string shown, string why, Exception? inner = null) => Make(
        nameof(RestoreFailed), inner is Npgsql.PostgresException { SqlState: "42501" } ? PermissionDenied : InvalidOperation, shown,
        $"Restoring {shown} failed: {why.TrimEnd('.')}.",
        why.Contains("violates check constraint", StringComparison.Ordinal)
            ? "The condition does not hold for rows in the backup while it is loaded. If it reads other tables, which are loaded later, no restore of this "
                + "backup can succeed as it is: in the database, replace the "
                + "constraint by the same one with NOT VALID, which pg_dump writes after all rows (ALTER TABLE ... DROP CONSTRAINT ..., ADD CONSTRAINT ... "
                    + "CHECK (...) NOT VALID), and back up again."
            : "The message is PostgreSQL's own. Fix what it names, then run the same command again.", inner);
}
