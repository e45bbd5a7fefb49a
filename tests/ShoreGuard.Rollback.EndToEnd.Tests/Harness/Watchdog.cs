using System.Runtime.CompilerServices;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>Ends a run that hangs, so that a build server tells of it instead of ending it without a word.</summary>
internal static class Watchdog
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(70);
    private static Timer? _timer;

    [ModuleInitializer]
    internal static void Watch()
    {
        if (Environment.GetEnvironmentVariable("ROLLBACK_TEST_FULL") == "1")
            return;
        _timer = new(_ =>
        {
            Console.Error.WriteLine(
                $"The end-to-end tests have taken more than {Limit.TotalMinutes} minutes: one of them hangs. Those that take long are named above.");
            Environment.Exit(3);
        }, null, Limit, Timeout.InfiniteTimeSpan);
    }
}
