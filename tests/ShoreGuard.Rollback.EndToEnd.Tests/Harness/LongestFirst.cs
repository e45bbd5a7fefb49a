using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(ShoreGuard.Rollback.EndToEnd.Tests.LongestFirst))]

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>Begins the collections that take the longest first, so that a run does not end with one of them alone.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long = ["CaseTests", "ExampleTests", "RollbackTests", "PostgresKillTests", "KillTests", "FaultTests",
        "RealApplicationTests", "LossTests"];

    /// <inheritdoc/>
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(
            collection =>
            Array.FindIndex(Long, name =>
            collection.TestCollectionDisplayName.Contains($".{name} ", StringComparison.Ordinal)) switch { < 0 => int.MaxValue, var place => place })];
}
