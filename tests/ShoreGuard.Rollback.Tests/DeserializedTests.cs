namespace ShoreGuard.Rollback.Tests;

/// <summary>Records that come from jobs, other sessions and files: how they look, and that they can be used again.</summary>
public sealed class DeserializedTests
{
    private const string Collect = """
        $shown = [Collections.Generic.List[object]]::new()
        function Show { foreach ($each in $input) { $shown.Add($each) } }
        $null = . $args[0]
        $PSStyle.OutputRendering = 'PlainText'

        """;

    private static readonly string Samples = ViewTests.Rendered.Samples;

    [Fact]
    public void Every_record_looks_the_same_live_made_again_and_imported_before_the_module()
    {
        var file = Path.GetTempFileName();
        try
        {
            using var maker = new ModuleHost();
            var live = Lines(maker, Collect + "$shown | Export-Clixml $args[1]; $shown | Out-String -Stream -Width 120", Samples, file);
            var again = Lines(maker, "Import-Clixml $args[0] | Out-String -Stream -Width 120", file);
            using var late = new ModuleHost(import: false);
            var bags = Lines(late,
                "$PSStyle.OutputRendering = 'PlainText'; $bags = Import-Clixml $args[0]; Import-Module $args[1]; $bags | Out-String -Stream -Width 120", file,
                Repository.Manifest);
            var unseen = Lines(maker,
                "$types = $shown | ForEach-Object GetType; [ShoreGuard.Rollback.HealthReport].Assembly.GetExportedTypes() | Where-Object { $_.IsClass -and "
                + "$_.GetMethod('<Clone>$') -and $_ -notin $types } | ForEach-Object Name");

            Assert.Empty(unseen);
            Assert.Equal(live, again);
            Assert.Equal(live, bags);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Every_record_is_made_again_with_all_that_was_in_it()
    {
        using var host = new ModuleHost();
        var lost = host.Run(Collect + """
            # How old something is changes while it is looked at, and what a URI was written as does not come through, only what it is.
            function Text($record) { ($record | ConvertTo-Json -Depth 8 -EnumsAsStrings -WarningAction Ignore) -replace '(?s)"Age": \{.*?\}' -replace '/"', '"' }
            foreach ($each in $shown) {
                $again = [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($each))
                if ($again.GetType() -ne $each.GetType()) { "$($each.GetType().Name) is a $($again.GetType().Name)" }
                elseif ((Text $again) -ne (Text $each)) { "$($each.GetType().Name) differs: $(Compare-Object (Text $each).Split("`n") (Text $again).Split("`n") | Out-String)" }
            }
            """, Samples).ThrowIfFailed().Texts;
        Assert.Empty(lost);
    }

    [Fact]
    public void What_comes_from_a_session_without_the_module_s_types_is_refused_in_words()
    {
        using var host = new ModuleHost();
        var errors = host.Run("""
            $bag = [pscustomobject]@{ Name = 'prod'; ContainerId = 'f' * 64; Image = 'x'; ImageId = 'sha256:1'; State = 'running'; DockerHost = 'unix:///nowhere'; Database = 'sqlite:////x.db' }
            $bag.PSObject.TypeNames.Insert(0, 'Deserialized.ShoreGuard.Rollback.Deployment')
            $bag | Get-ShoreGuardRelease
            Test-ShoreGuardIdentity -Deployment $bag
            $bag.PSObject.Properties.Remove('ContainerId')
            $bag | Get-ShoreGuardRollbackPlan -Version 0.27.0
            """).Errors.Select(error => error.ToString()).ToList();
        Assert.Equal(3, errors.Count);
        Assert.All(errors,
            error => Assert.Contains(
            "This deserialized Deployment cannot be used: its ", error.Replace("it has no", "its", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.Contains("its Database is only a text", errors[0], StringComparison.Ordinal);
        Assert.Contains("it has no ContainerId", errors[2], StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_meant_stays_as_it_came_and_is_shown()
    {
        using var host = new ModuleHost();
        var text = string.Join('\n', host.Run("""
            $PSStyle.OutputRendering = 'PlainText'
            'Deployment', 'RollbackPlan', 'MigrationGraph', 'HealthReport', 'TableRows', 'ReadableList`1', 'ShoreGuardException', 'DatabaseKind', 'NoSuchRecord' | ForEach-Object {
                $bag = [pscustomobject]@{ Name = @{ a = 1 }; Rows = 'many'; State = 4711; Migrations = 7; StartedAt = 'never' }
                $bag.PSObject.TypeNames.Insert(0, "Deserialized.ShoreGuard.Rollback.$_")
                $back = [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($bag))
                "State: $($back.State)"
                $back | Out-String
            }
            """).ThrowIfFailed().Texts);
        Assert.Equal(9, text.Split("State: 4711").Length - 1);
        Assert.Contains("many", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_edited_or_foreign_plan_is_refused_after_a_file_too()
    {
        using var host = new ModuleHost();
        var errors = host.Run(Collect + """
            $plan = $shown.Where({ $_ -is [ShoreGuard.Rollback.RollbackPlan] })[0]
            [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($plan)) | Invoke-ShoreGuardRollback -Confirm:$false
            """, Samples).Errors;
        Assert.StartsWith("PlanForeign", Assert.Single(errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Csv_has_values_and_no_types()
    {
        using var host = new ModuleHost();
        var csv = string.Join('\n', host.Run(Collect + "$shown | ForEach-Object { $_ | ConvertTo-Csv }", Samples).ThrowIfFailed().Texts);
        Assert.Contains("\"0.28.0; 0.28; latest; sha-4f1c2ab\"", csv, StringComparison.Ordinal);
        Assert.Contains("\"gateways 40; audit_entries 1234567\"", csv, StringComparison.Ordinal);
        Assert.DoesNotContain("ShoreGuard.Rollback.", csv, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", csv, StringComparison.Ordinal);
        Assert.DoesNotContain("ReadOnlyList", csv, StringComparison.Ordinal);
        Assert.DoesNotContain(" { ", csv, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(79)]
    [InlineData(119)]
    [InlineData(159)]
    public void Views_follow_the_window_and_cut_nothing(int width)
    {
        using var host = new ModuleHost();
        var lines = Lines(host, Collect
            + "$width = $args[1]; $null = $bak.PSObject.TypeNames.Remove('ShoreGuard.Rollback.Backup#Made'); $shown | ForEach-Object { "
            + "[ShoreGuard.Rollback.Views.View]::Lines($_, $width) -replace '\\e\\[[0-9;]*m' }", Samples, width);
        Assert.DoesNotContain(lines, line => line.Length > width);
        if (width < 79)
            return;
        Assert.DoesNotContain(lines, line => line.TrimEnd().EndsWith('…') && !char.IsAsciiHexDigit(line.TrimEnd()[^2]));
        Assert.Contains(lines, line => line.Contains("55aa7c1e", StringComparison.Ordinal) && line.Contains("Unfinished", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("7c1e55aa", StringComparison.Ordinal)
            && line.Contains("Succeeded", StringComparison.Ordinal) && line.Contains("1.3 s", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("shoreguard-20261122T031214Z.sqlite", StringComparison.Ordinal));
        Assert.Contains("staging-shoreguard-1", string.Join('\n', lines), StringComparison.Ordinal);
    }

    // The age of a sample grows while it is looked at.
    private static List<string> Lines(ModuleHost host, string script, params object?[] arguments) =>
        [.. host.Run(script, arguments)
            .ThrowIfFailed().Texts.Select(line => System.Text.RegularExpressions.Regex.Replace(line, @"\d+ d \d+ h|\d+ h \d+ min", "AGE"))];
}
