using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using ShoreGuard.Rollback.Engine.Incidents;

namespace ShoreGuard.Rollback.Engine.Tests.Incidents;

/// <summary>A report is what we made of it, whatever texts are in it.</summary>
public sealed partial class IncidentReportTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 3, 12, 8, TimeSpan.Zero);

    private static readonly Gen<string> Foreign = Gen.OneOf(
        Gen.String[Gen.Char, 0, 60],
        Gen.String["<>&\"'`|[]()!#@*_\\\n\r\t-+=~:/.$%{} ax1"],
        Gen.OneOf("<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "]]>", "</pre><b>", "--><!--", "&lt;b&gt;", "``` text", "`a``b`",
        "![x](http://a/b)", "www.example.com",
            "http://example.com", "@everyone", "#1", "a | b", "- [x] done", "1. one", "# head", "\u202Eabc", "\u001b[31mred", "{{ x }}", "' onload='x",
            "</style><script>", "<!DOCTYPE"));

    [Fact]
    public void The_page_has_the_same_markup_whatever_the_texts_say()
    {
        var expected = Markup(IncidentExport.Write(Make("plain"), IncidentFormat.Html));
        // Whether a cell may be broken follows from its length.
        Foreign.Where(text => text.Trim().Length > 0).Sample(text => Assert.Equal(expected, Markup(IncidentExport.Write(Make(text), IncidentFormat.Html))));
    }

    [Fact]
    public void The_page_loads_nothing_and_runs_nothing()
    {
        var page = IncidentExport.Write(Make("http://example.com/x.png"), IncidentFormat.Html);
        Assert.DoesNotMatch(@"<(script|link|img|iframe|object|embed|base|form|a)\b", page);
        Assert.DoesNotMatch(@"\bon[a-z]+=|url\(|@import|src=|href=", Encoded().Replace(page, ""));
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
    }

    [Fact]
    public void In_Markdown_what_is_not_plain_words_is_code() => Foreign.Sample(text =>
    {
        var markdown = IncidentExport.Write(Make(text), IncidentFormat.Markdown);
        var rest = Code().Replace(markdown, "");
        Assert.DoesNotMatch(@"[<>@*_~`!\\]|://|www\.", rest.Replace("**rolled back**", "", StringComparison.Ordinal));
        Assert.DoesNotContain(rest, each => char.IsControl(each) && each != '\n');
    });

    [Fact]
    public void In_Markdown_each_row_of_a_table_has_as_many_cells_as_its_head() => Foreign.Sample(text =>
    {
        var cells = 0;
        foreach (var line in IncidentExport.Write(Make(text), IncidentFormat.Markdown).Split('\n'))
        {
            if (!line.StartsWith("| ", StringComparison.Ordinal))
            {
                cells = line.StartsWith("| ---", StringComparison.Ordinal) || line.StartsWith('|') ? cells : 0;
                continue;
            }
            var bars = Bar().Count(line);
            Assert.Equal(cells == 0 ? bars : cells, bars);
            cells = bars;
        }
    });

    [Fact]
    public void The_JSON_has_every_text_as_it_is() => Gen.String[Gen.Char['\0', '\ud7ff'], 0, 60].Sample(text =>
    {
        using var json = JsonDocument.Parse(IncidentExport.Write(Make(text), IncidentFormat.Json));
        Assert.Equal(text, json.RootElement.GetProperty("Symptom").GetProperty("Explanation").GetString());
        Assert.Equal("Succeeded", json.RootElement.GetProperty("State").GetString());
    });

    [Fact]
    public void Ten_megabytes_of_text_are_cut()
    {
        var endless = new string('x', 10_000_000);
        Assert.InRange(IncidentExport.Write(Make(endless), IncidentFormat.Html).Length, 10_000, 150_000);
        Assert.InRange(IncidentExport.Write(Make(endless), IncidentFormat.Markdown).Length, 10_000, 150_000);
    }

    [Fact]
    public void Everything_in_the_picture_is_inside_it_and_later_is_further_to_the_right()
    {
        var spans = Gen.Select(Gen.Double[0, 1e6], Gen.Double[0, 1e5], Gen.Int[0, 2], Gen.Int[0, 7]).Array[1, 9];
        spans.Sample(given =>
        {
            var events = given.Select(each => new IncidentEvent
            {
                Kind = (IncidentEventKind)each.Item4,
                Text = "x",
                At = Now.AddSeconds(each.Item1),
                EndedAt = each.Item3 == 1 ? Now.AddSeconds(each.Item1 + each.Item2) : null,
                GoesOn = each.Item3 == 2,
            }).ToList();
            foreach (var width in new[] { 340, 1000 })
            {
                var bars = Bars().Matches(ReportTimeline.Draw(events, width, "wide")).Select(bar => (X: Number(bar, 1), Width: Number(bar, 2))).ToList();
                Assert.All(bars, bar => Assert.InRange(bar.X + bar.Width, 0, width));
                var marks = Starts().Matches(ReportTimeline.Draw(events, width, "wide")).Select(mark => Number(mark, 1)).ToList();
                Assert.Equal(events.Count, marks.Count);
                foreach (var (earlier, later) in events.Zip(marks).OrderBy(pair => pair.First.At).Select(pair => pair.Second).Pairwise())
                    Assert.True(earlier <= later + 0.11, $"{earlier} is right of {later}");
            }
        });
    }

    [Fact]
    public void A_report_is_written_whole_or_not_at_all()
    {
        var folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;
        try
        {
            var file = Path.Combine(folder, "incident.html");
            IncidentExport.Save(Make("x"), IncidentFormat.Html, file, replaces: false);
            File.WriteAllText(file, "mine");
            Assert.Equal(
                "ReportExists", Assert.Throws<ShoreGuardException>(() => IncidentExport.Save(Make("x"), IncidentFormat.Html, file, replaces: false)).Id);
            Assert.Equal("mine", File.ReadAllText(file));
            IncidentExport.Save(Make("x"), IncidentFormat.Html, file, replaces: true);
            Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(file), StringComparison.Ordinal);
            Assert.Equal(
                "ReportIsFolder", Assert.Throws<ShoreGuardException>(() => IncidentExport.Save(Make("x"), IncidentFormat.Html, folder, replaces: true)).Id);
            Assert.Equal("ReportNotWritable",
                Assert.Throws<ShoreGuardException>(() =>
                IncidentExport.Save(Make("x"), IncidentFormat.Html, Path.Combine(folder, "no", "x.html"), replaces: true)).Id);
            Assert.Equal([file], Directory.EnumerateFileSystemEntries(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("x.md", IncidentFormat.Markdown)]
    [InlineData("x.HTML", IncidentFormat.Html)]
    [InlineData("x.json", IncidentFormat.Json)]
    public void The_name_says_the_format(string name, IncidentFormat format) => Assert.Equal(format, IncidentExport.FormatOf(null, name));

    [Fact]
    public void A_name_that_says_none_is_refused() =>
        Assert.Equal("ReportFormatUnknown", Assert.Throws<ShoreGuardException>(() => IncidentExport.FormatOf(null, "x.pdf")).Id);

    private static double Number(Match match, int group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    // The tags and the names of their attributes, without what they say.
    private static string Markup(string html) =>
        string.Join('\n',
        Tag().Matches(html).Select(tag => Value().Replace(tag.Value, "=").Replace(" class= data-label=", " data-label=", StringComparison.Ordinal)));

    private static Incident Make(string text) => new()
    {
        Id = "7c1e55aa",
        Name = text,
        DockerHost = text,
        State = RollbackState.Succeeded,
        From = new() { Image = text, Digest = text, Version = text, GitSha = text },
        To = new() { Image = text, Version = text },
        Symptom = new()
        {
            Status = HealthStatus.NotReady, Diagnosis = Diagnosis.ImageSuspected, Explanation = text, Log = [text, text],
            Checks = [new() { Name = text, State = CheckState.Dead, Message = text, AgeSec = 3 }],
        },
        Times = new() { DeployedAt = Now.AddHours(-1), SymptomSince = Now.AddMinutes(-2), SymptomKnownBy = text, StartedAt = Now, EndedAt = Now.AddSeconds(9),
        Outage = TimeSpan.FromSeconds(1) },
        Decisions = [new() { About = text, Choice = text, Reason = text }],
        Steps = [new() { Number = 1, Name = text, StartedAt = Now, EndedAt = Now.AddSeconds(1), Outcome = StepOutcome.Done, Detail = text }],
        Loss = new() { IsKnown = true, Dropped = [new() { Revision = text, Table = text, Column = text, Rows = 3 }] },
        Kept = [new() { What = text, Command = text }],
        FollowUps = [text],
        Notes = [new() { At = Now, By = text, Text = text }],
        Events = [new() { Kind = IncidentEventKind.Deploy, Text = text, At = Now.AddHours(-1) },
        new() { Kind = IncidentEventKind.Outage, Text = text, At = Now, EndedAt = Now.AddSeconds(1) }],
    };

    [GeneratedRegex(@"<[!/a-zA-Z][^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex("=\"[^\"]*\"")]
    private static partial Regex Value();

    // Between tags; what stands there cannot be markup once its angle brackets are written as entities.
    [GeneratedRegex(@">[^<]*<")]
    private static partial Regex Encoded();

    [GeneratedRegex(@"(?ms)^````*text$.*?^````*$|(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)")]
    private static partial Regex Code();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Bar();

    [GeneratedRegex("<rect class=\"mark[^\"]*\" x=\"([0-9.]+)\" y=\"[0-9.]+\" width=\"([0-9.]+)\"")]
    private static partial Regex Bars();

    [GeneratedRegex("<(?:rect class=\"mark[^\"]*\" x=\"|path class=\"mark\" d=\"M)([0-9.]+)")]
    private static partial Regex Starts();
}

file static class Neighbours
{
    public static IEnumerable<(T Earlier, T Later)> Pairwise<T>(this IEnumerable<T> items) => items.Zip(items.Skip(1));
}
