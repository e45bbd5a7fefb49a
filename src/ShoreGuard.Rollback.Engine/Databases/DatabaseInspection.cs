namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Looks at a database.</summary>
public static class DatabaseInspection
{
    /// <summary>Finds it, and reads what is in it. Changes nothing.</summary>
    /// <exception cref="ShoreGuardException">It cannot be found, reached or read, or is not ShoreGuard's.</exception>
    public static async Task<DatabaseReport> RunAsync(DatabaseRequest request, IReporter reporter, CancellationToken cancellation)
    {
        using var access = await DatabaseAccess.OpenAsync(request, reporter, cancellation).ConfigureAwait(false);
        return await access.Database.DescribeAsync(cancellation).ConfigureAwait(false) with { Deployment = request.Deployment };
    }
}
