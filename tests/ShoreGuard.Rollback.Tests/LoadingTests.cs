namespace ShoreGuard.Rollback.Tests;

public class LoadingTests
{
    [Fact]
    public void Manifest_is_valid_and_says_what_it_needs()
    {
        using var host = new ModuleHost(import: false);
        var found = host.Run(
            "$m = Test-ModuleManifest $args[0]; $m.Name, $m.PowerShellVersion, $m.CompatiblePSEditions, $m.ExportedFunctions.Count, $m.ExportedAliases.Count",
            Repository.Manifest);
        Assert.Equal(["ShoreGuard.Rollback", "7.6", "Core", "0", "0"], found.ThrowIfFailed().Texts);
    }

    [Fact]
    public void Exports_exactly_the_cmdlets_that_the_manifest_lists()
    {
        using var host = new ModuleHost();
        var listed = host.Run("$m = Test-ModuleManifest $args[0]; $m.ExportedCmdlets.Keys", Repository.Manifest).ThrowIfFailed().Texts;
        var defined = host.Run(
            "(Get-Module ShoreGuard.Rollback).ImplementingAssembly.GetExportedTypes() | Where-Object { -not $_.IsAbstract -and "
            + "$_.IsSubclassOf([System.Management.Automation.PSCmdlet]) } | ForEach-Object { $c = [System.Attribute]::GetCustomAttribute($_, "
            + "[System.Management.Automation.CmdletAttribute]); \"$($c.VerbName)-$($c.NounName)\" }").ThrowIfFailed().Texts;
        var exported = host.Run("(Get-Command -Module ShoreGuard.Rollback).Name").ThrowIfFailed().Texts;
        Assert.NotEmpty(listed);
        Assert.Equal(listed.Order(), exported.Order());
        Assert.Equal(listed.Order(), defined.Order());
    }

    [Fact]
    public void Manifest_and_assemblies_have_one_version()
    {
        using var host = new ModuleHost();
        var versions = host.Run("$m = Get-Module ShoreGuard.Rollback; $m.Version.ToString(3), $m.ImplementingAssembly.GetName().Version.ToString(3)")
            .ThrowIfFailed().Texts;
        Assert.Equal(versions[0], versions[1]);
    }

    [Fact]
    public void Importing_again_with_force_keeps_every_cmdlet()
    {
        using var host = new ModuleHost();
        var before = host.Run("(Get-Command -Module ShoreGuard.Rollback).Name").ThrowIfFailed().Texts;
        for (var i = 0; i < 2; i++)
        {
            host.Run("Import-Module $args[0] -Force", Repository.Manifest).ThrowIfFailed();
            Assert.Equal(before, host.Run("(Get-Command -Module ShoreGuard.Rollback).Name").ThrowIfFailed().Texts);
        }
    }

    [Fact]
    public void Can_be_removed_and_imported_again()
    {
        using var host = new ModuleHost();
        host.Run("Remove-Module ShoreGuard.Rollback; Import-Module $args[0]", Repository.Manifest).ThrowIfFailed();
        Assert.NotEmpty(host.Run("Get-Command -Module ShoreGuard.Rollback").ThrowIfFailed().Output);
    }

    [Fact]
    public void Records_resolve_as_type_literals()
    {
        using var host = new ModuleHost();
        Assert.Equal("ShoreGuard.Rollback.HealthReport", host.Run("[ShoreGuard.Rollback.HealthReport].FullName").ThrowIfFailed().Texts.Single());
    }

    [Fact]
    public async Task Import_loads_nothing_of_lib()
    {
        var (output, code) = await Pwsh.Run(
            $"Import-Module '{Repository.Manifest}' -ErrorAction Stop; [AppDomain]::CurrentDomain.GetAssemblies() | ForEach-Object {{ $_.GetName().Name + '=' "
            + $"+ $_.Location }}");
        Assert.True(code == 0, output);
        var loaded = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Contains(loaded, l => l.StartsWith("ShoreGuard.Rollback=", StringComparison.Ordinal));
        var lib = Path.Combine(Repository.Layout, "lib");
        Assert.DoesNotContain(loaded, l => l.Contains(lib, StringComparison.Ordinal));
        string[] names = ["ShoreGuard.Rollback.Engine", "Npgsql", "Docker.DotNet", "Microsoft.Data.Sqlite", "YamlDotNet"];
        Assert.DoesNotContain(loaded, l => names.Contains(l.Split('=')[0]));
    }
}
