using System.Management.Automation;
using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>Every ordered pair of releases, on both databases: what is decided, and what is there in the end.</summary>
public abstract class RollbackMatrixTests : IDisposable
{
    private readonly ModuleHost _module = new();

    public void Dispose()
    {
        _module.Dispose();
        GC.SuppressFinalize(this);
    }

    // A class for each, so that they run beside each other.
    public sealed class Sqlite : RollbackMatrixTests
    {
        public static TheoryData<string, string> Pairs() => Sampled("sqlite");

        [Theory]
        [MemberData(nameof(Pairs))]
        public void Is_decided_rightly_and_ends_as_it_has_to(string from, string to) => Try("sqlite", from, to);
    }

    public sealed class Postgres : RollbackMatrixTests
    {
        public static TheoryData<string, string> Pairs() => Sampled("postgres");

        [Theory]
        [MemberData(nameof(Pairs))]
        public void Is_decided_rightly_and_ends_as_it_has_to(string from, string to) => Try("postgres", from, to);
    }

    private sealed record Release(string Version, string Head, string Behaviour, bool IsWhatItSays)
    {
        public int Rank { get; } = int.Parse(Version.Split('.')[1], System.Globalization.CultureInfo.InvariantCulture);

        public bool HoldsItsGate => Behaviour is "good" or "broken-api";
    }

    private static readonly IReadOnlyList<Release> Releases = [.. JsonNode.Parse(
        File.ReadAllText(Path.Combine(Repository.Root, "tests", "stand-in", "releases.json")))!["releases"]!.AsArray()
        .Select(release => new Release((string)release!["version"]!, (string)release["head"]!, (string)release["behaviour"]!, release["baked"] is null))];

    private static TheoryData<string, string> Sampled(string database)
    {
        var pairs = new TheoryData<string, string>();
        var all = from one in Releases from other in Releases where one != other select (database, From: one.Version, To: other.Version);
        foreach (var (_, from, to) in Sampling.Of(all, InSample))
            pairs.Add(from, to);
        return pairs;
    }

    // Each decision and each end, once on either database.
    private static bool InSample((string Database, string From, string To) pair) => pair switch
    {
        (_, "0.28.0", "0.27.0") or (_, "0.29.0", "0.27.0") or (_, "0.32.0", "0.27.0") => true,
        ("sqlite", "0.28.0", "0.26.0") or ("postgres", "0.32.0", "0.26.0") => true,
        ("sqlite", "0.29.0", "0.28.0") or ("postgres", "0.31.0", "0.30.0") => true,
        ("sqlite", "0.31.0", "0.27.0") or ("postgres", "0.30.0", "0.28.0") => true,
        ("sqlite", "0.27.0", "0.28.0") or ("postgres", "0.27.0", "0.32.0") => true,
        _ => false,
    };

    private protected void Try(string database, string from, string to)
    {
        var (running, target) = (Releases.Single(release => release.Version == from), Releases.Single(release => release.Version == to));
        // The target itself where it can have made the database, so that the backup is one that it knows to its head; else the oldest release.
        var older = target.HoldsItsGate && target.Rank < running.Rank && string.CompareOrdinal(target.Head, running.Head) <= 0 ? to : Releases[0].Version;
        using var made = RollbackCase.Make(_module, older, from, database);
        var revision = made.Rows(_module).Split(':')[0];
        var before = made.Fingerprint(_module);

        var plan = _module.Run(made.Planning($"-Version {to} -Force:${(target.Rank < running.Rank ? "true" : "false")}"));
        Assert.Equal(before, made.Fingerprint(_module));

        if (target.Rank > running.Rank)
        {
            var (id, category) = target.IsWhatItSays ? ("TargetNewer", ErrorCategory.InvalidArgument) : ("ImageIdentityMismatch", ErrorCategory.InvalidData);
            plan.Error(id, category);
            _module.Run(made.Command($"-Version {to}")).Error(id, category);
            Assert.Equal(before, made.Fingerprint(_module));
            return;
        }
        var (strategy, possible) = Expected(running, target, revision);
        var found = plan.ThrowIfFailed().Single();
        Assert.Equal((strategy, possible.ToString()), (found.Text("Strategy"), found.Text("CanRun")));
        Assert.Equal(0L, found.At("RowsLost"));
        Run(made, running, target, strategy, possible, before);
    }

    private void Run(RollbackCase made, Release running, Release target, string strategy, bool possible, string before)
    {
        var rows = made.Rows(_module);
        var run = _module.Run(
            made.Command($"-Version {target.Version} -Force", target.Behaviour == "dead-background-task" ? RollbackCase.LongGate : RollbackCase.Gate));
        if (!possible)
        {
            run.Error("RollbackImpossible", ErrorCategory.InvalidOperation);
            Assert.Equal(before, made.Fingerprint(_module));
            return;
        }
        var result = run.Output.Count == 1 ? run.Single() : throw new InvalidOperationException($"{string.Join('\n', run.Errors)}");
        if (!target.HoldsItsGate)
        {
            run.Error("GateRefused", ErrorCategory.InvalidResult);
            Assert.Equal(("True", "False"), (result.Text("Reverted"), result.Text("Succeeded")));
            // What was behind both of them has been taken up, as any start would.
            if (string.CompareOrdinal(rows[..3], target.Head) >= 0)
                Assert.Equal(rows, made.Rows(_module));
            Assert.Equal("", made.LeftOvers());
            return;
        }
        run.ThrowIfFailed();
        Assert.Equal(("True", target.Version, target.Head), (result.Text("Succeeded"), made.Project.AnsweringVersion, result.Text("Revision")));
        // What was written after the backup is not in it, and is kept.
        var after = strategy == "Restore" || running.Version is "0.31.0" or "0.29.0" ? 0 : 1;
        Assert.Equal(1 + after, made.Project.GatewayCount);
        Assert.Equal("", made.LeftOvers());
        Assert.Contains($"{target.Version}@sha256:", File.ReadAllText(made.Project.EnvFile), StringComparison.Ordinal);
    }

    // The rule, said once more in other words: the database's revision has to be among those of the target.
    private static (string Strategy, bool Possible) Expected(Release running, Release target, string revision)
    {
        // What the target would migrate to, the running one has to know: else there is no way back.
        if (string.CompareOrdinal(revision, target.Head) <= 0)
            return ("ImageOnly", string.CompareOrdinal(target.Head, running.Head) <= 0);
        // 018 alone refuses to be taken back.
        return (revision == "018" ? "Restore" : "Downgrade", true);
    }
}
