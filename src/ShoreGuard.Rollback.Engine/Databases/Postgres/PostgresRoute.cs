using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

internal sealed record PostgresRoute
{
    public static PostgresRoute Direct(DatabaseUrl url) => new();
    public static Task<PostgresRoute> FindAsync(DatabaseUrl url, DockerEngine engine, JsonObject container, CancellationToken cancellation) => Task.FromResult(new PostgresRoute());
}
internal sealed class PostgresDatabase(DatabaseUrl url, PostgresRoute route) : IDatabase
{
    public DatabaseKind Kind => DatabaseKind.Postgres;
    public string Name => url.Redacted;
    public Task<Backup> BackupAsync(string folder, BuildIdentity? identity, IReporter reporter, CancellationToken cancellation) => throw new NotSupportedException(route.ToString());
    public Task<IRestore> PlanRestoreAsync(string backupPath, RestoreOptions options, IReporter reporter, CancellationToken cancellation) => throw new NotSupportedException();
}
