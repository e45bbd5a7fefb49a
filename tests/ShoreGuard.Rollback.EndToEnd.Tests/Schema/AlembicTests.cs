using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Schema;

/// <summary>The graph against Alembic itself, over random histories.</summary>
public sealed class AlembicTests
{
    private const int Histories = 600;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    // For every history and every revision: what Alembic's own map says.
    private const string Oracle = """
        import json, sys
        from alembic.script.revision import Revision, RevisionMap, RevisionError
        out = []
        for history in json.load(sys.stdin):
            map_ = RevisionMap(lambda: [Revision(each["revision"], tuple(each["parents"]) or None, dependencies=tuple(each["dependsOn"]) or None) for each in history["migrations"]])
            def down(target):
                try:
                    return [each.revision for each in map_.iterate_revisions(tuple(history["current"]), target, select_for_downgrade=True)]
                except Exception as error:
                    return None
            def names(nodes):
                return sorted({each.revision for each in nodes})
            current = map_.get_revisions(tuple(history["current"]))
            applied = {each.revision for each in map_._get_ancestor_nodes(current, include_dependencies=True, check=False)}
            out.append({
                "heads": sorted(map_.heads),
                "applied": sorted(applied),
                "down": {each["revision"]: down(each["revision"]) for each in history["migrations"]},
                "up": sorted({each.revision for each in map_.iterate_revisions("heads", tuple(history["current"]), implicit_base=True)}),
            })
        print(json.dumps(out))
        """;

    [Fact]
    public void Heads_what_is_applied_and_every_path_are_Alembics_own()
    {
        var contracts = System.Reflection.Assembly.LoadFrom(Path.Combine(Repository.Layout, "ShoreGuard.Rollback.Contracts.dll"));
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var histories = Enumerable.Range(0, Histories).Select(_ => History(random)).ToArray();
        var graphs = histories.Select(history => Graph(contracts, history)).ToList();
        for (var at = 0; at < Histories; at++)
            histories[at]["current"] = new JsonArray([.. Current(graphs[at], random).Select(revision => JsonValue.Create(revision))]);
        var answers = Ask(new JsonArray([.. histories]).ToJsonString());
        var paths = 0;
        for (var at = 0; at < Histories; at++)
        {
            dynamic graph = graphs[at];
            var (answer, current) = (answers[at]!, Texts(histories[at]["current"]));
            var what = $"seed {seed}, history {at}: {histories[at]}";
            Assert.True(Texts(answer["heads"]).SequenceEqual((IEnumerable<string>)graph.Heads), what);
            Assert.True(Texts(answer["applied"]).SequenceEqual(((IEnumerable<string>)graph.Applied(current)).Order(StringComparer.Ordinal)), what);
            Assert.True(Texts(answer["up"]).SequenceEqual(((IEnumerable<object>)graph.UpgradePath(current)).Select(Revision).Order(StringComparer.Ordinal)),
                what);
            foreach (var (target, theirs) in answer["down"]!.AsObject())
            {
                var ours = ((IEnumerable<object>?)graph.DowngradePath(current, target))?.Select(Revision).Order(StringComparer.Ordinal).ToList();
                var expected = theirs is null ? null : Texts(theirs).Order(StringComparer.Ordinal).ToList();
                Assert.True(ours is null == expected is null
                    && (ours is null || ours.SequenceEqual(expected!)),
                    $"{what}: to {target}: Alembic {theirs?.ToJsonString() ?? "refuses"}, here {(ours is null ? "refused" : string.Join(' ', ours))}");
                paths += expected?.Count > 0 ? 1 : 0;
            }
        }
        Assert.True(paths > Histories, $"only {paths} paths were compared");
    }

    private static JsonObject History(Random random)
    {
        var migrations = new JsonArray();
        var count = random.Next(1, 16);
        for (var each = 0; each < count; each++)
        {
            var parents = Picks(each, random.Next(10) switch { 0 => 0, < 8 => 1, 8 => 2, _ => 3 }).ToList();
            var dependsOn = Picks(each, random.Next(6) == 0 ? 1 : 0).Except(parents).ToList();
            migrations.Insert(0, new JsonObject { ["revision"] = $"r{each:00}", ["parents"] = Array(parents), ["dependsOn"] = Array(dependsOn) });
        }
        return new JsonObject { ["migrations"] = migrations };

        IEnumerable<string> Picks(int below, int number) =>
            below == 0 ? [] : Enumerable.Range(0, number).Select(_ => $"r{random.Next(Math.Max(0, below - 4), below):00}").Distinct();
    }

    // What alembic_version may name: some revisions of which none is below another.
    private static string[] Current(object history, Random random)
    {
        dynamic graph = history;
        var all = ((IEnumerable<object>)graph.Migrations).Select(Revision).ToArray();
        var picked = all.Where(_ => random.Next(3) == 0).DefaultIfEmpty(all[0]).ToArray();
        return [.. (IEnumerable<string>)graph.HeadsOf(graph.Applied(picked))];
    }

    private static object Graph(System.Reflection.Assembly contracts, JsonObject history)
    {
        var migration = contracts.GetType("ShoreGuard.Rollback.Migration")!;
        return Activator.CreateInstance(
            contracts.GetType("ShoreGuard.Rollback.MigrationGraph")!, history["migrations"].Deserialize(migration.MakeArrayType(), Json), null)!;
    }

    private static JsonArray Ask(string histories)
    {
        var folder = Directory.CreateTempSubdirectory("sgtest-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "histories.json"), histories);
            File.WriteAllText(
                Path.Combine(folder.FullName, "oracle.py"), Oracle.Replace("sys.stdin", "open('/histories/histories.json')", StringComparison.Ordinal));
            var output = Docker.Run("run", "--rm", "--network", "none", "--user", "0", "--volume", $"{folder.FullName}:/histories:ro", "--entrypoint",
                "python3", $"{Stack.Repository}:0.27.0", "-W", "ignore", "/histories/oracle.py");
            return JsonNode.Parse(output.Split('\n').First(line => line.StartsWith('[')))!.AsArray();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Revision(object migration) => (string)((dynamic)migration).Revision;

    private static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);

    private static List<string> Texts(JsonNode? array) => [.. array!.AsArray().Select(each => (string)each!)];
}
