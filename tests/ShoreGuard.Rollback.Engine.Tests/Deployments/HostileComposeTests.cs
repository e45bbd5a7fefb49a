using System.Diagnostics;
using System.Text;
using CsCheck;
using ShoreGuard.Rollback.Engine.Deployments.Compose;
using ShoreGuard.Rollback.Engine.Files;
using ShoreGuard.Rollback.Engine.Tests.Operations;

namespace ShoreGuard.Rollback.Engine.Tests.Deployments;

/// <summary>Files of a project that is somebody else's: what they may be is bounded before anything is made of them.</summary>
public sealed class HostileComposeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-hostile-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Of(string name) => Path.Combine(_folder, name);

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void What_is_nested_without_an_end_is_refused(string opening)
    {
        var error = Assert.Throws<ShoreGuardException>(() =>
            YamlText.Parse("compose.yaml", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(opening, 50_000)))));
        Assert.Equal("ComposeFileUnreadable", error.Id);
        Assert.Contains("deep", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a0: &a0 {k: v}\n", "a{1}: &a{1} {{<<: [{0}]}}\n")]
    [InlineData("a0: &a0 [x]\n", "a{1}: &a{1} [{0}]\n")]
    public void A_few_aliases_of_aliases_are_refused_at_once(string first, string next)
    {
        var text = new StringBuilder(first);
        for (var at = 1; at < 12; at++)
            text.AppendFormat(null, next, string.Join(',', Enumerable.Repeat($"*a{at - 1}", 9)), at);
        var clock = Stopwatch.StartNew();
        var error = Assert.Throws<ShoreGuardException>(() => YamlText.Parse("compose.yaml", Encoding.UTF8.GetBytes(text.ToString())));
        Assert.Contains("entries", error.Message, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 2);
    }

    [Fact]
    public void An_alias_of_what_it_is_in_is_refused() =>
        Assert.Contains("inside", Assert.Throws<ShoreGuardException>(() => YamlText.Parse("compose.yaml", "services: &s\n  <<: *s\n"u8.ToArray())).Message,
            StringComparison.Ordinal);

    [Fact]
    public void What_people_write_with_anchors_is_read() =>
        Assert.Single(
            YamlText.Parse(
            "compose.yaml", "x-a: &a\n  restart: always\nservices:\n  web:\n    <<: *a\n    image: i\n  web2:\n    <<: [*a]\n"u8.ToArray()).Roots);

    [Fact]
    public void Any_text_is_a_file_or_an_error_of_ours() =>
        Gen.OneOf(Foreign.Bytes, Foreign.Broken("x: &a {k: v}\nservices:\n  web:\n    <<: *a\n    image: \"a:${V}\" # c\n  other: [*a, 'x', |\n  text\n"))
            .Sample(bytes => Foreign.Survives(() => YamlText.Parse("compose.yaml", bytes)));

    [Fact]
    public void Any_bytes_are_an_environment_file() => Foreign.Bytes.Sample(bytes => EnvFile.Read(bytes).With("V", "x").ToBytes());

    [Fact]
    public async Task A_pipe_is_refused_and_not_waited_for()
    {
        Assert.SkipWhen(!OperatingSystem.IsLinux(), "Pipes have names where there is mkfifo.");
        await Process.Start("mkfifo", Of(".env")).WaitForExitAsync(TestContext.Current.CancellationToken);
        var reading = Task.Run(() => PreparedPin.Check(new EnvPin(Of(".env"), "V", "x")), TestContext.Current.CancellationToken);

        Assert.Same(reading, await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)));
        var error = await Assert.ThrowsAsync<ShoreGuardException>(() => reading);
        Assert.Equal("PinNotWritable", error.Id);
        Assert.Contains("no ordinary file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pipe_in_a_folder_above_is_not_waited_for()
    {
        Assert.SkipWhen(!OperatingSystem.IsLinux(), "Pipes have names where there is mkfifo.");
        await Process.Start("mkfifo", Of(".env")).WaitForExitAsync(TestContext.Current.CancellationToken);
        var finding = Task.Run(() => OuterEnvironment.Find(ProjectBelow()), TestContext.Current.CancellationToken);

        Assert.Same(finding, await Task.WhenAny(finding, Task.Delay(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)));
        Assert.Null(await finding);
    }

    [Fact]
    public async Task An_environment_file_in_a_folder_above_counts_unless_it_is_a_third_ones()
    {
        File.WriteAllText(Of(".env"), "COMPOSE_FILE=project/compose.yml\n");
        Assert.Equal(Of(".env"), OuterEnvironment.Find(ProjectBelow()));
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root gives files away.");
        await Process.Start("chown", ["1000", Of(".env")]).WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Null(OuterEnvironment.Find(ProjectBelow()));
    }

    private Deployment ProjectBelow()
    {
        var folder = Directory.CreateDirectory(Of("project")).FullName;
        File.WriteAllText(Path.Combine(folder, "compose.yml"), "services: {}\n");
        return RollbackLogTests.Plan("a1b2c3d4").Deployment with { ComposeDirectory = folder, ComposeFiles = [Path.Combine(folder, "compose.yml")] };
    }

    [Fact]
    public void A_device_and_what_is_too_long_are_refused()
    {
        Assert.SkipWhen(!OperatingSystem.IsLinux(), "There is no /dev/zero.");
        File.CreateSymbolicLink(Of("zero"), "/dev/zero");
        using (var file = File.Create(Of("long")))
            file.SetLength(1L << 40);

        Assert.Contains("no ordinary file", Assert.Throws<IOException>(() => ForeignFile.Read(Of("zero"))).Message, StringComparison.Ordinal);
        Assert.Contains("longer than", Assert.Throws<IOException>(() => ForeignFile.Read(Of("long"))).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<UnauthorizedAccessException>(() => ForeignFile.Read(_folder));
        Assert.Null(ForeignFile.TryRead(Of("none")));
    }

    [Fact]
    public void A_link_to_nothing_is_called_so()
    {
        File.CreateSymbolicLink(Of(".env"), Of("gone"));
        var error = Assert.Throws<ShoreGuardException>(() => PreparedPin.Check(new EnvPin(Of(".env"), "V", "x")));
        Assert.Contains($"it is a link to {Of("gone")}, which is not there", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pin_that_cannot_take_its_place_says_so_and_leaves_no_secret()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Folders have no mode there.");
        File.WriteAllText(Of(".env"), "SECRET=s3cret\nV=old\n");
        var pin = PreparedPin.Prepare(new EnvPin(Of(".env"), "V", "new"));
        Freeze(true);
        try
        {
            Assert.Equal("PinNotWritable", Assert.Throws<ShoreGuardException>(pin.Commit).Id);
            pin.Dispose();
            Assert.DoesNotContain(Directory.GetFiles(_folder, "*.tmp"), left => File.ReadAllText(left).Contains("s3cret", StringComparison.Ordinal));
        }
        finally
        {
            Freeze(false);
        }
        Assert.Equal("SECRET=s3cret\nV=old\n", File.ReadAllText(Of(".env")));
    }

    // To root a folder's mode means nothing.
    private void Freeze(bool frozen)
    {
        if (Environment.IsPrivilegedProcess)
        {
            using var chattr = Process.Start("chattr", [frozen ? "+i" : "-i", _folder]);
            chattr.WaitForExit();
            Assert.SkipWhen(chattr.ExitCode != 0, "The file system knows no immutable folders.");
        }
        else if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder, frozen
                ? UnixFileMode.UserRead | UnixFileMode.UserExecute : UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
