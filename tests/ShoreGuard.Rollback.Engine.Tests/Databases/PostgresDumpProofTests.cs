using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Engine.Databases.Postgres;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>What is concluded from the way in which the tool that reads a dump has ended.</summary>
public sealed class PostgresDumpProofTests
{
    private static readonly string Dump = Path.Combine(AppContext.BaseDirectory, "Data", "backups", "shoreguard-pg15-017.pgdump");

    // 128 and the signal's number: KILL and TERM come from somebody else, SEGV and ABRT from what it read.
    [Theory]
    [InlineData(137, "DumpReaderEnded")]
    [InlineData(143, "DumpReaderEnded")]
    [InlineData(139, "BackupDamaged")]
    [InlineData(134, "BackupDamaged")]
    [InlineData(1, "BackupDamaged")]
    public async Task Whether_the_dump_is_damaged_or_its_reader_was_ended(int exitCode, string id)
    {
        var checks = new CheckRecorder(SilentReporter.Instance);
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() =>
            PostgresDumpProof.ProveAsync(Dump, 15, new EndingTools(exitCode), checks, TestContext.Current.CancellationToken));
        Assert.Equal(id, error.Id);
        Assert.False(checks.Checks[^1].Passed);
    }

    private sealed class EndingTools(int exitCode) : PostgresTools(null)
    {
        public override string Place => "nowhere";
        public override bool CanSeek => true;

        protected override Task<(long ExitCode, string Stderr)> StartAsync(
            string tool, IReadOnlyList<string> arguments, string database, string? dump, Stream? input, Stream output, CancellationToken cancellation) =>
            Task.FromResult(((long)exitCode, ""));
    }
}
