using ShoreGuard.Rollback.Engine.Operations.Downgrading;

using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    private static string NewPlan(string deployment) => $"Make a new plan: {Advice.Pipe(deployment, "Get-ShoreGuardRollbackPlan")}";

    public static ShoreGuardException TargetNewer(string deployment, string running, string target) => Untouched(
        nameof(TargetNewer), InvalidArgument, target,
        $"{target} is newer than {running}, which {deployment} runs. That would be an upgrade, not a rollback.",
        "Name an older release; Get-ShoreGuardRelease lists them. To undo a rollback, use Undo-ShoreGuardRollback. To go to the newer release nevertheless, "
            + "use -Force.");

    public static ShoreGuardException RollbackImpossible(RollbackPlan plan) => RollbackImpossible(plan.Name, $"{plan.To}", plan.Obstacles, plan.Recommendation);

    public static ShoreGuardException RollbackImpossible(string deployment, string target, IReadOnlyList<string> obstacles, string next) => Untouched(
        nameof(RollbackImpossible), InvalidOperation, deployment,
        $"{deployment} cannot be rolled back to {target} in this way: {string.Join(" ", obstacles)}",
        next);

    public static ShoreGuardException PlanStale(RollbackPlan plan, IReadOnlyList<string> changes) => Untouched(
        nameof(PlanStale), InvalidOperation, plan.Name,
        $"The plan {plan.Id} of {Readable.Time(plan.MadeAt)} no longer holds: {string.Join("; ", changes)}.",
        $"{NewPlan(plan.Name)}. Read what it costs now.");

    public static ShoreGuardException PlanForeign(RollbackPlan plan) => Untouched(
        nameof(PlanForeign), InvalidArgument, plan.Id,
        $"The plan {plan.Id} was made on {plan.Machine}, and this is {Environment.MachineName}.",
        NewPlan(plan.Name));

    public static ShoreGuardException PlanEdited(RollbackPlan plan) => Untouched(
        nameof(PlanEdited), InvalidData, plan.Id,
        $"The plan {plan.Id} was edited: its content does not match its checksum.",
        $"{NewPlan(plan.Name)}, and pass the option that you want to change.");

    public static ShoreGuardException PlanAlreadyRun(string id) => Untouched(
        nameof(PlanAlreadyRun), ResourceExists, id,
        $"The plan {id} has already been run.",
        $"Get-ShoreGuardRollback -Id {id} shows how it went. Make a new plan with Get-ShoreGuardRollbackPlan.");

    public static ShoreGuardException SymptomGone(RollbackPlan plan, HealthReport now) => Untouched(
        nameof(SymptomGone), InvalidOperation, plan.Name,
        $"The symptom is gone, so there is no reason to roll back: {plan.Name} was {plan.Health.Status} when the plan {plan.Id} was made, and is "
            + $"{now.Status} now. {now.Explanation}",
        $"Watch it: {Advice.Pipe(plan.Name, "Test-ShoreGuardHealth")}. To roll it back nevertheless, make a new plan, which can be run.");

    public static ShoreGuardException RollbackNotFound(string id, int found) => Untouched(
        nameof(RollbackNotFound), ObjectNotFound, id,
        found == 0 ? $"The journal has no rollback {id}." : $"The ids of {found} rollbacks begin with {id}.",
        "Get-ShoreGuardRollback lists them. Each user on each machine has a journal; -StatePath names another one.");

    public static ShoreGuardException RollbackUnfinished(RollbackRecord rollback) => Untouched(
        nameof(RollbackUnfinished), InvalidOperation, rollback.Name,
        $"The {Words(rollback.Kind)} {rollback.Id} of {rollback.Name} was interrupted and is unfinished.",
        $"Complete it with Resume-ShoreGuardRollback {rollback.Id}, or undo it with Undo-ShoreGuardRollback {rollback.Id}. "
            + $"Get-ShoreGuardRollback {rollback.Id} shows how far it got.");

    /// <summary>What an operation is called in a sentence.</summary>
    public static string Words(OperationKind kind) => kind switch
    {
        OperationKind.ImageRollback => "image rollback",
        OperationKind.SchemaDowngrade => "schema downgrade",
        OperationKind.Restore => "restore",
        _ => "rollback",
    };

    public static ShoreGuardException OperationOvertaken(RollbackRecord rollback, string why) => Untouched(
        nameof(OperationOvertaken), InvalidOperation, rollback.Name,
        $"The {Words(rollback.Kind)} {rollback.Id} of {rollback.Name} cannot be finished: {why}. Somebody has changed the deployment since it was interrupted.",
        $"Look at what serves: {Advice.Pipe(rollback.Name, "Test-ShoreGuardHealth")}, docker ps --all. To return to the state before, use "
        + $"Undo-ShoreGuardRollback {rollback.Id}. "
            + $"If what serves is to stay, end it as it is: Close-ShoreGuardRollback {rollback.Id}");

    public static ShoreGuardException RecordTooNew(string deployment, string container) => Untouched(
        nameof(RecordTooNew), InvalidOperation, deployment,
        $"An operation on {deployment} is unfinished, and a newer version of this module has written what is known of it, in the container {container}.",
        "Use that version of the module, or a later one: Get-ShoreGuardRollback -Unfinished | Resume-ShoreGuardRollback");

    public static ShoreGuardException RecordUnreadable(string deployment, string container) => Untouched(
        nameof(RecordUnreadable), InvalidData, deployment,
        $"An operation on {deployment} is unfinished, and what is known of it, in the container {container}, cannot be read.",
        $"Check what runs: docker ps --all --filter name={deployment}. Where the state folder of whoever began it is at hand, Get-ShoreGuardRollback "
        + "-Unfinished knows it too. "
            + $"Otherwise put the deployment in order by hand, then remove the container: docker rm {container}");

    public static ShoreGuardException PartInterrupted(string deployment, string what, string cmdlet) => Untouched(
        nameof(PartInterrupted), InvalidOperation, deployment,
        $"{what} of {deployment} was interrupted and is unfinished.",
        $"Run the interrupted command once more ({Advice.Pipe(deployment, cmdlet)}): it cleans up first.");

    public static ShoreGuardException NothingToResume(RollbackRecord rollback) => Untouched(
        nameof(NothingToResume), InvalidOperation, rollback.Id,
        $"The {Words(rollback.Kind)} {rollback.Id} of {rollback.Name} has already ended: {rollback.State}.",
        rollback.State == RollbackState.Succeeded ? $"To undo it, use Undo-ShoreGuardRollback {rollback.Id}" : NewPlan(rollback.Name));

    public static ShoreGuardException NothingToRevert(RollbackRecord rollback, string why) => Untouched(
        nameof(NothingToRevert), InvalidOperation, rollback.Id,
        $"The {Words(rollback.Kind)} {rollback.Id} of {rollback.Name} cannot be undone: {why}.",
        rollback.IsUnfinished
            ? $"Check what runs: Get-ShoreGuardDeployment -Name {rollback.Name}. Then end this rollback in the journal, which touches nothing else: "
                + $"Close-ShoreGuardRollback {rollback.Id}. It "
                + "names what is left of it; after that, every cmdlet works on the deployment again."
            : $"Check what runs: Get-ShoreGuardDeployment -Name {rollback.Name}. Then plan the way from "
                + $"there: {Advice.Pipe(rollback.Name, "Get-ShoreGuardRollbackPlan")}");

    public static ShoreGuardException RowsWritten(RollbackRecord rollback, string written) => Untouched(
        nameof(RowsWritten), InvalidOperation, rollback.Name,
        $"The database of {rollback.Name} was written to since the {Words(rollback.Kind)} {rollback.Id} was interrupted: {written}. The database from before "
        + "would take its place.",
        $"Look at what serves: {Advice.Pipe(rollback.Name, "Test-ShoreGuardHealth")}. If these rows may leave service, run the same command with -Force: they "
        + "are kept, and the result names "
            + $"where. If what serves is to stay, end the rollback as it is: Close-ShoreGuardRollback {rollback.Id}");

    public static ShoreGuardException RowsWrittenSinceEnd(RollbackRecord rollback, string written) => Untouched(
        nameof(RowsWritten), InvalidOperation, rollback.Name,
        $"The database of {rollback.Name} was written to since the {Words(rollback.Kind)} {rollback.Id} ended: {written}. The database from before would take "
        + "its place.",
        "If these rows may leave service, run the same command with -Force: they are kept, and the result names where. To see what else it would do: -WhatIf");

    public static ShoreGuardException RowsWritten(string deployment, string backup, string written) => Untouched(
        nameof(RowsWritten), InvalidOperation, deployment,
        $"The database of {deployment} was written to since its downgrade was interrupted: {written}. The backup {backup} would take its place.",
        $"Look at what serves: {Advice.Pipe(deployment, "Test-ShoreGuardHealth")}. If these rows may leave service, run the same command with -Force: they are "
        + "kept, and a warning names where. "
            + "Back them up first: Backup-ShoreGuardDatabase");

    public static ShoreGuardException KeptUnknown(RollbackRecord rollback, string folder) => Make(
        nameof(KeptMissing), ObjectNotFound, rollback.Id,
        $"The {Words(rollback.Kind)} {rollback.Id} of {rollback.Name} replaced the database, and the backup of the previous one is not in {folder}.",
        $"Find the newest backup at revision {string.Join(", ", rollback.RevisionsBefore)} with Get-ShoreGuardBackup, restore it with "
            + "Restore-ShoreGuardDatabase -DatabaseUrl URL, then run the same command again.");

    public static ShoreGuardException RollbackFailed(RollbackResult result, ShoreGuardException cause) => new(
        cause.Id, cause.Kind, cause.Target, cause.Message, result.Recommendation ?? cause.Recommendation, cause)
    {
        Result = result,
    };
}
