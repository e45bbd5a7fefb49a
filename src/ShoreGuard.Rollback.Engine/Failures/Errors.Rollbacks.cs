using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    public static ShoreGuardException TargetMissing(string deployment) => Make(
        "TargetMissing", InvalidArgument, deployment,
        $"Nothing says where {deployment} is to go back to. Nothing was changed.",
        "Name a release with -Version, a commit with -GitSha or an image with -Image, or let -Previous choose. Get-ShoreGuardRelease lists what there is.");

    public static ShoreGuardException TargetNewer(string deployment, string running, string target) => Make(
        "TargetNewer", InvalidArgument, target,
        $"{target} is newer than {running}, which {deployment} runs: that is a deploy and no rollback. Nothing was changed.",
        "Name an older release; Get-ShoreGuardRelease lists them. To undo a rollback, use Invoke-ShoreGuardRollback -Revert. To go there all the same, use -Force.");

    public static ShoreGuardException RollbackImpossible(RollbackPlan plan) => Make(
        "RollbackImpossible", InvalidOperation, plan.Name,
        $"{plan.Name} cannot be rolled back to {plan.To} in this way: {string.Join(" ", plan.Obstacles)} Nothing was changed.",
        plan.Recommendation);

    public static ShoreGuardException PlanStale(RollbackPlan plan, IReadOnlyList<string> changes) => Make(
        "PlanStale", InvalidOperation, plan.Name,
        $"The plan {plan.Id} of {plan.MadeAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC does not hold any more: {string.Join("; ", changes)}. Nothing was changed.",
        "Make a new one with Get-ShoreGuardRollbackPlan, and read what it costs now.");

    public static ShoreGuardException PlanForeign(RollbackPlan plan) => Make(
        "PlanForeign", InvalidArgument, plan.Id,
        $"The plan {plan.Id} was made on {plan.Machine}, and this is {Environment.MachineName}. Nothing was changed.",
        "Make one here with Get-ShoreGuardRollbackPlan.");

    public static ShoreGuardException PlanEdited(RollbackPlan plan) => Make(
        "PlanEdited", InvalidData, plan.Id,
        $"The plan {plan.Id} is not as it was made: it says something else than what its checksum stands for. Nothing was changed.",
        "Make a new one with Get-ShoreGuardRollbackPlan, and give it what you want to be different.");

    public static ShoreGuardException PlanAlreadyRun(string id) => Make(
        "PlanAlreadyRun", ResourceExists, id,
        $"The plan {id} has been run already. Nothing was changed.",
        $"Get-ShoreGuardRollback -Id {id} shows how it went. Make a new plan with Get-ShoreGuardRollbackPlan.");

    public static ShoreGuardException SymptomGone(RollbackPlan plan, HealthReport now) => Make(
        "SymptomGone", InvalidOperation, plan.Name,
        $"{plan.Name} was {plan.Health.Status} when the plan {plan.Id} was made, and is {now.Status} now: {now.Explanation} The symptom is gone, so there is no reason to roll back. Nothing was changed.",
        "Watch it with Test-ShoreGuardHealth. If it is to be rolled back all the same, make a new plan: that one says that nothing is wrong, and can be run.");

    public static ShoreGuardException RollbackNotFound(string id, int found) => Make(
        "RollbackNotFound", ObjectNotFound, id,
        found == 0 ? $"The journal knows no rollback {id}. Nothing was changed." : $"{found} rollbacks begin with {id}. Nothing was changed.",
        "Get-ShoreGuardRollback lists them. The journal is the one of this user on this machine; -StatePath names another.");

    public static ShoreGuardException RollbackUnfinished(RollbackRecord rollback) => Make(
        "RollbackUnfinished", InvalidOperation, rollback.Name,
        $"The rollback {rollback.Id} of {rollback.Name} was interrupted and has not been brought to an end. Nothing was changed.",
        $"Go on with it, Invoke-ShoreGuardRollback -Resume {rollback.Id}, or undo it, Invoke-ShoreGuardRollback -Revert {rollback.Id}. Get-ShoreGuardRollback -Id {rollback.Id} shows how far it got.");

    public static ShoreGuardException PartInterrupted(string deployment, string what, string cmdlet) => Make(
        "PartInterrupted", InvalidOperation, deployment,
        $"A {what} of {deployment} was interrupted and has not been put in order. Nothing was changed.",
        $"Run the {cmdlet} that was interrupted once more: it puts in order what was left first.");

    public static ShoreGuardException NothingToResume(RollbackRecord rollback) => Make(
        "NothingToResume", InvalidOperation, rollback.Id,
        $"The rollback {rollback.Id} of {rollback.Name} has ended: {rollback.State}. Nothing was changed.",
        rollback.State == RollbackState.Succeeded ? $"To undo it, use Invoke-ShoreGuardRollback -Revert {rollback.Id}." : "Make a new plan with Get-ShoreGuardRollbackPlan.");

    public static ShoreGuardException NothingToRevert(RollbackRecord rollback, string why) => Make(
        "NothingToRevert", InvalidOperation, rollback.Id,
        $"The rollback {rollback.Id} of {rollback.Name} cannot be undone: {why}. Nothing was changed.",
        "Look at what runs with Get-ShoreGuardDeployment, and make a plan for where you want to be with Get-ShoreGuardRollbackPlan.");

    public static ShoreGuardException KeptUnknown(RollbackRecord rollback, string folder) => Make(
        "KeptMissing", ObjectNotFound, rollback.Id,
        $"The rollback {rollback.Id} of {rollback.Name} has replaced the database, and the backup of what was there is not in {folder}.",
        $"Find the newest backup at revision {string.Join(", ", rollback.RevisionsBefore)} with Get-ShoreGuardBackup, restore it with Restore-ShoreGuardDatabase, then run the same command again.");

    public static ShoreGuardException RevertFailed(RollbackRecord rollback, IReadOnlyList<(string What, Exception Error)> failures) => Make(
        "UndoFailed", InvalidResult, rollback.Name,
        $"The rollback {rollback.Id} of {rollback.Name} could not be put back in full: {string.Join("; ", failures.Select(failure => $"{failure.What}: {Reason(failure.Error)}"))}.",
        $"Put right what that names, then run the same command again: Invoke-ShoreGuardRollback -Revert {rollback.Id}.", failures[0].Error);

    public static ShoreGuardException RollbackFailed(RollbackResult result, ShoreGuardException cause) => new(
        cause.Id, cause.Kind, cause.Target, cause.Message, result.Recommendation ?? cause.Recommendation, cause)
    {
        Result = result,
    };
}
