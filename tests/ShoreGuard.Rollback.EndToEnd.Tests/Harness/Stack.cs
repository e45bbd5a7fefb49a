namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>What eng/with-stack.sh has started for the tests.</summary>
internal static class Stack
{
    /// <summary>The repository of the stand-in images in the local registry.</summary>
    public static string Repository => Require("SHOREGUARD_TEST_REPOSITORY");

    /// <summary>An image that serves PostgreSQL 17.</summary>
    public static string DatabaseImage => Require("SHOREGUARD_TEST_DATABASE_IMAGE");

    /// <summary>An image of Caddy.</summary>
    public static string ProxyImage => Require("SHOREGUARD_TEST_PROXY_IMAGE");

    /// <summary>The program of Compose 1. Few systems still have it: without it a test is skipped, in CI too.</summary>
    public static string FirstCompose
    {
        get
        {
            _ = Repository;
            var program = Environment.GetEnvironmentVariable("SHOREGUARD_TEST_COMPOSE1");
            Assert.SkipWhen(string.IsNullOrEmpty(program), "There is no Compose 1 here.");
            return program!;
        }
    }

    /// <summary>A variable of the stack. Without it a test is skipped, but fails in CI, where the stack has to be there.</summary>
    public static string Require(string variable)
    {
        var value = Environment.GetEnvironmentVariable(variable);
        if (!string.IsNullOrEmpty(value))
            return value;
        var reason = $"{variable} is not set: run this under eng/with-stack.sh";
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail(reason);
        Assert.Skip(reason);
        return "";
    }
}
