using System.Collections.Concurrent;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.Deployments.Docker;
using ShoreGuard.Rollback.Engine.Operations;
using ShoreGuard.Rollback.Engine.Operations.Downgrading;
using ShoreGuard.Rollback.Engine.Operations.Execution;
using ShoreGuard.Rollback.Engine.Operations.Planning;
using ShoreGuard.Rollback.Engine.Operations.Restoring;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>Somebody at a prompt, with a state folder: each method is a cmdlet, in the calls that it makes.</summary>
/// <param name="world">The machine.</param>
/// <param name="state">The state folder.</param>
/// <param name="insists">What is answered where rows would leave service.</param>
/// <param name="blocklist">-BlocklistPath, or the variable; null for none.</param>
internal sealed class Operator(MemoryWorld world, string state, bool insists = false, string? blocklist = null) : IReporter
{
    private readonly ConcurrentQueue<string> _said = [];

    /// <summary>The name of the deployment.</summary>
    public const string Name = "sg";

    /// <summary>What is remembered.</summary>
    public StateStore State { get; } = new(state, blocklist);

    /// <summary>Warnings, and what results name as kept.</summary>
    public IReadOnlyCollection<string> Said => _said;

    /// <summary>Called as a step begins, with its name: what somebody else does just then.</summary>
    public Action<string>? AtStep { get; set; }

    /// <summary>-NoBlock.</summary>
    public bool NoBlock { get; set; }

    private string Backups => Path.Combine(world.Folder, "backups");

    private Task<bool> InsistAsync(string finding)
    {
        _said.Enqueue(finding);
        return Task.FromResult(insists);
    }

    public void Verbose(string message)
    {
    }

    public void BeginStep(string name) => AtStep?.Invoke(name);

    public void Warning(string message) => _said.Enqueue(message);

    public void Progress(ProgressUpdate update)
    {
    }

    /// <summary>Runs a cmdlet in this operator's state folder.</summary>
    /// <returns>The error with which it ended; null when it went well.</returns>
    public async Task<ShoreGuardException?> TryAsync(Func<Operator, Task> cmdlet)
    {
        try
        {
            await cmdlet(this);
            return null;
        }
        catch (ShoreGuardException error)
        {
            _said.Enqueue($"{error.Message} {error.Recommendation}");
            Keep(error.Result);
            return error;
        }
    }

    private Task<Deployment> DeploymentAsync() => DeploymentCatalog.GetAsync(Name, world.Host, CancellationToken.None);

    /// <summary>Invoke-ShoreGuardImageRollback.</summary>
    public async Task ImageRollbackAsync(string version, SwitchStrategy strategy = SwitchStrategy.Recreate)
    {
        var deployment = await FirstAsync();
        foreach (var interrupted in await ImageRollback.FindInterruptedAsync(State, [deployment], CancellationToken.None))
            (deployment, _) = await interrupted.RecoverAsync(world.Host, this, CancellationToken.None);
        var request = new ImageRollbackRequest
        {
            State = State,
            Deployment = deployment,
            Target = new() { Version = version },
            Strategy = strategy,
            Gate = new() { Patience = TimeSpan.FromSeconds(3), Stability = TimeSpan.FromSeconds(0.2) },
        };
        ReplicaRollbackPlan plan;
        try
        {
            plan = await ImageRollback.PlanAsync([request], this, CancellationToken.None);
        }
        catch (ShoreGuardException error) when (error.Id == "TargetIsRunning")
        {
            await ImageRollback.ClearMarksAsync(State, [deployment], CancellationToken.None);
            throw;
        }
        var outcome = await ImageRollback.ExecuteAsync(plan, this, CancellationToken.None);
        Keep(outcome.Results);
        if (outcome.Failure is { } failure)
            throw failure;
    }

    // As Get-ShoreGuardDeployment finds it: under its name, else by what stands for it.
    private async Task<Deployment> FirstAsync()
    {
        var error = default(ShoreGuardException);
        await foreach (var found in DeploymentCatalog.FindAsync(new() { Service = "shoreguard", DockerHost = world.Host }, missing =>
            error = missing, CancellationToken.None))
            return found;
        return await DeploymentAsync();
    }

    private RollbackOptions Options(string version, RollbackStrategy strategy, string? backup, SwitchStrategy how) => new()
    {
        Version = version,
        Strategy = strategy,
        Switch = how,
        BackupFolder = Backups,
        BackupPath = backup,
        GatePatience = TimeSpan.FromSeconds(3),
        GateStability = TimeSpan.FromSeconds(0.2),
        NoBlock = NoBlock,
    };

    /// <summary>Get-ShoreGuardRollbackPlan.</summary>
    public async Task<RollbackPlan> PlanAsync(string version, RollbackStrategy strategy, string? backup = null, SwitchStrategy how = SwitchStrategy.Auto) =>
        await RollbackPlanner.PlanAsync(
            new() { State = State, Deployment = await DeploymentAsync(), Options = Options(version, strategy, backup, how) }, this, CancellationToken.None);

    /// <summary>Invoke-ShoreGuardRollback.</summary>
    public async Task RollbackAsync(string version, RollbackStrategy strategy, string? backup = null, SwitchStrategy how = SwitchStrategy.Auto)
    {
        var request = new RollbackRequest { State = State, Deployment = await DeploymentAsync(), Options = Options(version, strategy, backup, how) };
        if (await TargetPull.FindAsync(request, this, CancellationToken.None) is { } pull)
            await pull.RunAsync(this, CancellationToken.None);
        await using var execution = await RollbackExecution.PlanAsync(request, given: null, this, CancellationToken.None);
        Keep(await execution.RunAsync(this, CancellationToken.None));
    }

    /// <summary>The same, with a plan that was made before.</summary>
    public async Task RollbackAsync(RollbackPlan plan)
    {
        await using var execution = await RollbackExecution.PlanAsync(
            new() { State = State, Deployment = plan.Deployment, Options = plan.Options }, plan, this, CancellationToken.None);
        Keep(await execution.RunAsync(this, CancellationToken.None));
    }

    /// <summary>Invoke-ShoreGuardSchemaDowngrade.</summary>
    public async Task DowngradeAsync(string to)
    {
        var request = new SchemaDowngradeRequest { State = State, Deployment = await DeploymentAsync(), To = to, BackupFolder = Backups };
        if (await RollbackRecovery.FindAsync(State, request.Deployment, OperationKind.SchemaDowngrade, CancellationToken.None) is { } recovery)
            await recovery.MendAsync(InsistAsync, this, CancellationToken.None);
        if (InterruptedDowngrade.Find(request) is { } interrupted)
            await interrupted.MendAsync(InsistAsync, this, CancellationToken.None);
        using var downgrade = await SchemaDowngrade.PlanAsync(request, this, CancellationToken.None);
        if (!downgrade.IsDone)
            Keep(await downgrade.ExecuteAsync(this, CancellationToken.None));
    }

    /// <summary>Backup-ShoreGuardDatabase.</summary>
    public async Task<string> BackupAsync()
    {
        using var backup = await DatabaseBackup.PlanAsync(new() { Deployment = await DeploymentAsync(), BaseFolder = Backups }, State, CancellationToken.None);
        return (await backup.RunAsync(Backups, BackupRetention.Everything, this, CancellationToken.None)).BackupPath;
    }

    /// <summary>Restore-ShoreGuardDatabase.</summary>
    public async Task RestoreAsync(string backup)
    {
        var deployment = await DeploymentAsync();
        if (await RollbackRecovery.FindAsync(State, deployment, OperationKind.Restore, CancellationToken.None) is { } recovery)
            await recovery.MendAsync(InsistAsync, this, CancellationToken.None);
        await UnfinishedWork.RequireNoneAsync(State, deployment, CancellationToken.None);
        using var restore = await DatabaseRestore.PlanAsync(
            new() { Deployment = deployment, BaseFolder = Backups }, State, backup, jobs: null, Backups, force: false, this, CancellationToken.None);
        restore.Patience = TimeSpan.FromSeconds(3);
        Restored = await restore.RunAsync(this, CancellationToken.None);
        Keep(Restored);
    }

    /// <summary>What the last restore gave back.</summary>
    public RestoreResult? Restored { get; private set; }

    /// <summary>Restore-ShoreGuardDatabase -Undo.</summary>
    public async Task UndoRestoreAsync(RestoreResult result)
    {
        if (await RollbackRecovery.FindAsync(State, result.Deployment!, OperationKind.Restore, CancellationToken.None) is { } recovery)
            await recovery.MendAsync(InsistAsync, this, CancellationToken.None);
        await UnfinishedWork.RequireNoneAsync(State, result.Deployment!, CancellationToken.None);
        using var undo = await DatabaseUndo.PlanAsync(
            new() { Result = result, BaseFolder = Backups, SafetyFolder = Backups }, State, this, CancellationToken.None);
        undo.Patience = TimeSpan.FromSeconds(3);
        Keep(await undo.RunAsync(this, CancellationToken.None));
    }

    /// <summary>Get-ShoreGuardRollback -Unfinished.</summary>
    public async Task<IReadOnlyList<RollbackRecord>> UnfinishedAsync() =>
        [.. (await OperationHistory.ReadAsync(State, world.Host, this, CancellationToken.None)).Where(operation => operation.IsUnfinished)];

    /// <summary>Get-ShoreGuardRollback: what the history says that was kept. A process that is killed when all is done names it nowhere else.</summary>
    public async Task ReadHistoryAsync()
    {
        foreach (var record in await OperationHistory.ReadAsync(State, world.Host, this, CancellationToken.None))
            Keep(record);
    }

    /// <summary>Resume-ShoreGuardRollback.</summary>
    public async Task ResumeAsync(string id)
    {
        var recovery = await RollbackRecovery.FindAsync(State, id, world.Host, credential: null, takesOver: false, CancellationToken.None);
        recovery.RequireUnfinished();
        if (await recovery.MendAsync(InsistAsync, this, CancellationToken.None))
        {
            Keep(new RollbackJournal(State).Find(id));
            return;
        }
        await using var operation = await recovery.AgainAsync(this, CancellationToken.None);
        Keep(await operation.RunAsync(this, CancellationToken.None));
    }

    /// <summary>Undo-ShoreGuardRollback.</summary>
    public async Task UndoAsync(string id)
    {
        var recovery = await RollbackRecovery.FindAsync(State, id, world.Host, credential: null, takesOver: false, CancellationToken.None);
        if (recovery.Record.State is RollbackState.Unfinished or RollbackState.UnderWay && await recovery.UndoAsync(InsistAsync, this, CancellationToken.None))
        {
            Keep(new RollbackJournal(State).Find(id));
            return;
        }
        await using var operation = await recovery.ReverseAsync(InsistAsync, this, CancellationToken.None);
        Keep(await operation.RunAsync(this, CancellationToken.None));
    }

    /// <summary>Close-ShoreGuardRollback.</summary>
    public async Task CloseAsync(string id)
    {
        var recovery = await RollbackRecovery.FindAsync(State, id, world.Host, credential: null, takesOver: false, CancellationToken.None);
        recovery.RequireUnfinished();
        foreach (var left in await recovery.CloseAsync(CancellationToken.None))
            _said.Enqueue(left);
    }

    /// <summary>Whether a change of the deployment can begin.</summary>
    public async Task BeginAndEndAsync()
    {
        using var engine = await ContainerEngines.ConnectAsync(world.Host, CancellationToken.None);
        await (await DeploymentLock.TakeAsync(engine, Name, new(State, "look"), CancellationToken.None)).DisposeAsync();
    }

    private void Keep(IReadOnlyList<object> results)
    {
        foreach (var result in results)
            Keep(result);
    }

    private void Keep(object? result)
    {
        string?[] kept = result switch
        {
            RollbackResult rollback => [.. rollback.Kept, .. rollback.Warnings],
            ImageRollbackResult image => [.. image.Warnings],
            RestoreResult restore => [restore.Kept, restore.Recommendation],
            SchemaDowngradeResult downgrade => [downgrade.Kept, downgrade.BackupPath, downgrade.Recommendation],
            RollbackRecord record => [record.Kept, record.BackupPath],
            _ => [],
        };
        foreach (var each in kept.OfType<string>())
            _said.Enqueue(each);
    }
}
