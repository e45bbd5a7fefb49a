using CsCheck;
using ShoreGuard.Rollback.Engine.Operations.Downgrading;

namespace ShoreGuard.Rollback.Engine.Tests.Schema;

public sealed class MigrationGraphTests
{
    // 1 ← 2 ← 3a, 3b ← 4 (a merge), and x ← y, which depends on 2.
    private static readonly MigrationGraph Branched = new(
        [Of("4", "3a", "3b"), Of("3a", "2"), Of("3b", "2"), Of("2", "1"), Of("1"), Of("y", "x") with { DependsOn = ["2"] }, Of("x")]);

    private static Migration Of(string revision, params string[] parents) => new() { Revision = revision, Parents = parents };

    private static string Text(IEnumerable<Migration>? path) => path is null ? "none" : string.Join(' ', path.Select(migration => migration.Revision));

    [Fact]
    public void An_image_leaves_the_schema_of_its_only_head_alone_and_no_other()
    {
        var graph = new MigrationGraph([Of("017", "016"), Of("016")]);
        Assert.True(graph.Leaves("017"));
        Assert.False(graph.Leaves("016"));
        Assert.True(graph.Knows("016"));
        Assert.False(graph.Knows("018"));
        Assert.False(Branched.Leaves("4"));
        Assert.Equal(["4", "y"], Branched.Heads);
    }

    [Fact]
    public void What_is_applied_is_all_that_a_revision_builds_and_depends_on()
    {
        Assert.Equal(["1", "2", "3a"], Branched.Applied(["3a"]).Order());
        Assert.Equal(["1", "2", "x", "y"], Branched.Applied(["y"]).Order());
        Assert.Empty(Branched.Applied(["unknown"]));
    }

    [Theory]
    [InlineData("4", "3a", "4")]
    [InlineData("4", "4", "")]
    [InlineData("4", "x", "none")]
    [InlineData("3a", "3b", "none")]
    [InlineData("4 y", "x", "y")]
    public void A_downgrade_takes_back_what_builds_on_its_target_and_leaves_other_branches(string revisions, string target, string path) =>
        Assert.Equal(path, Text(Branched.DowngradePath(revisions.Split(' '), target)));

    [Fact]
    public void A_downgrade_below_a_dependency_takes_back_what_depends_on_it_first()
    {
        var path = Branched.DowngradePath(["4", "y"], "1")!.Select(migration => migration.Revision).ToList();
        Assert.Equal(["2", "3a", "3b", "4", "y"], path.Order());
        Assert.Equal("2", path[^1]);
        Assert.True(path.IndexOf("4") < path.IndexOf("3a") && path.IndexOf("4") < path.IndexOf("3b"));
    }

    [Fact]
    public void A_script_that_is_missing_is_named_and_ends_the_walk()
    {
        var graph = new MigrationGraph([Of("3", "2"), Of("1")]);
        Assert.Equal(["2"], graph.Missing);
        Assert.Equal(["1", "3"], graph.Heads);
        Assert.Equal(["3"], graph.Applied(["3"]));
    }

    [Fact]
    public void Scripts_in_a_circle_end_no_walk_never() =>
        Assert.Equal(2, new MigrationGraph([Of("1", "2"), Of("2", "1")]).DowngradePath(["1"], "2")!.Count);

    /// <summary>Random histories with merges, branches, several beginnings and dependencies: each builds on some of those before it.</summary>
    private static readonly Gen<MigrationGraph> Histories = Gen.Int[1, 14].SelectMany(count =>
        Gen.Select(Gen.Int[0, 9].Array[count * 3], Gen.Int[0, 1000].Array[count * 3], (dice, picks) =>
        {
            var migrations = new List<Migration>();
            for (var each = 0; each < count; each++)
            {
                var parents = Enumerable.Range(0, 3)
                    .Where(at => each > 0 && dice[each * 3 + at] < (at == 0 ? 9 : 2)).Select(at => $"r{picks[each * 3 + at] % each}").Distinct().ToArray();
                var dependency = each > 0 && dice[each * 3 + 2] == 9 ? new[] { $"r{picks[each * 3 + 2] % each}" }.Except(parents).ToArray() : [];
                migrations.Insert(0, Of($"r{each}", parents) with { DependsOn = dependency });
            }
            return new MigrationGraph(migrations);
        }));

    [Fact]
    public void Every_path_down_is_whole_and_in_order_and_leads_to_its_target() => Histories.Sample(graph =>
    {
        foreach (var target in graph.Migrations)
        {
            if (graph.DowngradePath(graph.Heads, target.Revision) is not { } path)
                continue;
            var left = graph.Applied(graph.Heads).ToHashSet();
            foreach (var migration in path)
            {
                // Nothing that is still applied builds or depends on what is taken back.
                Assert.DoesNotContain(graph.Migrations, other =>
                    left.Contains(other.Revision) && (other.Parents.Contains(migration.Revision) || other.DependsOn.Contains(migration.Revision)));
                Assert.True(left.Remove(migration.Revision));
            }
            Assert.DoesNotContain(graph.Migrations, other => left.Contains(other.Revision) && other.Parents.Contains(target.Revision));
            Assert.Contains(target.Revision, left);
            // And an upgrade from there is the same way back.
            Assert.Equal(
                path.Select(migration => migration.Revision).Order(), graph.UpgradePath(graph.HeadsOf(left)).Select(migration => migration.Revision).Order());
        }
    });

    [Fact]
    public void What_alembic_version_names_stands_for_all_that_is_applied() => Histories.Sample(graph =>
    {
        foreach (var migration in graph.Migrations)
        {
            var applied = graph.Applied([migration.Revision]);
            Assert.Equal([migration.Revision], graph.HeadsOf(applied));
            Assert.True(applied.SetEquals(graph.Applied(graph.HeadsOf(applied))));
        }
    });
}
