using ShoreGuard.Rollback.Engine.Schema;

namespace ShoreGuard.Rollback.Engine.Tests.Schema;

public sealed class ProbeAnswerTests : IDisposable
{
    private const string Id = "sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private const string Linear = """{"migrations":[{"revision":"017","parents":["016"],"downgrade":"Refuses","downgradeReason":"no","upgradeOperations":[{"kind":"DropColumn","table":"t","name":"c","isConditional":true,"text":"x"}]},{"revision":"016","parents":[]}],"problems":["p"]}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_answer_is_the_marked_line_whatever_else_is_printed()
    {
        var answer = ProbeAnswer.TryFind($"noise\nshoreguard-migrations:nonsense\nshoreguard-migrations:{Linear}\n")!;
        Assert.Equal(["017"], answer.ToGraph().Heads);
        Assert.Equal("t.c", $"{answer.Migrations[0].UpgradeOperations[0].Table}.{answer.Migrations[0].UpgradeOperations[0].Name}");
        Assert.Equal(DowngradeKind.Refuses, answer.Migrations[0].Downgrade);
        Assert.Equal("it has no Alembic", ProbeAnswer.TryFind("""shoreguard-migrations:{"error":"it has no Alembic"}""")!.Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"migrations":[]}""")]
    [InlineData("""{"migrations":null}""")]
    [InlineData("""{"migrations":[{"parents":[]}]}""")]
    [InlineData("""{"migrations":[{"revision":"1","parents":null}]}""")]
    [InlineData("""{"migrations":[{"revision":"1","parents":[],"downgrade":"Sideways"}]}""")]
    public void What_is_no_answer_is_none(string json) => Assert.Null(ProbeAnswer.TryParse(json));

    [Fact]
    public async Task What_was_read_of_an_image_is_kept_for_its_owner_alone()
    {
        var cache = new MigrationCache(_folder);
        cache.Keep(Id, ProbeAnswer.TryParse(Linear)!);
        var kept = await cache.FindAsync(Id, TestContext.Current.CancellationToken);
        Assert.Equal(["016", "017"], kept!.Migrations.Select(migration => migration.Revision).Order());
        Assert.Equal("x", kept.Migrations[0].UpgradeOperations[0].Text);
        var file = Assert.Single(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Null(await cache.FindAsync("sha256:" + new string('0', 64), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(-1)]
    public async Task What_is_damaged_is_as_good_as_none_and_goes(int length)
    {
        var cache = new MigrationCache(_folder);
        cache.Keep(Id, ProbeAnswer.TryParse(Linear)!);
        var file = Assert.Single(Directory.GetFiles(_folder, "*", SearchOption.AllDirectories));
        var content = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        if (length < 0)
            content[100] ^= 1;
        await File.WriteAllBytesAsync(file, length < 0 ? content : content[..length], TestContext.Current.CancellationToken);
        Assert.Null(await cache.FindAsync(Id, TestContext.Current.CancellationToken));
        cache.Keep(Id, ProbeAnswer.TryParse(Linear)!);
        Assert.NotNull(await cache.FindAsync(Id, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("sha256:../x")]
    [InlineData("latest")]
    public async Task An_id_that_is_none_chooses_no_path(string id)
    {
        var cache = new MigrationCache(_folder);
        cache.Keep(id, ProbeAnswer.TryParse(Linear)!);
        Assert.Null(await cache.FindAsync(id, TestContext.Current.CancellationToken));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }
}
