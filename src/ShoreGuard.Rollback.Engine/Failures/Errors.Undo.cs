using ShoreGuard.Rollback.Engine.Deployments;

using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException UndoNothing(string database, string why) => Untouched(
        nameof(UndoNothing), InvalidArgument, database,
        $"There is nothing to undo for {database}: {why}.",
        "Pipe the result of a restore that succeeded and kept something ($result | Restore-ShoreGuardDatabase -Undo), or restore a backup.");

    public static ShoreGuardException UndoNotNamed(string database) => Untouched(
        nameof(UndoNotNamed), InvalidArgument, database,
        $"The result of the restore of {database} holds no password, so it cannot log in again.",
        "Give -DatabaseUrl with the password, or set SHOREGUARD_DATABASE_URL.");

    public static ShoreGuardException UndoOtherDatabase(string then, string now) => Untouched(
        nameof(UndoOtherDatabase), InvalidArgument, now,
        $"The restore was made of {then}, not of {now}. The kept database of one cannot replace the other.",
        "Set -DatabaseUrl to the database that was restored, or leave it out. If the deployment uses another database now, restore a backup: "
            + "Restore-ShoreGuardDatabase -BackupPath PATH");

    public static ShoreGuardException UndoNotOwner(string shown, string user, string database) => Untouched(
        nameof(UndoNotOwner), PermissionDenied, database,
        $"The role {user} is not allowed to rename {database}, so it cannot exchange it with {shown}.",
        $"Use a role in -DatabaseUrl that owns both databases and can create databases (ALTER ROLE {user} CREATEDB), as for the restore.");

    public static ShoreGuardException KeptMissing(string kept, IReadOnlyList<string> others) => Untouched(
        nameof(KeptMissing), ObjectNotFound, kept,
        $"{kept}, which the restore kept, no longer exists: it was put back already, or it was "
            + $"removed.{(others.Count == 0 ? "" : $" Kept are: {string.Join(", ", others)}.")}",
        "Get-ShoreGuardDatabase shows the current database. If it is not the one you want, restore a backup with Restore-ShoreGuardDatabase.");

    public static ShoreGuardException KeptElsewhere(string kept, string database) => Untouched(
        nameof(KeptElsewhere), InvalidArgument, kept,
        $"{kept} is not beside {database}, where a restore keeps what it replaces, so the two cannot be exchanged.",
        $"Restore a copy of it, like a backup: Restore-ShoreGuardDatabase -BackupPath '{kept}'");

    public static ShoreGuardException KeptDamaged(string kept, string why, Exception? inner = null) => Untouched(
        nameof(KeptDamaged), InvalidData, kept,
        $"{kept}, which the restore kept, is damaged: {why.TrimEnd('.')}.",
        "To put it back nevertheless, use -Force. Otherwise restore the newest good backup.", inner);

    public static ShoreGuardException KeptForeign(string kept, Exception inner) => Untouched(
        nameof(KeptForeign), InvalidOperation, kept,
        $"{kept}, the backup that the in-place restore made first, holds no revision: the database belonged to another application.",
        "To put it back nevertheless, use -Force.", inner);

    public static ShoreGuardException KeptChanged(string kept) => Make(
        nameof(KeptChanged), ResourceBusy, kept,
        $"{kept} was written to after it was proven.",
        "Find out who uses it, then run the same command again.");
}
