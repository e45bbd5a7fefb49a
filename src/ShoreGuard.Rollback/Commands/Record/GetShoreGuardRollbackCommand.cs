using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Lists rollbacks and all other changes of deployments, past and unfinished.</summary>
/// <remarks>
/// <para>Every rollback, image rollback, schema downgrade and restore of a deployment that was begun from this state folder, the latest first, with its
/// steps: its kind, its state, what it went back to, what became of the database, how long the outage was, and what was kept. One whose process was
/// killed is Unfinished: Resume-ShoreGuardRollback completes it, Undo-ShoreGuardRollback puts the state before back, Close-ShoreGuardRollback leaves
/// everything as it is.</para>
/// <para>Reads the journal, in the state folder of the user or in -StatePath, and asks the engine what is unfinished there, whoever has begun it: another
/// user, another state folder, another machine. Creates no file. Times are in UTC.</para>
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
public sealed class GetShoreGuardRollbackCommand : JournalCommand
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

    /// <summary>The engine that is asked for what is unfinished of other users, state folders and machines: its address, or the name of a Docker
    /// context. Default:
    /// the variable DOCKER_HOST, else the current context, else the platform's default. Where it cannot be asked, the journal alone is shown.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DockerHost { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var pattern = Name is null ? null : WildcardPattern.Get(Name, WildcardOptions.IgnoreCase);
        var id = Id;
        Run(() => ListAsync(id, pattern));
    }

    private async Task ListAsync(string? id, WildcardPattern? pattern)
    {
        var all = await OperationHistory.ReadAsync(State, DockerHost, new PipelineReporter(Output), Cancellation).ConfigureAwait(false);
        if (id is not null)
        {
            all = all.Where(operation => operation.Id.StartsWith(id, StringComparison.OrdinalIgnoreCase)).ToList() is [_] only
                ? only : [new RollbackJournal(State).Find(id)];
        }
        foreach (var operation in all.Where(operation => pattern?.IsMatch(operation.Name) != false && (!Unfinished || operation.IsUnfinished)))
            Output.Object(operation);
    }
}
