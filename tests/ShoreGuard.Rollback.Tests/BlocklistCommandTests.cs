using System.Management.Automation;

namespace ShoreGuard.Rollback.Tests;

/// <summary>Blocking images, and the journal in which that is kept, as a user types it.</summary>
public sealed class BlocklistCommandTests : IDisposable
{
    private const string Digest = "sha256:52ac0000000000000000000000000000000000000000000000000000000000aa";
    private const string Sha = "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334";

    private readonly ModuleHost _host = new();
    private readonly string _state = Directory.CreateTempSubdirectory("shoreguard-test-").FullName;
    private readonly string? _before = Environment.GetEnvironmentVariable("XDG_STATE_HOME");

    public BlocklistCommandTests() => Environment.SetEnvironmentVariable("XDG_STATE_HOME", _state);

    private string Journal => Path.Combine(_state, "shoreguard-rollback", "journal.db");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("XDG_STATE_HOME", _before);
        _host.Dispose();
        Directory.Delete(_state, recursive: true);
    }

    [Theory]
    [InlineData($"-Image registry.example/shoreguard:0.28.0@{Digest}", Digest, null)]
    [InlineData($"-GitSha sha-A1B2C3D", null, "a1b2c3d")]
    [InlineData($"-Image registry.example/shoreguard:0.28.0 -Digest {Digest} -GitSha {Sha}", Digest, Sha)]
    public void An_image_is_blocked_by_digest_and_commit_and_unblocked_again(string parameters, string? digest, string? sha)
    {
        var entry = Assert.Single(_host.Run($"Block-ShoreGuardImage {parameters} -Reason 'it is bad'").ThrowIfFailed().Output);
        Assert.Equal((digest, sha, "it is bad"), (entry.Properties["Digest"].Value, entry.Properties["GitSha"].Value, entry.Properties["Reason"].Value));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Journal));
        var freed = Assert.Single(_host.Run($"Unblock-ShoreGuardImage {parameters} -Confirm:$false").ThrowIfFailed().Output);
        Assert.Equal("it is bad", freed.Properties["Reason"].Value);
        AssertError(_host.Run($"Unblock-ShoreGuardImage {parameters} -Confirm:$false"), "ImageNotBlocked", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void What_other_cmdlets_give_can_be_piped_in()
    {
        var entry = Assert.Single(_host.Run($$"""
            $identity = [ShoreGuard.Rollback.BuildIdentity]@{ Version = '0.28.0'; GitSha = '{{Sha}}'; Source = 'x' }
            [pscustomobject]@{ Image = 'registry.example/shoreguard:0.28.0'; Digest = $null; Identity = $identity; Version = $null } | Block-ShoreGuardImage -Reason 'it is bad'
            """).ThrowIfFailed().Output);
        Assert.Equal((null, Sha, "0.28.0"), (entry.Properties["Digest"].Value, entry.Properties["GitSha"].Value, entry.Properties["Version"].Value));
    }

    [Fact]
    public void What_is_blocked_is_listed_the_latest_first_filtered_and_piped_on()
    {
        Assert.Empty(_host.Run("Get-ShoreGuardBlockedImage").ThrowIfFailed().Output);
        Assert.False(File.Exists(Journal));
        _host.Run($"Block-ShoreGuardImage -Image x:0.28.0@{Digest} -Version 0.28.0 -Reason one").ThrowIfFailed();
        _host.Run($"Block-ShoreGuardImage -GitSha {Sha} -Version 0.29.0 -Reason two").ThrowIfFailed();
        _host.Run("Block-ShoreGuardImage -GitSha 4f1c2ab -Reason three").ThrowIfFailed();
        string Reasons(string script) => string.Join(' ', _host.Run(script).ThrowIfFailed().Output.Select(entry => entry.Properties["Reason"].Value));
        Assert.Equal("three two one", Reasons("Get-ShoreGuardBlockedImage"));
        Assert.Equal("two one", Reasons("Get-ShoreGuardBlockedImage -Version 0.2*, 1.0"));
        Assert.Equal("one", Reasons($"Get-ShoreGuardBlockedImage -Digest {Digest}"));
        Assert.Equal("two", Reasons($"Get-ShoreGuardBlockedImage -GitSha sha-{Sha[..8]}"));
        Assert.Equal("", Reasons($"Get-ShoreGuardBlockedImage -GitSha {Sha[..8]} -Version 0.28.0"));
        // Whatever image has that commit falls under it; one of which nothing is known by which it could be told is an error, and not free.
        var running = $"@{{ Image = 'x:9'; Digest = $null; Identity = [ShoreGuard.Rollback.BuildIdentity]@{{ GitSha = '{Sha}'; Source = 'x' }} }}";
        Assert.Equal("two", Reasons($"[pscustomobject]{running} | Get-ShoreGuardBlockedImage"));
        AssertError(_host.Run("Get-ShoreGuardBlockedImage x:0.28.0"), "BlockTargetUnclear", ErrorCategory.InvalidArgument);
        Assert.Equal("two", Reasons("Get-ShoreGuardBlockedImage -Version 0.29.0 | Unblock-ShoreGuardImage -Confirm:$false"));
        Assert.Equal("three one", Reasons("Get-ShoreGuardBlockedImage"));
    }

    [Fact]
    public void A_list_that_is_shared_is_read_with_the_journal_and_freed_by_what_was_listed()
    {
        var list = Path.Combine(_state, "blocklist.jsonl");
        _host.Run("Block-ShoreGuardImage -GitSha 4f1c2ab -Reason here").ThrowIfFailed();
        Assert.Empty(_host.Run($"Block-ShoreGuardImage -GitSha {Sha} -Reason all -BlocklistPath $args[0] -WhatIf", list).ThrowIfFailed().Output);
        Assert.False(File.Exists(list));
        var entry = Assert.Single(_host.Run($"Block-ShoreGuardImage -GitSha {Sha} -Reason all -BlocklistPath $args[0]", list).ThrowIfFailed().Output);
        Assert.Equal(list, entry.Properties["BlocklistPath"].Value);
        string Reasons(string script) => string.Join(' ', _host.Run(script, list).ThrowIfFailed().Output.Select(each => each.Properties["Reason"].Value));
        Assert.Equal(("here", "all here"), (Reasons("Get-ShoreGuardBlockedImage"), Reasons("Get-ShoreGuardBlockedImage -BlocklistPath $args[0]")));
        // The variable names it for everybody.
        const string ByVariable = "try { $env:SHOREGUARD_BLOCKLIST = $args[0]; Get-ShoreGuardBlockedImage } finally { $env:SHOREGUARD_BLOCKLIST = '' }";
        Assert.Equal("all here", Reasons(ByVariable));
        AssertError(_host.Run(ByVariable, "blocklist.jsonl"), "BlocklistNotAbsolute", ErrorCategory.InvalidArgument);
        // Each entry names its list.
        Assert.Equal("all here", Reasons("Get-ShoreGuardBlockedImage -BlocklistPath $args[0] | Unblock-ShoreGuardImage -Confirm:$false"));
        Assert.Equal("", Reasons("Get-ShoreGuardBlockedImage -BlocklistPath $args[0]"));
        File.WriteAllText(list, ">>>>>>> theirs\n");
        AssertError(_host.Run("Get-ShoreGuardBlockedImage -BlocklistPath $args[0]", list), "BlocklistUnreadable", ErrorCategory.InvalidData);
        AssertError(_host.Run($"Unblock-ShoreGuardImage -GitSha {Sha} -Confirm:$false -BlocklistPath $args[0]", list), "BlocklistUnreadable",
            ErrorCategory.InvalidData);
    }

    [Fact]
    public void Several_images_under_one_entry_are_unblocked_together()
    {
        _host.Run($"Block-ShoreGuardImage -GitSha {Sha} -Reason one").ThrowIfFailed();
        Assert.Single(
            _host.Run($"@{{ GitSha = '{Sha}' }}, @{{ GitSha = '{Sha}' }} | ForEach-Object {{ [pscustomobject]$_ }} | Unblock-ShoreGuardImage -Confirm:$false")
            .ThrowIfFailed().Output);
    }

    [Fact]
    public void To_block_again_gives_a_new_reason_and_to_block_less_frees_nothing()
    {
        _host.Run($"Block-ShoreGuardImage -Image x@{Digest} -GitSha {Sha} -Reason one").ThrowIfFailed();
        _host.Run($"Block-ShoreGuardImage -Image x@{Digest} -GitSha {Sha} -Reason two").ThrowIfFailed();
        _host.Run($"Block-ShoreGuardImage -Image x@{Digest} -Reason three").ThrowIfFailed();
        var freed = _host.Run($"Unblock-ShoreGuardImage -GitSha {Sha[..7]} -Confirm:$false").ThrowIfFailed().Output;
        Assert.Equal("two", Assert.Single(freed).Properties["Reason"].Value);
    }

    [Theory]
    [InlineData("Block-ShoreGuardImage -Reason x", "BlockTargetUnclear", ErrorCategory.InvalidArgument)]
    [InlineData("Block-ShoreGuardImage registry.example/shoreguard:0.28.0 -Reason x", "BlockTargetUnclear", ErrorCategory.InvalidArgument)]
    [InlineData("Unblock-ShoreGuardImage registry.example/shoreguard:0.28.0 -Confirm:$false", "BlockTargetUnclear", ErrorCategory.InvalidArgument)]
    [InlineData("Unblock-ShoreGuardImage -GitSha a1b2c3d -Confirm:$false", "ImageNotBlocked", ErrorCategory.ObjectNotFound)]
    public void What_cannot_be_meant_is_an_error_and_makes_no_journal(string script, string id, ErrorCategory category)
    {
        AssertError(_host.Run(script), id, category);
        AssertError(_host.Run($"{script} -WhatIf"), id, category);
        Assert.False(File.Exists(Journal));
    }

    [Fact]
    public void Whatif_makes_no_journal()
    {
        Assert.Empty(_host.Run($"Block-ShoreGuardImage -GitSha {Sha} -Reason x -WhatIf").ThrowIfFailed().Output);
        Assert.False(Directory.Exists(Path.Combine(_state, "shoreguard-rollback")));
    }

    [Fact]
    public void A_journal_of_a_newer_version_is_left_alone()
    {
        _host.Run($"Block-ShoreGuardImage -GitSha {Sha} -Reason x").ThrowIfFailed();
        var version = SetVersion(99);
        AssertError(_host.Run($"Block-ShoreGuardImage -GitSha {Sha} -Reason y"), "JournalTooNew", ErrorCategory.InvalidData);
        AssertError(_host.Run($"Unblock-ShoreGuardImage -GitSha {Sha} -Confirm:$false"), "JournalTooNew", ErrorCategory.InvalidData);
        SetVersion(version);
        Assert.Equal("x", Assert.Single(_host.Run($"Unblock-ShoreGuardImage -GitSha {Sha} -Confirm:$false").ThrowIfFailed().Output).Properties["Reason"].Value);
    }

    [Fact]
    public void A_journal_that_is_none_is_an_error()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Journal)!);
        File.WriteAllText(Journal, "This is no database, and it is long enough for SQLite to look at its first hundred bytes, which say so.");
        AssertError(_host.Run($"Block-ShoreGuardImage -GitSha {Sha} -Reason y"), "JournalUnreadable", ErrorCategory.InvalidData);
    }

    [Fact]
    public void Many_sessions_write_at_the_same_time()
    {
        Parallel.For(0, 4, number =>
        {
            using var host = new ModuleHost();
            host.Run($"Block-ShoreGuardImage -GitSha {number:x7} -Reason x").ThrowIfFailed();
        });
        for (var number = 0; number < 4; number++)
            Assert.Single(_host.Run($"Unblock-ShoreGuardImage -GitSha {number:x7} -Confirm:$false").ThrowIfFailed().Output);
    }

    // PRAGMA user_version is a big-endian number at offset 60 (https://www.sqlite.org/fileformat.html, section 1.3).
    // The version of its format, as SQLite has it in the file's header (user_version); that which was there before.
    private byte SetVersion(byte version)
    {
        using var file = File.Open(Journal, FileMode.Open);
        file.Position = 63;
        var before = (byte)file.ReadByte();
        file.Position = 63;
        file.WriteByte(version);
        return before;
    }

    private static void AssertError(RunResult run, string id, ErrorCategory category)
    {
        var error = Assert.Single(run.Errors);
        Assert.Equal((id, category), (error.FullyQualifiedErrorId.Split(',')[0], error.CategoryInfo.Category));
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.Empty(run.Output);
    }
}
