using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException MigrationsUnreadable(string image, string why) => Make(
        "MigrationsUnreadable", InvalidData, image,
        $"The migrations of {image} cannot be read: {why.TrimEnd('.')}. Nothing was changed.",
        "Check that it is an image of ShoreGuard that starts on this machine: docker run --rm --entrypoint python3 IMAGE -c 'import shoreguard'.");

    public static ShoreGuardException ImageNotHere(string image, string host) => Make(
        "ImageNotHere", ObjectNotFound, image,
        $"The image {image} is not on the engine at {host}. Nothing was changed.",
        $"Pull it first: docker pull {image}. Get-ShoreGuardRelease lists what there is.");

    public static ShoreGuardException MigrationsBroken(string image, IReadOnlyList<string> problems) => Make(
        "MigrationsBroken", InvalidData, image,
        $"Alembic cannot work with the migrations of {image}: {string.Join("; ", problems)}. Nothing was changed.",
        "Name an image with -Image whose migrations are whole and know the database's revision, or restore a backup with Restore-ShoreGuardDatabase.");

    public static ShoreGuardException SchemaNotStamped(string deployment) => Make(
        "SchemaNotStamped", InvalidData, deployment,
        $"The database of {deployment} is at no revision: its table alembic_version is empty, so there is nothing to take back. Nothing was changed.",
        "Find out who emptied it; a backup whose revision is known can be restored with Restore-ShoreGuardDatabase.");

    public static ShoreGuardException SchemaSeveralRevisions(string deployment, IReadOnlyList<string> revisions) => Make(
        "SchemaSeveralRevisions", InvalidData, deployment,
        $"The database of {deployment} is at several revisions, {string.Join(" and ", revisions)}: no backup of it can be proven, so none is taken back. Nothing was changed.",
        "ShoreGuard's own history has one line; find out what else was applied, and restore a backup with Restore-ShoreGuardDatabase.");

    public static ShoreGuardException DatabaseRevisionUnknown(string deployment, string revision, string image, IReadOnlyList<string> heads) => Make(
        "DatabaseRevisionUnknown", InvalidOperation, deployment,
        $"The database of {deployment} is at revision {revision}, which {image} (head {string.Join(", ", heads)}) does not know, and so cannot take back. Nothing was changed.",
        "Name the newer image, which made that revision, with -Image; Get-ShoreGuardSchema -Image IMAGE shows what an image knows.");

    public static ShoreGuardException RevisionUnknown(string revision, string image, IReadOnlyList<string> known) => Make(
        "RevisionUnknown", ObjectNotFound, revision,
        $"{image} has no revision '{revision}'. Nothing was changed. It has {string.Join(", ", known.Take(24))}{(known.Count > 24 ? $" and {known.Count - 24} older" : "")}.",
        "Name one of these in full; neither a part of one nor a number of steps is taken for it.");

    public static ShoreGuardException RevisionNotBelow(string deployment, string revision, string target, bool isAbove) => Make(
        "RevisionNotBelow", InvalidArgument, target,
        $"The database of {deployment} is at {revision}, and {target} is {(isAbove ? "above that" : "on another branch")}: no downgrade leads there. Nothing was changed.",
        isAbove ? "An upgrade is what a start of the newer image does." : "Get-ShoreGuardSchema shows which revision builds on which.");

    public static ShoreGuardException SchemaIrreversible(string deployment, string target, IReadOnlyList<Migration> steps, Backup? backup, string folder) => Make(
        "SchemaIrreversible", InvalidOperation, deployment,
        $"The database of {deployment} cannot be taken down to {target} by its scripts: {string.Join("; ", steps.Select(step => $"{step.Revision}: {step.Obstacle!.TrimEnd('.')}"))}. Nothing was changed.",
        backup is null
            ? $"Restore a backup at {target} instead: Get-ShoreGuardBackup FOLDER -Revision {target}. There is none in {folder}; name another folder with -BackupFolder."
            : $"Restore the backup of {backup.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC instead: Get-ShoreGuardDeployment -Name {deployment} | Restore-ShoreGuardDatabase -BackupPath '{backup.BackupPath}'");

    public static ShoreGuardException SchemaMoved(string deployment, IReadOnlyList<string> before, IReadOnlyList<string> now) => Make(
        "SchemaMoved", InvalidOperation, deployment,
        $"The database of {deployment} was at {string.Join(", ", before)} when it was read, and is at {(now.Count == 0 ? "no revision" : string.Join(", ", now))} now: somebody else changes it. Nothing was changed.",
        "Find out who; then run the same command again.");

    public static ShoreGuardException DowngradeFailed(string deployment, string target, string why) => Make(
        "DowngradeFailed", InvalidResult, deployment,
        $"The database of {deployment} could not be taken down to {target}: {why.TrimEnd('.')}. The database is as it was before.",
        "The result's Output has what Alembic said. Restore a backup at that revision with Restore-ShoreGuardDatabase, or go back to an image that knows the present one.");

    public static ShoreGuardException DowngradeUndoFailed(string deployment, Exception first, IReadOnlyList<(string Step, Exception Error)> failures, string? backup) => Make(
        "UndoFailed", InvalidResult, deployment,
        $"The downgrade of {deployment} failed: {Reason(first)}. Putting the state before back failed too, at {string.Join("; ", failures.Select(failure => $"'{failure.Step}': {Reason(failure.Error)}"))}.",
        backup is null
            ? $"The database was not touched. Put right what the second failure names, then start the application: docker start {deployment}."
            : $"Put right what the second failure names, then run the same command again: it puts the backup back first. By hand: Get-ShoreGuardDeployment -Name {deployment} | Restore-ShoreGuardDatabase -BackupPath '{backup}', then docker start {deployment}.",
        first);

    public static ShoreGuardException DowngradeNoteUnreadable(string path, string deployment, Exception inner) => Make(
        "DowngradeNoteUnreadable", InvalidData, path,
        $"A downgrade of {deployment} was interrupted, and the note of it, {path}, cannot be read: {Reason(inner)}. Nothing was changed.",
        $"Look where the database is with Get-ShoreGuardSchema, restore the newest backup with Restore-ShoreGuardDatabase if it is not whole, remove the containers that docker ps --all --filter label=shoreguard.rollback.downgrade shows, then delete the note.", inner);
}
