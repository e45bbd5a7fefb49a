using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException UndoNothing(string database, string why) => Make(
        "UndoNothing", InvalidArgument, database,
        $"There is nothing to undo for {database}: {why}. Nothing was changed.",
        "Pipe in the result of a restore that succeeded and kept something ($result | Restore-ShoreGuardDatabase -Undo), or restore a backup.");

    public static ShoreGuardException UndoNotNamed(string database) => Make(
        "UndoNotNamed", InvalidArgument, database,
        $"The restore was made of {database}, and its result holds no password to log in with again. Nothing was changed.",
        "Give -DatabaseUrl with the password, or set SHOREGUARD_DATABASE_URL.");

    public static ShoreGuardException UndoOtherDatabase(string then, string now) => Make(
        "UndoOtherDatabase", InvalidArgument, now,
        $"The restore was made of {then}, and this is {now}: what was kept of one is not put in the place of another. Nothing was changed.",
        "Give -DatabaseUrl the database that was restored; without it, the result's own is taken. A deployment that uses another database now is put back with Restore-ShoreGuardDatabase -BackupPath.");

    public static ShoreGuardException UndoNotOwner(string shown, string user, string database) => Make(
        "UndoNotOwner", PermissionDenied, database,
        $"The role {user} may not rename {database}, so it cannot take or leave the place of {shown}. Nothing was changed.",
        $"Name a role in -DatabaseUrl that owns both databases and may create some (ALTER ROLE {user} CREATEDB), as when it was restored.");

    public static ShoreGuardException KeptMissing(string kept, IReadOnlyList<string> others) => Make(
        "KeptMissing", ObjectNotFound, kept,
        $"{kept}, which the restore kept, is not there any more: it was put back already, or was removed. Nothing was changed.{(others.Count == 0 ? "" : $" Kept are: {string.Join(", ", others)}.")}",
        "Get-ShoreGuardDatabase shows what is in the database's place now. If that is not what you want, restore a backup with Restore-ShoreGuardDatabase.");

    public static ShoreGuardException KeptElsewhere(string kept, string database) => Make(
        "KeptElsewhere", InvalidArgument, kept,
        $"{kept} is not beside {database}, where a restore keeps what it replaces, so the two cannot change places. Nothing was changed.",
        "Restore it like a backup: Restore-ShoreGuardDatabase -BackupPath. It is copied then.");

    public static ShoreGuardException KeptDamaged(string kept, string why, Exception? inner = null) => Make(
        "KeptDamaged", InvalidData, kept,
        $"{kept}, which the restore kept, is not whole: {why.TrimEnd('.')}. Nothing was changed.",
        "If it is what you want back all the same, say so with -Force. Otherwise restore the newest good backup.", inner);

    public static ShoreGuardException KeptForeign(string kept, Exception inner) => Make(
        "KeptForeign", InvalidOperation, kept,
        $"{kept}, the backup that the restore in place made first, holds no revision, because the database was another application's. Nothing was changed.",
        "If it is what you want back all the same, say so with -Force.", inner);

    public static ShoreGuardException KeptChanged(string kept) => Make(
        "KeptChanged", ResourceBusy, kept,
        $"{kept} was written to after it was proven. The database is as it was before.",
        "Find out who uses it, then run the same command again.");
}
