using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Tests;

/// <summary>What SECURITY.md names as a guard is in the source, and what it names as a proof is a test.</summary>
public sealed partial class SecurityPageTests
{
    private static readonly string[] Sources = Texts("src");
    private static readonly string[] Tests = Texts("tests");
    private static readonly IReadOnlyList<(string Row, string Guard, string Proof)> Rows = [.. ReadRows()];

    [Fact]
    public void Every_row_has_a_guard_and_a_proof()
    {
        Assert.NotEmpty(Rows);
        Assert.DoesNotContain(Rows, row => !Names(row.Guard).Any() || !Names(row.Proof).Any());
    }

    [Fact]
    public void Every_guard_is_in_the_source() =>
        Assert.Equal([], Rows.SelectMany(row => Names(row.Guard)).Distinct().Where(name => !IsInSource(name)));

    [Fact]
    public void Every_proof_is_a_test() =>
        Assert.Equal([], Rows.SelectMany(row => Names(row.Proof)).Distinct().Where(name => !IsTest(name)));

    [Fact]
    public void Every_path_and_every_test_in_the_text_is_there()
    {
        var page = Page();
        Assert.Equal([],
            Quoted().Matches(page).Select(match => match.Groups[1].Value)
            .Where(text => text.StartsWith("tests/", StringComparison.Ordinal) && !Path.Exists(Path.Combine(Repository.Root, text))));
        Assert.Equal([], Quoted().Matches(page).Select(match => match.Groups[1].Value).Where(text => TestClass().IsMatch(text) && !IsTest(text)));
    }

    private static string Page() => File.ReadAllText(Path.Combine(Repository.Root, "SECURITY.md"));

    private static string[] Texts(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
            .Select(File.ReadAllText)];

    // Of every table: the column before the last is the guard or the reader, the last one the proof. A row with nothing there is a heading.
    private static IEnumerable<(string Row, string Guard, string Proof)> ReadRows()
    {
        var lines = Page().Split('\n').Select(line => line.TrimEnd('\r')).ToArray();
        for (var at = 2; at < lines.Length; at++)
        {
            if (!lines[at].StartsWith('|') || !lines[at - 1].StartsWith('|') || lines[at].StartsWith("|--", StringComparison.Ordinal))
                continue;
            var cells = lines[at].Trim('|').Split('|', StringSplitOptions.TrimEntries);
            Assert.True(cells.Length >= 2, lines[at]);
            if (cells[^1].Length > 0 || cells[^2].Length > 0)
                yield return (lines[at], cells[^2], cells[^1]);
        }
    }

    private static IEnumerable<string> Names(string cell) => Quoted().Matches(cell).Select(match => match.Groups[1].Value).Where(text => Name().IsMatch(text));

    private static bool IsInSource(string name)
    {
        var (type, member) = Split(name);
        return Declaring(Sources, type).ToArray() is { Length: > 0 } files && (member is null || files.Any(text => Regex.IsMatch(text, $@"\b{member}\b")));
    }

    private static bool IsTest(string name)
    {
        var (type, method) = Split(name);
        return Declaring(Tests, type).Any(text => Marked(text).Any(marked => method is null || marked == method));
    }

    private static (string Type, string? Member) Split(string name) => name.Split('.') is [var type, var member] ? (type, member) : (name, null);

    private static IEnumerable<string> Declaring(string[] texts, string type) =>
        texts.Where(text => Regex.IsMatch(text, $@"\b(class|record|struct|interface|enum) {type}\b"));

    // The methods that are facts or theories.
    private static IEnumerable<string> Marked(string text)
    {
        var isMarked = false;
        foreach (var line in text.Split('\n').Select(line => line.Trim()))
        {
            if (line.StartsWith("[Fact", StringComparison.Ordinal) || line.StartsWith("[Theory", StringComparison.Ordinal))
                isMarked = true;
            else if (Method().Match(line) is { Success: true } method)
            {
                if (isMarked)
                    yield return method.Groups[1].Value;
                isMarked = false;
            }
        }
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\A[A-Z]\w*(\.\w+)?\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[A-Z]\w*Tests(\.\w+)?\z")]
    private static partial Regex TestClass();

    [GeneratedRegex(@"\Apublic (?:async )?(?:void|Task) (\w+)\(")]
    private static partial Regex Method();
}
