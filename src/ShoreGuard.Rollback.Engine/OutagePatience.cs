using System.Diagnostics;
using Npgsql;

namespace ShoreGuard.Rollback.Engine;

/// <summary>For what must be done once a change has begun: an engine or a database server that is restarted is back in seconds, and giving up before
/// leaves the work to a person.</summary>
internal static class OutagePatience
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Does it again until the server is there; must hold for work that happened in part.</summary>
    /// <param name="work">The work.</param>
    /// <param name="limit">For how long; 60 s without it.</param>
    public static async Task RunAsync(Func<Task> work, TimeSpan? limit = null)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await work().ConfigureAwait(false);
                return;
            }
            catch (Exception error) when (IsOutage(error) && clock.Elapsed < (limit ?? Limit))
            {
                await Task.Delay(Interval).ConfigureAwait(false);
            }
        }
    }

    private static bool IsOutage(Exception error) =>
        error is ShoreGuardException { Id: nameof(Errors.EngineConnectionLost) or Errors.DatabaseUnreachable }
        || (error is ShoreGuardException ? error.InnerException : error) is NpgsqlException cause && IsServerGone(cause);

    private static bool IsServerGone(NpgsqlException error) =>
        error is not PostgresException refused
            || refused.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow;
}
