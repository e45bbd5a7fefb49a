namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>What eng/with-stack.sh has started for the benchmarks.</summary>
internal static class Stack
{
    public static bool IsThere => Environment.GetEnvironmentVariable("SHOREGUARD_TEST_REPOSITORY") is not null;
    public static string Repository => Require("SHOREGUARD_TEST_REPOSITORY");
    public static string DatabaseImage => Require("SHOREGUARD_TEST_DATABASE_IMAGE");
    public static string ProxyImage => Require("SHOREGUARD_TEST_PROXY_IMAGE");

    public static string Postgres => Require("SHOREGUARD_TEST_POSTGRES");
    public static string PostgresTools => Require("SHOREGUARD_TEST_POSTGRES_BIN");

    public static string Require(string variable) =>
        Environment.GetEnvironmentVariable(variable) ?? throw new InvalidOperationException($"{variable} is not set: run this under eng/with-stack.sh.");
}
