using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Rollbacks.Execution;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Lists rollbacks, past and unfinished, as the journal has them.</summary>
/// <remarks>
/// <para>Every rollback that Invoke-ShoreGuardRollback has begun on this machine, the latest first, with its steps: how it stands, what was
/// gone back to, what became of the database, how long the outage was, and what was kept. One whose process was killed is Unfinished:
/// Invoke-ShoreGuardRollback -Resume or -Revert brings it to an end.</para>
/// <para>Reads the journal alone, in the state folder of the user or in -StatePath, and makes no file. Time is in UTC.</para>
/// </remarks>
/// <example>
/// <para>What happened here?</para>
/// <code>Get-ShoreGuardRollback</code>
/// <para>One line for each, the latest first.</para>
/// </example>
/// <example>
/// <para>Is anything left half-way?</para>
/// <code>Get-ShoreGuardRollback -Unfinished</code>
/// <para>Nothing, normally.</para>
/// </example>
/// <example>
/// <para>Which step took how long?</para>
/// <code>Get-ShoreGuardRollback | ForEach-Object Steps</code>
/// <para>The steps of every rollback, those of the latest first.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "ShoreGuardRollback")]
[OutputType(typeof(RollbackRecord))]
public sealed class GetShoreGuardRollbackCommand : JournalCommand
{
    /// <summary>Only the rollback with this id; its first digits do. One that the journal does not know is an error.</summary>
    [Parameter(Position = 0)]
    [RollbackIdForm]
    public string? Id { get; set; }

    /// <summary>Only rollbacks of the deployments of this name. Wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string? Name { get; set; }

    /// <summary>Only those that have to be brought to an end.</summary>
    [Parameter]
    public SwitchParameter Unfinished { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var pattern = Name is null ? null : WildcardPattern.Get(Name, WildcardOptions.IgnoreCase);
        Run(() => ListAsync(pattern));
    }

    private Task ListAsync(WildcardPattern? pattern)
    {
        foreach (var rollback in Id is null ? RollbackJournal.All() : [RollbackJournal.Find(Id)])
        {
            if (pattern?.IsMatch(rollback.Name) != false && (!Unfinished || rollback.IsUnfinished))
                Output.Object(rollback);
        }
        return Task.CompletedTask;
    }
}
