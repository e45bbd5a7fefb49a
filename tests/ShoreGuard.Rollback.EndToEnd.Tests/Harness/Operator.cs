using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>What an operator types, and how to look at what came back.</summary>
internal static class Operator
{
    /// <summary>Rolls a project back with a short gate, unattended.</summary>
    public static RunResult RollBack(this ModuleHost host, StandInProject project, string arguments) =>
        host.Run($"Get-ShoreGuardDeployment -Project {project.Name} | Invoke-ShoreGuardImageRollback {arguments} -GateTimeoutSec {project.GatePatience} "
            + "-StabilitySec 0.3 -Confirm:$false");

    /// <summary>The one object that came out.</summary>
    public static PSObject Single(this RunResult result)
    {
        Assert.True(result.Output.Count == 1, $"{result.Output.Count} objects came out, and these errors: {string.Join('\n', result.Errors)}");
        return result.Output[0];
    }

    /// <summary>The stand-in's own releases among those that came out; other tests publish further tags beside them.</summary>
    public static IReadOnlyList<PSObject> StandInReleases(this RunResult result) =>
        [.. result.Output.Where(release =>
            release.Texts("Tags").Any(tag => tag.StartsWith("0.", StringComparison.Ordinal) && tag.EndsWith(".0", StringComparison.Ordinal)))];

    /// <summary>The value under a path of properties, such as <c>Gate.Health.Status</c>, as text; null where there is none.</summary>
    public static string? Text(this PSObject value, string path) => value.At(path)?.ToString();

    /// <summary>The list under a path of properties; empty where there is none.</summary>
    public static IReadOnlyList<PSObject> List(this PSObject value, string path) =>
        PSObject.AsPSObject(value.At(path) ?? Array.Empty<object>()).BaseObject is System.Collections.IEnumerable list
            ? [.. list.Cast<object>().Select(PSObject.AsPSObject)] : throw new InvalidOperationException($"{path} is no list.");

    /// <summary>The list under a path of properties, as texts.</summary>
    public static IReadOnlyList<string> Texts(this PSObject value, string path) => [.. value.List(path).Select(each => each.ToString())];

    /// <summary>The value under a path of properties.</summary>
    public static object? At(this PSObject value, string path)
    {
        object? current = value;
        foreach (var name in path.Split('.'))
            current = current is null ? null : PSObject.AsPSObject(current).Properties[name]?.Value;
        return current;
    }

    /// <summary>The one error, which has everything that an error of this module has to have.</summary>
    /// <param name="result">What came out.</param>
    /// <param name="id">Its id, or several with <c>|</c> between them.</param>
    /// <param name="categories">Its category, or one for each of the ids.</param>
    public static ErrorRecord Error(this RunResult result, string id, params ErrorCategory[] categories)
    {
        var error = Assert.Single(result.Errors);
        Assert.True(id.Split('|').Contains(error.FullyQualifiedErrorId.Split(',')[0]), $"Not {id}, but {error.FullyQualifiedErrorId}: {error}");
        Assert.Contains(error.CategoryInfo.Category, categories);
        Assert.NotNull(error.TargetObject);
        Assert.False(string.IsNullOrWhiteSpace(error.ErrorDetails?.RecommendedAction), "There is no recommended action.");
        Assert.DoesNotContain(StandInProject.Password, error.ToString(), StringComparison.Ordinal);
        return error;
    }
}
