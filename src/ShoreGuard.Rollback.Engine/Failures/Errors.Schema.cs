using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException MigrationsUnreadable(string image, string why) => Untouched(
        nameof(MigrationsUnreadable), InvalidData, image,
        $"The migrations of {image} cannot be read: {why.TrimEnd('.')}.",
        $"Check that it is an image of ShoreGuard that starts on this machine: docker run --rm --entrypoint python3 {image} -c 'import shoreguard'");

    public static ShoreGuardException ImageNotHere(string image, string host) => Untouched(
        nameof(ImageNotHere), ObjectNotFound, image,
        $"The image {image} is not on the engine at {host}.",
        $"Pull it first: docker pull {image}. Get-ShoreGuardRelease lists the releases.");

    public static ShoreGuardException MigrationsBroken(string image, IReadOnlyList<string> problems) => Untouched(
        nameof(MigrationsBroken), InvalidData, image,
        $"Alembic cannot use the migrations of {image}: {string.Join("; ", problems)}.",
        "Name an image with -Image whose migrations are complete and know the database's revision, or restore a backup with Restore-ShoreGuardDatabase.");

    public static ShoreGuardException SchemaNotStamped(string deployment) => Untouched(
        nameof(SchemaNotStamped), InvalidData, deployment,
        $"The database of {deployment} has no revision: its table alembic_version is empty, so there is nothing to downgrade.",
        $"Find out who emptied the table, or restore a backup that has a revision: {Advice.Pipe(deployment, "Restore-ShoreGuardDatabase -BackupPath PATH")}");

    public static ShoreGuardException SchemaSeveralRevisions(string deployment, IReadOnlyList<string> revisions) => Untouched(
        nameof(SchemaSeveralRevisions), InvalidData, deployment,
        $"The database of {deployment} has several revisions, {string.Join(" and ", revisions)}. No backup of it can be proven, so it cannot be downgraded.",
        $"ShoreGuard's own history has one line. Find out what else was applied, and restore a backup: "
            + $"{Advice.Pipe(deployment, "Restore-ShoreGuardDatabase -BackupPath PATH")}");

    public static ShoreGuardException DatabaseRevisionUnknown(string deployment, string revision, string image, IReadOnlyList<string> heads) => Untouched(
        nameof(DatabaseRevisionUnknown), InvalidOperation, deployment,
        $"The database of {deployment} is at revision {revision}. {image} (head {string.Join(", ", heads)}) does not know it, so it cannot downgrade it.",
        "Name the newer image, which made that revision, with -Image. Get-ShoreGuardSchema -Image IMAGE shows what an image knows.");

    public static ShoreGuardException RevisionUnknown(string revision, string image, IReadOnlyList<string> known) => Untouched(
        nameof(RevisionUnknown), ObjectNotFound, revision,
        $"{image} has no revision '{revision}'. It has {string.Join(", ", known.Take(24))}{(known.Count > 24 ? $" and {known.Count - 24} older" : "")}.",
        "Name one of these in full. A part of one or a number of steps is not accepted.");

    public static ShoreGuardException RevisionNotBelow(string deployment, string revision, string target, bool isAbove) => Untouched(
        nameof(RevisionNotBelow), InvalidArgument, target,
        $"The database of {deployment} is at {revision}, and {target} is {(isAbove ? "above that" : "on another branch")}. No downgrade leads there.",
        isAbove ? "To upgrade, start the newer image: it migrates the database itself." : "Get-ShoreGuardSchema shows which revision builds on which.");

    public static ShoreGuardException SchemaIrreversible(
        string deployment, string target, IReadOnlyList<Migration> steps, Backup? backup, string folder) => Untouched(
        nameof(SchemaIrreversible), InvalidOperation, deployment,
        $"The scripts cannot take the database of {deployment} down to {target}: "
            + $"{string.Join("; ", steps.Select(step => $"{step.Revision}: {step.Obstacle!.TrimEnd('.')}"))}.",
        backup is null
            ? $"Restore a backup at {target} instead: Get-ShoreGuardBackup FOLDER -Revision {target} finds one. {folder} has none; "
                + "name another folder with -BackupFolder."
            : $"Restore the backup of {Readable.Time(backup.CreatedAt)} instead: "
                + $"{Advice.Pipe(deployment, $"Restore-ShoreGuardDatabase -BackupPath '{backup.BackupPath}'")}");

    public static ShoreGuardException SchemaMoved(string deployment, IReadOnlyList<string> before, IReadOnlyList<string> now) => Untouched(
        nameof(SchemaMoved), InvalidOperation, deployment,
        $"Somebody else is changing the database of {deployment}: it was at {string.Join(", ", before)} when it was read, and is at "
            + $"{(now.Count == 0 ? "no revision" : string.Join(", ", now))} now.",
        "Find out who, then run the same command again.");

    public static ShoreGuardException DowngradeFailed(string deployment, string target, string why) => Make(
        nameof(DowngradeFailed), InvalidResult, deployment,
        $"The database of {deployment} could not be downgraded to {target}: {why.TrimEnd('.')}.",
        "The result's Output shows what Alembic wrote. Restore a backup at that revision with Restore-ShoreGuardDatabase, or go back to an image that knows "
            + "the current revision.");

    public static ShoreGuardException DowngradeUndoFailed(
        string deployment, Exception first, IReadOnlyList<(string Step, Exception Error)> failures, string? backup) => Make(
        nameof(UndoFailed), InvalidResult, deployment,
        $"The downgrade of {deployment} failed: {Reason(first)}. Restoring the previous state failed too: {Steps(failures)}.",
        backup is null
            ? $"The database was not touched. Fix what the second failure names, then start the application: docker start {deployment}."
            : $"Fix what the second failure names, then run the same command again: it restores the backup first. By hand: "
                + $"{Advice.Pipe(deployment, $"Restore-ShoreGuardDatabase -BackupPath '{backup}'")}, then docker start {deployment}.",
        first);

    public static ShoreGuardException DowngradeNoteUnreadable(string path, string deployment, Exception inner) => Untouched(
        nameof(DowngradeNoteUnreadable), InvalidData, path,
        $"A downgrade of {deployment} was interrupted, and its note {path} cannot be read: {Reason(inner)}.",
        $"Look at the database: {Advice.Pipe(deployment, "Get-ShoreGuardSchema")}. If it is not whole, restore the newest backup with "
            + "Restore-ShoreGuardDatabase. Remove the containers that docker ps --all --filter label=shoreguard.rollback.downgrade lists, then delete the "
            + "note.", inner);
}
