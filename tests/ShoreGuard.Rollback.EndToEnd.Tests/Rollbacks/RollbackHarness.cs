using System.Management.Automation;
using Microsoft.Data.Sqlite;
using ShoreGuard.Rollback.EndToEnd.Tests.Schema;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>A deployment with a history: an older release with a backup and a gateway, then the release that is rolled back, with another gateway.</summary>
internal sealed partial class RollbackCase : IDisposable
{
    public const string Gate = "-GateTimeoutSec 15 -StabilitySec 0.3";

    /// <summary>Long enough for a background task to die.</summary>
    public const string LongGate = "-GateTimeoutSec 15 -StabilitySec 9";

    private RollbackCase(StandInProject project) => Project = project;

    public StandInProject Project { get; }
    public string Folder => Path.Combine(Project.Folder, "backups");
    public string State => Path.Combine(Project.Folder, "state");

    /// <summary>Deploys the older release, backs it up, and deploys the newer one over it.</summary>
    /// <param name="module">Where the backup is made.</param>
    /// <param name="older">The release that makes the database.</param>
    /// <param name="newer">The release that runs in the end.</param>
    /// <param name="database">Which of the Compose files.</param>
    public static RollbackCase Make(ModuleHost module, string older, string newer, string database)
    {
        var project = StandInProject.Start(older, database);
        var made = new RollbackCase(project);
        try
        {
            project.AddGateway("before");
            module.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Backup-ShoreGuardDatabase '{made.Folder}' -Confirm:$false").ThrowIfFailed();
            made.Redeploy(newer);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>Deploys the newer release once more, and adds a gateway that no backup has.</summary>
    public void Redeploy(string newer)
    {
        Project.Deploy(newer);
        // This one never comes as far as answering.
        if (newer == "0.31.0")
        {
            Project.WaitUntil("crashed", () => (int)Docker.Inspect(Project.Container)["RestartCount"]! > 0);
            return;
        }
        Project.WaitUntil($"live as {newer}", () => Project.Answers("healthz"));
        // Its API is what is broken.
        if (newer != "0.29.0")
            Project.AddGateway("after");
    }

    public string Deployment => $"Get-ShoreGuardDeployment -Project {Project.Name}";

    public string Command(string arguments, string gate = Gate) =>
        $"{Deployment} | Invoke-ShoreGuardRollback {arguments} {gate} -BackupFolder '{Folder}' -StatePath '{State}' -Confirm:$false";

    public string Planning(string arguments, string gate = Gate) =>
        $"{Deployment} | Get-ShoreGuardRollbackPlan {arguments} {gate} -BackupFolder '{Folder}' -StatePath '{State}'";

    /// <summary>Everything that a rollback could change, as a text.</summary>
    /// <param name="module">Reads the database.</param>
    public string Fingerprint(ModuleHost module)
    {
        var engine = EngineApi.Of();
        // One that crashes is now running, now not.
        var containers = engine.Containers(all: true, $"name={Project.Name}").Select(each =>
            $"{((string)each["Names"]![0]!).TrimStart('/')} {each["Id"]} {each["Image"]} {((string)each[nameof(State)]!).Replace("restarting", "running", StringComparison.Ordinal)}");
        var networks = string.Join('\n', engine.Networks($"name={Project.Name}").Order(StringComparer.Ordinal));
        var files = string.Join('\n',
            Directory.EnumerateFiles(Project.Folder).Order(StringComparer.Ordinal)
            .Select(file => $"{file} {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))}"));
        return string.Join('\n', string.Join('\n', containers.Order(StringComparer.Ordinal)), networks, files, Rows(module), LeftOvers());
    }

    /// <summary>The database's revision and rows, as a text.</summary>
    public string Rows(ModuleHost module)
    {
        var found = module.Run($"{Deployment} | Get-ShoreGuardDatabase").ThrowIfFailed().Single();
        return $"{found.Text("Revision")}: {string.Join(", ", found.Texts("Rows"))}";
    }

    /// <summary>What a rollback may have left beside the database, and which is none of the operator's.</summary>
    public string LeftOvers()
    {
        var helpers = Docker.Names($"label=shoreguard.rollback.downgrade={Project.Container}");
        var transient = Docker.Names($"name={Project.Name}").Where(name => TransientName().IsMatch(name));
        var files = Directory.EnumerateFiles(Project.Folder).Where(file => file.Contains(".tmp", StringComparison.Ordinal));
        return string.Join(' ', helpers.Concat(transient).Concat(files).Concat(Databases()));
    }

    [System.Text.RegularExpressions.GeneratedRegex("-shoreguard-((old|new|gate)-|lock$)", System.Text.RegularExpressions.RegexOptions.ExplicitCapture)]
    private static partial System.Text.RegularExpressions.Regex TransientName();

    // In the making, half restored: what is kept on purpose has "before" in its name.
    private IEnumerable<string> Databases()
    {
        if (File.ReadAllText(Project.ComposeFile).Contains("shoreguard-db:", StringComparison.Ordinal))
        {
            var names = Docker.Exec($"{Project.Name}-db-1", "psql", "--username=shoreguard", "--dbname=shoreguard", "--tuples-only", "--no-align",
                "--command=SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'");
            return names.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Where(name => name != "shoreguard" && !name.Contains("_before_", StringComparison.Ordinal));
        }
        var volume = EngineApi.Of().MountPoint($"{Project.Name}_shoreguard-config");
        return Directory.EnumerateFiles(volume).Select(Path.GetFileName).OfType<string>()
            .Where(name => !name.StartsWith("shoreguard.db", StringComparison.Ordinal) || name.Contains("restoring", StringComparison.Ordinal));
    }

    public void Dispose() => Project.Dispose();
}

/// <summary>A journal that stops its writer in the middle of one of its writes, so that it can be killed there.</summary>
internal sealed class StoppingJournal
{
    private const string Forever = "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c)";
    private static readonly string[] Events = ["INSERT ON rollback", "UPDATE ON rollback", "INSERT ON rollback_step", "UPDATE ON rollback_step"];
    private readonly string _path;

    /// <summary>Prepares the journal of a state folder.</summary>
    public StoppingJournal(ModuleHost module, string state)
    {
        module.Run($"Set-ShoreGuardKnownGood -GitSha 0000000 -StatePath '{state}'").ThrowIfFailed();
        _path = Path.Combine(state, "journal.db");
        Execute("CREATE TABLE IF NOT EXISTS test_writes (n INTEGER, stop INTEGER); DELETE FROM test_writes; INSERT INTO test_writes VALUES (0, 0);"
            + string.Concat(Events.Select((when, at) =>
            $"CREATE TRIGGER test_{at} AFTER {when} BEGIN UPDATE test_writes SET n = n + 1; SELECT CASE WHEN (SELECT n = stop FROM test_writes) THEN {Forever} "
                + "END; END;")));
    }

    /// <summary>Counts from zero, and stops at a write; at none with 0.</summary>
    public void StopAt(int write) => Execute($"UPDATE test_writes SET n = 0, stop = {write}");

    /// <summary>How many writes there were.</summary>
    public int Writes
    {
        get
        {
            using var connection = Open();
            using var command = new SqliteCommand("SELECT n FROM test_writes", connection);
            return Convert.ToInt32(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Whether somebody is in the middle of a write, and stays there.</summary>
    public bool IsStopped()
    {
        // Each look waits for a second, and a write takes milliseconds.
        return !TryLock() && !TryLock();
    }

    private bool TryLock()
    {
        using var connection = Open();
        try
        {
            // One statement alone: in a batch, the provider was seen to swallow that the database is locked.
            using var begin = new SqliteCommand("BEGIN IMMEDIATE", connection) { CommandTimeout = 1 };
            begin.ExecuteNonQuery();
            return true;
        }
        catch (SqliteException error) when (error.SqliteErrorCode == 5)
        {
            return false;
        }
    }

    private void Execute(string sql)
    {
        using var connection = Open();
        using var command = new SqliteCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={_path};Pooling=False");
        connection.Open();
        return connection;
    }
}
