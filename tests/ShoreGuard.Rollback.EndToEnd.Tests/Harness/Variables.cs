namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>Environment variables of this process until it is disposed; only for tests that run alone.</summary>
internal sealed class Variables : IDisposable
{
    private readonly List<(string Name, string? Value)> _before = [];

    public Variables(params (string Name, string? Value)[] variables)
    {
        foreach (var (name, value) in variables)
        {
            _before.Add((name, Environment.GetEnvironmentVariable(name)));
            Environment.SetEnvironmentVariable(name, value);
        }
    }

    public void Dispose()
    {
        foreach (var (name, value) in _before)
            Environment.SetEnvironmentVariable(name, value);
    }
}

/// <summary>For tests that change what all others would see.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
