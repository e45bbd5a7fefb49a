using System.Text.RegularExpressions;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Documentation;

/// <summary>Every command that the README, the guides and the help show.</summary>
internal static partial class Examples
{
    /// <summary>Where it stands, and the command.</summary>
    public static IEnumerable<(string Source, string Command)> All()
    {
        foreach (var page in Directory.GetFiles(Path.Combine(Repository.Root, "docs", "reference"), "*.md")
            .Append(Path.Combine(Repository.Root, "README.md")).Order(StringComparer.Ordinal))
        {
            // A page's syntax is no command; its examples begin with a verb of ours, or with a statement around one.
            var blocks = Block().Matches(File.ReadAllText(page)).Select(match => match.Groups["code"].Value);
            foreach (var command in blocks.SelectMany(Commands).Where(command => !command.Contains('[', StringComparison.Ordinal)))
                yield return (Path.GetFileName(page), command);
        }
        var topic = File.ReadAllText(Path.Combine(Repository.Root, "docs", "about_ShoreGuard.Rollback.help.txt"));
        foreach (Match line in TopicCommand().Matches(topic))
            yield return ("about_ShoreGuard.Rollback", line.Groups["code"].Value.Trim());
    }

    private static IEnumerable<string> Commands(string block) =>
        block.Split('\n').Select(line => line.Trim()).Where(line => line.Contains("ShoreGuard", StringComparison.Ordinal) && !line.StartsWith('#'));

    [GeneratedRegex(@"^```powershell\n(?<code>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();

    [GeneratedRegex(@"^      (?<code>(?:Get|Test|Invoke|Backup|Restore|Block|Unblock)-ShoreGuard\w+ .*-.*|Get-ShoreGuardDeployment \|.*)$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex TopicCommand();
}
