using System.Text.RegularExpressions;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Deployments;

/// <summary>The engine in memory, on which histories are tried, is held to what real engines do: the same cases, on them.</summary>
public sealed partial class ContractTests
{
    [Fact]
    public void The_engine_of_the_stack_keeps_the_contract()
    {
        Docker.Run("pull", "--quiet", $"{Stack.Repository}:0.27.0");
        AssertKept(Environment.GetEnvironmentVariable("DOCKER_HOST")!);
    }

    [Fact]
    public void An_Engine_20_10_keeps_the_contract()
    {
        using var engine = OlderEngine.Borrow();
        engine.Docker("pull", "--quiet", $"{Stack.Repository}:0.27.0");
        AssertKept(engine.Host);
    }

    private static void AssertKept(string host)
    {
        var tests = Path.Combine(Repository.Root, "tests/ShoreGuard.Rollback.Engine.Tests/bin/Release/net10.0/ShoreGuard.Rollback.Engine.Tests.dll");
        var output = Docker.RunProgram("dotnet", ["exec", tests, "-noLogo", "-noColor", "-class", "*.RealEngineContractTests"], new()
        {
            ["SHOREGUARD_TEST_CONTRACT_ENGINE"] = host,
            ["SHOREGUARD_TEST_CONTRACT_IMAGE"] = $"{Stack.Repository}:0.27.0",
        });
        Assert.Matches(Summary(), output);
    }

    [GeneratedRegex(@"Total: [1-9]\d*, Errors: 0, Failed: 0, Skipped: 0")]
    private static partial Regex Summary();
}
