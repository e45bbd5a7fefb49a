using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Deployments;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Operations.Restoring;

/// <summary>Which restore is undone.</summary>
public sealed record DatabaseUndoRequest
{
    /// <summary>What it did. Its undoing is a restore like any other, and can itself be undone.</summary>
    public required RestoreResult Result { get; init; }
    /// <summary>The database's URL, as a result holds no password; null to take the result's, or what <c>SHOREGUARD_DATABASE_URL</c> of this process
    /// says.</summary>
    public string? Url { get; init; }
    /// <summary>How the database is reached; by itself, a file inside a container as it was then.</summary>
    public DatabaseTransport Transport { get; init; }
    /// <summary>The folder to which a relative SQLite path in <see cref="Url"/> belongs, absolute.</summary>
    public required string BaseFolder { get; init; }
    /// <summary>PostgreSQL in place: how many connections restore at the same time; null for a number that suits the machine.</summary>
    public int? Jobs { get; init; }
    /// <summary>PostgreSQL in place: the folder in which the present database is backed up, absolute; null for that of the backup that is put back.</summary>
    public string? SafetyFolder { get; init; }
    /// <summary>Whether what would be refused for the operator's own good is done all the same.</summary>
    public bool Force { get; init; }
}

/// <summary>Puts back what a restore kept.</summary>
public static class DatabaseUndo
{
    // States in which a restore has stopped the application, and not brought it back to service.
    private static bool LeftStopped(RestoreResult result) =>
        result.Application is ApplicationState.LeftStopped or ApplicationState.StartFailed or ApplicationState.NotReady;

    /// <summary>Reads everything, and proves what is put back. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException"><c>UndoNothing</c>, <c>DatabaseInMemory</c>, <c>DatabaseMountedAlone</c>, <c>UndoOtherDatabase</c>,
    /// <c>KeptMissing</c>, <c>KeptDamaged</c>, and those of a restore.</exception>
    public static async Task<DatabaseRestore> PlanAsync(DatabaseUndoRequest request, StateStore state, IReporter reporter, CancellationToken cancellation)
    {
        var result = request.Result;
        var kept = Kept(result);
        var access = await DatabaseAccess.OpenAsync(Find(request), reporter, cancellation).ConfigureAwait(false);
        try
        {
            if (access.Database.Kind != result.Kind || !DatabaseUrl.AreSame(access.Database.Location, result.Location!))
                throw Errors.UndoOtherDatabase(result.Location!, access.Database.Location);
            access.Application?.RequireStoppable();
            var folder = request.SafetyFolder ?? (Path.IsPathRooted(kept) ? Path.GetDirectoryName(kept)! : request.BaseFolder);
            var options = new RestoreOptions(request.Jobs, folder, access.Application is { WasRunning: true }, Force: request.Force);
            var activity = $"Undoing the restore of {access.Database.Name}";
            reporter.Progress(new(activity, "Reading the database and proving what was kept"));
            var restore = await access.Database.PlanUndoAsync(kept, options, reporter, cancellation).ConfigureAwait(false);
            reporter.Progress(new(activity, "Planned", Completed: true));
            return new(access, state, restore, new() { PutBack = kept, Changes = Changes(result, restore.Before), StartsStopped = LeftStopped(result) },
                folder);
        }
        catch
        {
            access.Dispose();
            throw;
        }
    }

    /// <summary>The same, of what an operation has kept of a deployment's database.</summary>
    internal static async Task<DatabaseRestore> PlanAsync(
        DatabaseRequest request, StateStore state, string kept, string folder, IReporter reporter, CancellationToken cancellation)
    {
        var access = await DatabaseAccess.OpenAsync(request, reporter, cancellation).ConfigureAwait(false);
        try
        {
            access.Application?.RequireStoppable();
            var options = new RestoreOptions(Jobs: null, folder, access.Application is { WasRunning: true });
            var undo = await access.Database.PlanUndoAsync(kept, options, reporter, cancellation).ConfigureAwait(false);
            return new(access, state, undo, new() { PutBack = kept }, folder);
        }
        catch
        {
            access.Dispose();
            throw;
        }
    }

    private static string Kept(RestoreResult result)
    {
        if (!result.Succeeded)
            throw Errors.UndoNothing(result.Database, result.Reverted
                ? "that restore failed, and the state before was put back" : "that restore failed, and so did putting the state before back");
        return result.Kept ?? throw Errors.UndoNothing(result.Database, "that restore replaced nothing, so nothing was kept");
    }

    // A container that took the deployment's name since, by an image rollback say, is the same deployment as long as its database is.
    private static DatabaseRequest Find(DatabaseUndoRequest request)
    {
        var (result, url) = (request.Result, request.Url);
        if (result.Location is not { } location)
            throw Errors.UndoNothing(result.Database, "that result does not say where the database is");
        if (url is null && result.Deployment is null && result.Kind == DatabaseKind.Sqlite)
            url = $"sqlite:///{location}";
        if (url is null && result.Deployment is null && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(DatabaseRequest.Variable)))
            throw Errors.UndoNotNamed(result.Database);
        var inside = result.Kind == DatabaseKind.Sqlite && !Path.IsPathRooted(location);
        var transport = request.Transport == DatabaseTransport.Auto && inside ? DatabaseTransport.Container : request.Transport;
        return new() { Url = url, Deployment = url is null
            ? result.Deployment : null, Transport = transport, BaseFolder = request.BaseFolder, AcceptsSuccessor = true };
    }

    // What was written since leaves the front, and is kept; whether that is wanted, only the operator knows.
    private static string Changes(RestoreResult result, DatabaseContents? present)
    {
        if (present is null)
            return "";
        var changes = new[]
        {
            present.Revision == result.Revision ? null : $"revision {result.Revision ?? "none"} to {present.Revision}",
            result.Revision is null ? null : present.ChangesSince(result.Rows),
        }.OfType<string>().ToList();
        return changes.Count == 0 ? "" : $"; changed since that restore, and kept with it: {string.Join(", ", changes)}";
    }
}
