using System.Diagnostics;

namespace ShoreGuard.Rollback.Engine.Deployments.Docker;

/// <summary>For what must be done once a switch has begun: an engine that is restarted is back in seconds, and giving up before leaves the work to a person.</summary>
internal static class EnginePatience
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Does it again until the engine is there; must hold for work that happened in part.</summary>
    public static async Task RunAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await work().ConfigureAwait(false);
                return;
            }
            catch (ShoreGuardException error) when (error.Id == "EngineConnectionLost" && clock.Elapsed < Limit)
            {
                await Task.Delay(Interval).ConfigureAwait(false);
            }
        }
    }
}
