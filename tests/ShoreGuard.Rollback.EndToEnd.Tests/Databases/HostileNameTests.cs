using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>A name that somebody else chose moves no cursor and sets no title, whichever stream it comes out of.</summary>
public sealed class HostileNameTests : IDisposable
{
    private const string Hostile = "t\e]0;title\a\e[2J\u202e\u009b31m";
    private readonly ModuleHost _host = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    public void Dispose()
    {
        _host.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void In_warnings_details_and_progress()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Such names are refused there.");
        var database = Path.Combine(_folder, $"{Hostile}.db");
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Data", "backups", "shoreguard-sqlite-017.sqlite"), database);
        Dangle(database);

        var run = _host.Run("Backup-ShoreGuardDatabase -DatabaseUrl $args[0] -Path $args[1] -Verbose", $"sqlite:///{database}", _folder).ThrowIfFailed();

        Assert.Contains(run.Warnings, warning => warning.Contains(@"rows of t\u{1B}]0;title\u{7}\u{1B}[2J\u{202E}", StringComparison.Ordinal));
        foreach (var text in run.Warnings.Concat(run.Verbose)
            .Concat(run.Progress.SelectMany(progress => (string[])[progress.Activity, progress.StatusDescription ?? "", progress.CurrentOperation ?? ""])))
            Assert.DoesNotContain(text, each => char.IsControl(each) || each is '\u202e');
    }

    private static void Dangle(string path)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, ForeignKeys = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"CREATE TABLE \"{Hostile}\" (g INTEGER REFERENCES gateways (id)); INSERT INTO \"{Hostile}\" VALUES (999999)";
        command.ExecuteNonQuery();
    }
}
