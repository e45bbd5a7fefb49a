namespace ShoreGuard.Rollback.Tests;

public class LayoutTests
{
    private static readonly string[] Runtimes = ["linux-arm64", "linux-musl-arm64", "linux-musl-x64", "linux-x64", "osx-arm64", "osx-x64", "win-arm64",
        "win-x64"];

    [Fact]
    public void Native_libraries_are_there_for_the_supported_platforms_only()
    {
        var runtimes = Path.Combine(Repository.Layout, "lib", "runtimes");
        Assert.Equal(Runtimes, Directory.GetDirectories(runtimes).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(Runtimes, r => Assert.Contains("e_sqlite3", Path.GetFileName(Assert.Single(Directory.GetFiles(Path.Combine(runtimes, r, "native"))))));
    }

    [Fact]
    public void Beside_the_manifest_is_what_a_user_gets_and_nothing_else()
    {
        Assert.Equal(
            [
                "LICENSE", "ShoreGuard.Rollback.Contracts.dll", "ShoreGuard.Rollback.Format.ps1xml",
                "ShoreGuard.Rollback.Types.ps1xml", "ShoreGuard.Rollback.dll", "ShoreGuard.Rollback.psd1", "en-US", "lib",
            ],
            Directory.GetFileSystemEntries(Repository.Layout).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["ShoreGuard.Rollback.dll-Help.xml", "about_ShoreGuard.Rollback.help.txt", "about_ShoreGuard_Runbook.help.txt"],
            Directory.GetFileSystemEntries(Path.Combine(Repository.Layout, "en-US")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Lib_has_the_engine_and_neither_the_contracts_nor_powershell()
    {
        var lib = Directory.GetFiles(Path.Combine(Repository.Layout, "lib")).Select(f => Path.GetFileName(f)!).ToArray();
        Assert.Contains("ShoreGuard.Rollback.Engine.dll", lib);
        Assert.Contains("ShoreGuard.Rollback.Engine.deps.json", lib);
        Assert.DoesNotContain("ShoreGuard.Rollback.Contracts.dll", lib);
        Assert.DoesNotContain("System.Management.Automation.dll", lib);
        Assert.All(lib, f => Assert.True(f.EndsWith(".dll", StringComparison.Ordinal) || f == "ShoreGuard.Rollback.Engine.deps.json", f));
    }
}
