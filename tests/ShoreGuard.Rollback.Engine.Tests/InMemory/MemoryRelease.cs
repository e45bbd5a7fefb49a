using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Tests.InMemory;

/// <summary>How a release behaves.</summary>
public enum Behaviour
{
    Good,
    NeverReady,
    CrashesAtStart,
}

/// <summary>A release of the application: what its image says, and the migrations that it brings.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Head">The revision that its migrations lead to, from <c>015</c> on.</param>
/// <param name="Behaviour">How it behaves.</param>
internal sealed record MemoryRelease(string Version, int Head, Behaviour Behaviour = Behaviour.Good)
{
    // Where nobody listens, by address: a resolver that loses one of many questions for a name is waited for for five seconds.
    public const string Repository = "127.0.0.1:1/flohofstetter/shoreguard";
    private const int First = 15;

    public string Reference => $"{Repository}:{Version}";
    public string GitSha { get; } = Hash($"commit {Version}")[..40];
    public string Digest { get; } = $"sha256:{Hash($"digest {Version}")}";
    public string Id { get; } = $"sha256:{Hash($"image {Version} {Head}")}";
    private static string BuildTime => "2026-03-16T09:00:00Z";

    /// <summary>As an engine describes the image.</summary>
    public JsonObject Describe() => new()
    {
        ["Id"] = Id,
        ["RepoTags"] = new JsonArray(Reference),
        ["RepoDigests"] = new JsonArray($"{Repository}@{Digest}"),
        ["Os"] = "linux",
        ["Architecture"] = "amd64",
        ["Created"] = BuildTime,
        ["Config"] = new JsonObject
        {
            ["Env"] = new JsonArray("PATH=/usr/bin", $"SHOREGUARD_VERSION={Version}", $"SHOREGUARD_GIT_SHA={GitSha}", $"SHOREGUARD_BUILD_TIME={BuildTime}",
                "HOME=/home/shoreguard"),
            ["Entrypoint"] = new JsonArray("shoreguard"),
            ["Labels"] = new JsonObject { ["org.opencontainers.image.version"] = Version, ["org.opencontainers.image.revision"] = GitSha },
        },
    };

    /// <summary>What <c>/version</c> answers.</summary>
    public string Identity => new JsonObject { ["version"] = Version, ["git_sha"] = GitSha, ["build_time"] = BuildTime }.ToJsonString();

    /// <summary>What the probe prints of its migrations.</summary>
    public string Migrations
    {
        get
        {
            var answer = new ProbeAnswer { Migrations = [.. Enumerable.Range(First, Head - First + 1).Select(Migration)] };
            return $"shoreguard-migrations:{Encoding.UTF8.GetString(answer.ToJson())}\n";
        }
    }

    /// <summary>Takes a database up to its head, as every start does.</summary>
    /// <returns>Why it cannot; null when it could.</returns>
    public string? Migrate(SqliteConnection database)
    {
        Execute(database, "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)");
        var revision = Revision(database);
        if (revision > Head)
            return $"alembic.util.exc.CommandError: Can't locate revision identified by '{Name(revision)}'";
        for (var next = Math.Max(revision + 1, First); next <= Head; next++)
        {
            Execute(database, next == First
                ? "CREATE TABLE gateways (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)" : $"CREATE TABLE since_{Name(next)} (id INTEGER PRIMARY KEY)");
            Stamp(database, next);
        }
        return null;
    }

    /// <summary>Takes a database down, a migration in a transaction each.</summary>
    /// <param name="database">The database.</param>
    /// <param name="target">The revision.</param>
    /// <param name="goesOn">Asked before each; when it says no, the process is gone there.</param>
    public static void Downgrade(SqliteConnection database, string target, Func<bool> goesOn)
    {
        for (var revision = Revision(database); revision > int.Parse(target, CultureInfo.InvariantCulture) && goesOn(); revision--)
        {
            Execute(database, "BEGIN IMMEDIATE");
            Execute(database, $"DROP TABLE since_{Name(revision)}");
            Stamp(database, revision - 1);
            Execute(database, "COMMIT");
        }
    }

    public static int Revision(SqliteConnection database)
    {
        using var command = database.CreateCommand();
        command.CommandText = "SELECT version_num FROM alembic_version";
        return command.ExecuteScalar() is string revision ? int.Parse(revision, CultureInfo.InvariantCulture) : 0;
    }

    private static void Stamp(SqliteConnection database, int revision) =>
        Execute(database, $"DELETE FROM alembic_version; INSERT INTO alembic_version VALUES ('{Name(revision)}')");

    private static Migration Migration(int number) => new()
    {
        Revision = Name(number),
        Parents = number == First ? [] : [Name(number - 1)],
        Downgrade = DowngradeKind.Implemented,
        FileName = $"{Name(number)}.py",
        UpgradeOperations = [Operation(SchemaOperationKind.CreateTable, number)],
        DowngradeOperations = [Operation(SchemaOperationKind.DropTable, number)],
    };

    private static SchemaOperation Operation(SchemaOperationKind kind, int number) =>
        new() { Kind = kind, Table = number == First ? "gateways" : $"since_{Name(number)}", IsConditional = false, Text = "" };

    private static string Name(int revision) => revision.ToString("000", CultureInfo.InvariantCulture);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static void Execute(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
