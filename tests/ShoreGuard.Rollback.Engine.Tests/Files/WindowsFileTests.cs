using System.Runtime.Versioning;
using System.Security.Principal;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Tests.Files;

/// <summary>What Windows tells of files, and how it shares them.</summary>
[SupportedOSPlatform("windows")]
public sealed class WindowsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;

    public WindowsFileTests() => Assert.SkipUnless(OperatingSystem.IsWindows(), "Of Windows.");

    [Fact]
    public void A_file_is_known_by_its_handle_under_another_name_and_in_another_case()
    {
        var (path, name) = (Path.Combine(_folder, "one"), Path.Combine(_folder, "two"));
        using var held = HeldFile.Create(path);
        Assert.NotNull(NativeFile.Identify(held.Handle));
        Assert.Equal(NativeFile.Identify(held.Handle), NativeFile.Identify(path));
        Assert.Equal(NativeFile.Identify(held.Handle), NativeFile.IdentifyName(path));
        NativeFile.MoveToFreeName(path, name);
        Assert.True(held.IsAt(name));
        Assert.True(NativeFile.AreSame(name, name.ToUpperInvariant()));
        File.WriteAllText(path, "");
        Assert.False(NativeFile.AreSame(path, name));
        Assert.False(held.IsAt(path));
    }

    [Fact]
    public void What_we_hold_for_writing_can_be_read_beside()
    {
        var path = Path.Combine(_folder, "held");
        using var held = HeldFile.Create(path);
        using (var stream = held.OpenForWriting())
            stream.Write("abc"u8);
        using var read = SharedFile.OpenRead(path);
        Assert.Equal('a', read.ReadByte());
        Assert.False(HeldFile.IsLeftOver(path));
    }

    [Fact]
    public void A_file_that_only_its_owner_may_read_has_an_access_list_that_says_so()
    {
        var path = Path.Combine(_folder, "secret");
        PrivateFile.Create(path).Dispose();
        using var user = WindowsIdentity.GetCurrent();
        var rules = new FileInfo(path).GetAccessControl().GetAccessRules(includeExplicit: true, includeInherited: true, typeof(SecurityIdentifier));
        // Wine adds what Windows grants its own services anyway.
        var system = new SecurityIdentifier(WellKnownSidType.LocalSystemSid, null);
        Assert.All(rules.Cast<System.Security.AccessControl.FileSystemAccessRule>(), rule =>
            Assert.Contains(rule.IdentityReference, (IdentityReference[])[user.User!, system]));
    }

    // An editor that lets nobody replace what it has open.
    [Fact]
    public async Task That_another_program_keeps_a_file_from_being_replaced_is_known_before_and_a_moment_is_waited_for()
    {
        var path = Path.Combine(_folder, ".env");
        File.WriteAllText(path, "A=1\n");
        var editor = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var error = Assert.Throws<IOException>(() => AtomicFile.Prepare(path, "A=2\n"u8));
        Assert.Contains("open in another program", error.Message, StringComparison.Ordinal);
        Assert.Equal([path], Directory.GetFiles(_folder));
        var replacing = Task.Run(() =>
        {
            using var file = AtomicFile.Prepare(path, "A=2\n"u8);
            file.Commit();
        }, TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        editor.Dispose();
        await replacing;
        Assert.Equal("A=2\n", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_room_of_a_folder_is_told() => Assert.InRange(NativeFile.FreeSpace(_folder), 1, long.MaxValue);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
