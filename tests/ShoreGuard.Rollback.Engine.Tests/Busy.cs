namespace ShoreGuard.Rollback.Engine.Tests;

/// <summary>Tests that take every processor for a minute: after all others, some of which look at clocks.</summary>
[CollectionDefinition(nameof(Busy), DisableParallelization = true)]
public sealed class Busy;
