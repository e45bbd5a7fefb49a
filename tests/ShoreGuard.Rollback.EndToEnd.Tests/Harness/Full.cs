using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>Tests that only <c>./build.sh test -Full</c> runs: an ordinary run proves the same promise by fewer cases.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class FullAttribute : Attribute, ITraitAttribute
{
    /// <summary>What the build leaves out of an ordinary run.</summary>
    internal const string Trait = "Run", Value = "Full";

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [KeyValuePair.Create(Trait, Value)];
}

/// <summary>A row of a theory that only <c>./build.sh test -Full</c> runs; the ordinary rows are <c>InlineData</c>.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class FullDataAttribute : DataAttribute
{
    private readonly object?[] _data;

    public FullDataAttribute(params object?[] data) => _data = data;

    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([new TheoryDataRow(_data) { Traits = new() { [FullAttribute.Trait] = [FullAttribute.Value] } }]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
