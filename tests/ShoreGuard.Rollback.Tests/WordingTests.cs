using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Tests;

/// <summary>Rules for what the module says, kept where it is written.</summary>
public sealed partial class WordingTests
{
    private static readonly string[] Lines = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        .SelectMany(path => File.ReadLines(path).Select((line, at) => $"{Path.GetFileName(path)}:{at + 1}: {line.Trim()}"))
        .Where(line => !line.Contains(": //", StringComparison.Ordinal))];

    [Fact]
    public void Advice_names_the_deployment_that_it_is_about() =>
        // Piped without a name, a command acts on everything that runs on the engine.
        Assert.DoesNotContain(Lines, line => line.Contains("Get-ShoreGuardDeployment |", StringComparison.Ordinal));

    [Fact]
    public void Numbers_and_times_are_written_in_no_culture()
    {
        Assert.NotEmpty(Lines);
        Assert.DoesNotContain(Lines, line => Formatted().IsMatch(line) && !line.Contains("Invariant", StringComparison.Ordinal));
    }

    // In an interpolated string: a format for a number with a fraction, or for a time.
    [GeneratedRegex(@"\$"".*\{[^{}""]+:(0\.[0#]+|F\d|N\d?|[yMdHmT:'\- ]*(yyyy|HH)[^}]*)\}")]
    private static partial Regex Formatted();
}
