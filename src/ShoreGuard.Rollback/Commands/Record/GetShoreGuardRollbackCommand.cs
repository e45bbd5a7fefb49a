using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Engine.Rollbacks.Execution;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Lists the rollbacks in the journal, past and unfinished.</summary>
/// <remarks>
/// <para>Every rollback that Invoke-ShoreGuardRollback has begun on this machine, the latest first, with its steps: its state, what it
/// went back to, what became of the database, how long the outage was, and what was kept. A rollback whose process was killed is
/// Unfinished: Resume-ShoreGuardRollback completes it, Undo-ShoreGuardRollback puts the state before back.</para>
/// <para>Reads only the journal, in the state folder of the user or in -StatePath, and creates no file. Times are in UTC.</para>
/// </remarks>
/// <example>
/// <para>What happened here?</para>
/// <code>Get-ShoreGuardRollback</code>
/// <para>One line for each, the latest first.</para>
/// </example>
/// <example>
/// <para>Is anything left half-way?</para>
/// <code>Get-ShoreGuardRollback -Unfinished</code>
/// <para>Nothing, normally. Pipe what there is into Resume-ShoreGuardRollback or Undo-ShoreGuardRollback.</para>
/// </example>
/// <example>
/// <para>What happened to this deployment?</para>
/// <code>Get-ShoreGuardDeployment prod-shoreguard-1 | Get-ShoreGuardRollback</code>
/// <para>Only its rollbacks.</para>
/// </example>
/// <example>
/// <para>Which step took how long?</para>
/// <code>Get-ShoreGuardRollback | ForEach-Object Steps</code>
/// <para>The steps of every rollback, those of the latest first.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "ShoreGuardRollback", DefaultParameterSetName = "Id")]
[OutputType(typeof(RollbackRecord))]
public sealed class GetShoreGuardRollbackCommand : OperationCommand
{
    /// <summary>Only the rollback with this id, or with an id that begins with these four digits or more. One that is not in the journal is an error.</summary>
    [Parameter(ParameterSetName = "Id", Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [RollbackIdForm]
    [ArgumentCompleter(typeof(RollbackIdCompleter))]
    public string? Id { get; set; }

    /// <summary>Only rollbacks of deployments with this name. Wildcards are allowed.</summary>
    [Parameter(ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(RollbackNameCompleter))]
    public string? Name { get; set; }

    /// <summary>Only unfinished rollbacks.</summary>
    [Parameter(ParameterSetName = "Name")]
    public SwitchParameter Unfinished { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var pattern = Name is null ? null : WildcardPattern.Get(Name, WildcardOptions.IgnoreCase);
        var id = Id;
        Run(() => ListAsync(id, pattern));
    }

    private async Task ListAsync(string? id, WildcardPattern? pattern)
    {
        var all = await OperationHistory.ReadAsync(DockerHost, new PipelineReporter(Output), Cancellation).ConfigureAwait(false);
        if (id is not null)
            all = all.Where(operation => operation.Id.StartsWith(id, StringComparison.OrdinalIgnoreCase)).ToList() is [_] only ? only : [RollbackJournal.Find(id)];
        foreach (var operation in all.Where(operation => pattern?.IsMatch(operation.Name) != false && (!Unfinished || operation.IsUnfinished)))
            Output.Object(operation);
    }
}
