using System.Text.Json.Nodes;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Documentation;

/// <summary>What the README promises first: a bad release, rolled back on a real stack.</summary>
public sealed class DemoTests
{
    [Theory]
    [InlineData("sqlite")]
    [FullData("postgres")]
    public async Task The_demo_rolls_back_and_says_so(string database)
    {
        _ = Stack.Repository;
        var (output, exitCode) = await Pwsh.Run($"& '{Repository.Root}/eng/demo.ps1' -Database {database}; exit $LASTEXITCODE");

        Assert.True(exitCode == 0, output);
        var summary = JsonNode.Parse(
            await File.ReadAllTextAsync(Path.Combine(Repository.Root, "out", "demo", "summary.json"), TestContext.Current.CancellationToken))!;
        Assert.Equal(database, (string?)summary["database"]);
        Assert.Equal(0, (int)summary["failures"]!);
        Assert.All(summary["steps"]!.AsArray(), step => Assert.True((bool)step!["holds"]!, (string?)step["expectation"]));
        Assert.Equal("0.27.0", (string?)summary["identity"]!["version"]);
        Assert.Equal(3, (int)summary["gateways"]!);
        foreach (var (name, strategy) in new[] { ("imageOnly", "ImageOnly"), ("downgrade", "Downgrade"), ("restore", "Restore") })
            Assert.Equal((strategy, "016"), ((string?)summary[name]!["strategy"], (string?)summary[name]!["revision"]));
        Assert.True((double)summary["restore"]!["outageSeconds"]! > 0);
    }
}
