using System.Text;
using CsCheck;
using ShoreGuard.Rollback.Engine.State;

namespace ShoreGuard.Rollback.Engine.Tests.State;

/// <summary>The list that several machines share: what is written is read again, nothing is lost, and nothing is passed over.</summary>
public sealed class SharedBlocklistTests : IDisposable
{
    private const string Sha = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334";
    private static readonly string Digest = $"sha256:{new string('5', 64)}";
    private static readonly DateTimeOffset At = new(2026, 11, 22, 3, 12, 8, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-blocklist-").FullName;

    private StateStore Shared => new(Path.Combine(_folder, "state"), List);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string List => Path.Combine(_folder, "blocklist.jsonl");

    private static BlockedImage Image(string? sha = Sha, string? digest = null, string reason = "it is bad") =>
        new() { GitSha = sha, Digest = digest, Version = "0.28.0", Reason = reason, BlockedAt = At, BlockedBy = "operator" };

    private static string Line(string sha, string more = "") =>
        $$"""{"gitSha":"{{sha}}","reason":"it is bad","blockedAt":"2026-11-22T03:12:08.0000000Z","blockedBy":"operator"{{more}}}""";

    [Fact]
    public void What_is_written_is_one_object_a_line_in_order_without_a_bom()
    {
        Shared.Blocklist.Add(Image("b000000"));
        Shared.Blocklist.Add(Image("a000000", Digest));
        Assert.Equal(
            $$"""
            {"gitSha":"a000000","digest":"{{Digest}}","version":"0.28.0","reason":"it is bad","blockedAt":"2026-11-22T03:12:08.0000000Z","blockedBy":"operator"}
            {"gitSha":"b000000","version":"0.28.0","reason":"it is bad","blockedAt":"2026-11-22T03:12:08.0000000Z","blockedBy":"operator"}

            """.ReplaceLineEndings("\n"), Encoding.UTF8.GetString(File.ReadAllBytes(List)));
        Assert.Equal([List], Directory.GetFiles(_folder));
        Assert.False(Directory.Exists(Path.Combine(_folder, "state")));
    }

    // Whatever a reason says, and whoever gives it.
    [Fact]
    public void Whatever_is_written_is_read_again() => Gen.Select(Gen.String, Gen.String, Gen.String.Null(), Gen.DateTime).Array[0, 6].Sample(entries =>
    {
        var images = entries.Select((entry, at) => new BlockedImage
        {
            GitSha = $"{at:x7}",
            Digest = at % 2 == 0 ? Digest : null,
            Reason = Whole(entry.Item1),
            BlockedBy = Whole(entry.Item2),
            Image = entry.Item3 is { } image ? Whole(image) : null,
            BlockedAt = new(entry.Item4.Ticks, TimeSpan.Zero),
            BlocklistPath = "x",
        }).ToList();
        var written = BlocklistText.Write(images.Select(image => new BlocklistText.Line(image)));
        var read = BlocklistText.Read("x", written);
        Assert.Equal(images.OrderBy(image => image.GitSha), read.Select(line => line.Image).OrderBy(image => image.GitSha));
        Assert.Equal(written, BlocklistText.Write(read));
        Assert.Equal(images.Count, written.Count(each => each == (byte)'\n'));
    }, iter: 300);

    // Half a surrogate pair is no text, and is not written as one.
    private static string Whole(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void Any_bytes_are_entries_or_an_error_of_ours() => Gen.OneOf(
        Foreign.Json("gitSha", "digest", "version", "image", "reason", "blockedAt", "blockedBy"), Foreign.Broken($"{Line("a000000")}\n{Line("b000000")}\n"))
        .Sample(bytes =>
    {
        try
        {
            _ = BlocklistText.Read("x", bytes);
        }
        catch (ShoreGuardException error)
        {
            Assert.Equal("BlocklistUnreadable", error.Id);
        }
    }, iter: 500);

    [Theory]
    [InlineData("<<<<<<< HEAD", "it is a mark of a merge conflict")]
    [InlineData("=======", "it is a mark of a merge conflict")]
    [InlineData("nonsense", "it is no JSON")]
    [InlineData("[1]", "it is no JSON object")]
    [InlineData("""{"reason":"x","blockedAt":"2026-11-22T03:12:08Z","blockedBy":"x"}""", "it has neither a digest nor a gitSha")]
    [InlineData("""{"gitSha":"a1b2","reason":"x","blockedAt":"2026-11-22T03:12:08Z","blockedBy":"x"}""", "its gitSha is not seven hexadecimal digits")]
    [InlineData("""{"digest":"sha256:1","reason":"x","blockedAt":"2026-11-22T03:12:08Z","blockedBy":"x"}""", "its digest is not sha256:")]
    [InlineData("""{"gitSha":"a1b2c3d","reason":7,"blockedAt":"2026-11-22T03:12:08Z","blockedBy":"x"}""", "its reason is not a text")]
    [InlineData("""{"gitSha":"a1b2c3d","reason":"x","blockedAt":"yesterday, or so","blockedBy":"x"}""", "its blockedAt is no time")]
    [InlineData("""{"gitSha":"a1b2c3d","gitSha":"b1b2c3d","reason":"x","blockedAt":"2026-11-22T03:12:08Z","blockedBy":"x"}""",
        "it is no JSON in which every name occurs once")]
    [InlineData("long", "it is longer than 64 KiB")]
    public void A_line_that_cannot_be_read_is_told_with_its_number_and_nothing_is_written(string line, string why)
    {
        var content = $"{Line("a000000")}\n\n{(line == "long" ? Line("b000000", $",\"x\":\"{new string('x', 70_000)}\"") : line)}\n{Line("c000000")}\n";
        File.WriteAllText(List, content);
        foreach (var call in (Action[])[() => Shared.Blocklist.All(), () => Shared.Blocklist.Find(Digest, Sha), () => Shared.Blocklist.Add(Image()),
            () => Shared.Blocklist.Remove(null, "a000000", null)])
        {
            var error = Assert.Throws<ShoreGuardException>(call);
            Assert.Equal(("BlocklistUnreadable", FailureKind.InvalidData, (object)List), (error.Id, error.Kind, error.Target!));
            Assert.StartsWith($"Line 3 of the blocklist {List} cannot be read: {why}", error.Message, StringComparison.Ordinal);
        }
        Assert.Equal(content, File.ReadAllText(List));
        Assert.Equal([List], Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_file_of_ten_megabytes_is_refused()
    {
        File.WriteAllText(List, new string('x', 10_000_000));
        var error = Assert.Throws<ShoreGuardException>(() => Shared.Blocklist.All());
        Assert.Equal("BlocklistNotReadable", error.Id);
        Assert.Contains("longer than 4 MiB", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_editor_and_a_newer_version_have_written_is_read_and_kept()
    {
        File.WriteAllText(List, $"\uFEFF{Line("a000000", ",\"until\":{\"day\":[1,2]},\"by\":null")}\r\n   \r\n{Line("b000000")}", new UTF8Encoding(false));
        Assert.Equal(2, Shared.Blocklist.All().Count);
        Shared.Blocklist.Add(Image("a000000", reason: "still"));
        var entry = Assert.Single(File.ReadAllLines(List), line => line.Contains("a000000", StringComparison.Ordinal));
        Assert.Contains("\"reason\":\"still\"", entry, StringComparison.Ordinal);
        Assert.EndsWith(",\"by\":null,\"until\":{\"day\":[1,2]}}", entry, StringComparison.Ordinal);
        Assert.Equal((byte)'{', File.ReadAllBytes(List)[0]);
    }

    [Fact]
    public void Journal_and_list_are_read_together_and_freed_together()
    {
        // By a machine that knows of no list.
        new StateStore(Path.Combine(_folder, "state")).Blocklist.Add(Image(reason: "in the journal") with { BlockedAt = At.AddHours(1) });
        Assert.False(File.Exists(List));
        Shared.Blocklist.Add(Image(Sha[..8], reason: "in the list"));
        Assert.Equal([("in the journal", null), ("in the list", List)], Shared.Blocklist.Find(null, Sha).Select(entry => (entry.Reason, entry.BlocklistPath)));
        Assert.Equal(2, Shared.Blocklist.Remove(null, Sha, null).Count);
        Assert.Empty(Shared.Blocklist.All());
        Assert.Equal("", File.ReadAllText(List));
    }

    [Fact]
    public async Task Of_many_who_write_at_once_nobody_loses_an_entry()
    {
        await Parallel.ForAsync(0, 24, async (number, _) =>
        {
            await Task.Yield();
            Shared.Blocklist.Add(Image($"{number:x7}"));
        });
        Assert.Equal(24, Shared.Blocklist.All().Count);
        Assert.Equal([List], Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_share_that_is_not_there_is_an_error_and_a_list_that_is_not_there_is_empty()
    {
        Assert.Empty(Shared.Blocklist.All());
        Assert.Empty(Directory.GetFiles(_folder));
        var away = new StateStore(Path.Combine(_folder, "state"), Path.Combine(_folder, "share", "blocklist.jsonl")).Blocklist;
        Assert.Equal("BlocklistNotReadable", Assert.Throws<ShoreGuardException>(() => away.All()).Id);
        Assert.Equal("BlocklistNotWritable", Assert.Throws<ShoreGuardException>(() => away.Add(Image())).Id);
    }
}
