using Npgsql;

namespace ShoreGuard.Rollback.Engine.Tests;

/// <summary>What must be done once a change has begun is tried again while a server is away, and not when it says no.</summary>
public sealed class OutagePatienceTests
{
    private static readonly PostgresException Starting = new("the database system is starting up", "FATAL", "FATAL", PostgresErrorCodes.CannotConnectNow);
    private static readonly PostgresException Denied = new("permission denied", "ERROR", "ERROR", PostgresErrorCodes.InsufficientPrivilege);

    public static TheoryData<Exception> Outages => [
        Starting,
        new NpgsqlException("Exception while reading from stream"),
        new ShoreGuardException("RestoreFailed", FailureKind.InvalidOperation, "x", "m", "r", Starting),
        new ShoreGuardException("DatabaseUnreachable", FailureKind.ConnectionError, "x", "m", "r"),
        new ShoreGuardException("EngineConnectionLost", FailureKind.ConnectionError, "x", "m", "r"),
    ];

    public static TheoryData<Exception> Refusals => [
        Denied,
        new ShoreGuardException("RestoreFailed", FailureKind.InvalidOperation, "x", "m", "r", Denied),
        new ShoreGuardException("RestoreDisturbed", FailureKind.ResourceBusy, "x", "m", "r"),
        new IOException("full"),
    ];

    [Theory]
    [MemberData(nameof(Outages))]
    public async Task A_server_that_is_away_is_waited_for(Exception outage)
    {
        var tries = 0;
        await OutagePatience.RunAsync(() => ++tries < 3 ? throw outage : Task.CompletedTask);
        Assert.Equal(3, tries);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task One_that_says_no_is_not(Exception refusal)
    {
        var tries = 0;
        Assert.Same(refusal, await Assert.ThrowsAnyAsync<Exception>(() => OutagePatience.RunAsync(() =>
        {
            tries++;
            throw refusal;
        })));
        Assert.Equal(1, tries);
    }
}
