using System.Xml.Linq;

namespace ShoreGuard.Rollback.Tests;

/// <summary>Every record as a user sees it, rendered once in 120 columns.</summary>
public sealed class ViewTests(ViewTests.Rendered rendered) : IClassFixture<ViewTests.Rendered>
{
    public sealed class Rendered : IAsyncLifetime
    {
        public static readonly string Samples = Path.Combine(Repository.Root, "tests", "ShoreGuard.Rollback.Tests", "Views", "Samples.ps1");

        private Dictionary<string, string> _sections = [];

        public string All { get; private set; } = "";

        public string this[string section] => _sections[section];

        public ValueTask InitializeAsync()
        {
            using var host = new ModuleHost();
            var lines = host.Run("$PSStyle.OutputRendering = 'PlainText'; function Show { $input | Out-String -Stream -Width 120 }; . $args[0]", Samples)
                .ThrowIfFailed().Texts;
            All = string.Join('\n', lines);
            _sections = All.Split("=== ", StringSplitOptions.RemoveEmptyEntries)
                .Select(section => section.Split('\n', 2)).ToDictionary(section => section[0], section => section[1]);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    [Fact]
    public void Every_record_has_a_view()
    {
        using var host = new ModuleHost();
        var records = host.Run(
            "[ShoreGuard.Rollback.HealthReport].Assembly.GetExportedTypes() | Where-Object { $_.IsClass -and $_.GetMethod('<Clone>$') } | ForEach-Object "
            + "FullName").ThrowIfFailed().Texts;
        var views = XDocument.Load(Path.Combine(Repository.Layout, "ShoreGuard.Rollback.Format.ps1xml")).Descendants("TypeName").Select(name => name.Value);

        Assert.NotEmpty(records);
        Assert.Empty(records.Except(views));
    }

    [Fact]
    public void What_is_in_another_record_reads_as_a_line_there()
    {
        using var host = new ModuleHost();
        var unread = host.Run("""
            $records = [ShoreGuard.Rollback.HealthReport].Assembly.GetExportedTypes() | Where-Object { $_.IsClass -and $_.GetMethod('<Clone>$') }
            $inside = $records | ForEach-Object { $_.GetProperties() } | ForEach-Object { $_.PropertyType; $_.PropertyType.GenericTypeArguments } | Where-Object { $_ -in $records }
            $inside | Where-Object { $_.GetMethod('ToString', [type[]]@()).IsDefined([Runtime.CompilerServices.CompilerGeneratedAttribute], $false) } | ForEach-Object FullName
            """).ThrowIfFailed().Texts;
        Assert.Empty(unread.Distinct());
    }

    // As those of Windows have none: 437, 850, 1252. Good and bad would be the same question mark.
    [Fact]
    public void Where_the_console_has_no_marks_they_are_of_ASCII()
    {
        using var host = new ModuleHost();
        var text = string.Join('\n', host.Run("""
            $PSStyle.OutputRendering = 'PlainText'; function Show { $input | Out-String -Stream -Width 120 }
            $before = [Console]::OutputEncoding
            [Console]::OutputEncoding = [Text.Encoding]::Latin1
            try { . $args[0] } finally { [Console]::OutputEncoding = $before }
            """, Rendered.Samples).ThrowIfFailed().Texts);
        Assert.Matches("(?m)^[+] Rolled back to ", text);
        Assert.Matches("(?m)^x Not rolled back", text);
        Assert.Matches("Downgrade [0-9]+ -> [0-9]+", text);
        Assert.DoesNotMatch("[✓✗▸↩–→…—±]", text);
    }

    [Fact]
    public void A_result_is_shown_in_its_own_way_whatever_came_before_it()
    {
        var text = rendered["Mixed"];
        Assert.Matches(@"(?s)\nName +State .*\n\n✓ Rolled back .*\n\n✗ Not rolled back .*\n\n✓ Backed up .*\n\n✓ Restored ", text);
        Assert.DoesNotContain("Succeeded", text, StringComparison.Ordinal);
    }

    [Fact]
    public void No_view_fails_or_shows_a_type_instead_of_a_value()
    {
        Assert.DoesNotContain("ShoreGuard.Rollback.", rendered.All, StringComparison.Ordinal);
        Assert.DoesNotContain("#ERR", rendered.All, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", rendered.All, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_says_what_it_costs_before_its_steps()
    {
        var text = rendered["Plan"];

        Assert.Contains("  Costs       Dropped for good: policy_apply_proposals: 3 rows", text, StringComparison.Ordinal);
        Assert.Contains("known good since 2026-11-22 03:12 UTC: a week without an alert", text, StringComparison.Ordinal);
        Assert.True(text.IndexOf("  Costs ", StringComparison.Ordinal) < text.IndexOf("   # Step", StringComparison.Ordinal));
        Assert.Contains("What was written in the last 41 min is not in the backup.", rendered["Plan that restores"], StringComparison.Ordinal);
        Assert.Contains("  Stop        It is not the image: the database does not answer.", rendered["Plan that stops"], StringComparison.Ordinal);
        Assert.DoesNotContain("   # Step", rendered["Plan that stops"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_rollback_says_whether_it_held_and_what_was_kept()
    {
        Assert.StartsWith("\n✓ Rolled back to 0.27.0 (a1b2c3d) in 11.8 s, outage 1.3 s.  Schema 016.", rendered["Rolled back"], StringComparison.Ordinal);
        Assert.Contains("  Kept        /var/backups/shoreguard/shoreguard-20261122T031214Z.sqlite", rendered["Rolled back"], StringComparison.Ordinal);
        Assert.Contains("everything was put back.", rendered["Put back"], StringComparison.Ordinal);
        Assert.Contains("Unfinished", rendered["Rollbacks"], StringComparison.Ordinal);
        Assert.Contains("not ended", rendered["Rollbacks"], StringComparison.Ordinal);
    }

    [Fact]
    public void An_undo_says_what_is_back_and_what_was_kept()
    {
        var text = rendered["Restore undone"];

        Assert.StartsWith("\n✓ Put back revision 018 (was 016) in 1.6 s, outage 1.4 s.", text, StringComparison.Ordinal);
        Assert.Contains("  From        /var/lib/docker/volumes/prod_data/_data/shoreguard.db.20261122T031214Z.old\n", text, StringComparison.Ordinal);
        Assert.Contains("  Application ready again\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_outage_is_a_figure_only_when_it_is_over()
    {
        var text = rendered["Restored applications"];

        Assert.Equal(2, Occurrences(text, ", outage 1 min."));
        Assert.Contains("started again, but not ready, and the outage goes on", text, StringComparison.Ordinal);
        Assert.Contains("live again; what keeps it from being ready did so before, too", text, StringComparison.Ordinal);
        Assert.Contains("runs again; whether it is ready was not found out", text, StringComparison.Ordinal);
    }

    [Fact]
    public void No_line_is_wider_than_the_screen_and_redirected_text_has_no_colours()
    {
        Assert.All(rendered.All.Split('\n'), line => Assert.True(line.Length <= 120, line));
        Assert.DoesNotContain('\e', rendered.All);
    }

    [Fact]
    public void Reports_are_lines_under_one_header_and_only_the_unwell_say_more()
    {
        var text = rendered["HealthReport"];

        Assert.Equal(1, Occurrences(text, "Endpoint"));
        Assert.Contains(
            "✗ http://localhost:8888          NotReady    ✓    ✗     0.28.0 (4f1c2ab) 3 ok, 1 dead: background_cleanup\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "✓ https://shoreguard.example/sg  Healthy     ✓    ✓     0.27.0 (a1b2c3d) 3 ok\n! http://172.18.0.3:8888", text, StringComparison.Ordinal);
        Assert.Equal(2, Occurrences(text, "  Diagnosis   "));
        Assert.Equal(2, Occurrences(text, "  Next        "));
        Assert.Equal(0, Occurrences(rendered["one healthy"], "Next"));
    }

    [Fact]
    public void What_was_asked_inside_a_container_s_network_says_so()
    {
        Assert.Contains("Via         the engine: asked inside the container's network\n", rendered["asked inside"], StringComparison.Ordinal);
        Assert.Contains("http://172.18.0.2:8888/version (inside its network)", rendered["asked inside"], StringComparison.Ordinal);
        Assert.DoesNotContain("Via", rendered["HealthReport"], StringComparison.Ordinal);
        Assert.DoesNotContain("inside", rendered["Build"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_rollback_says_the_answer_then_its_evidence_then_what_is_next()
    {
        var text = rendered["Result ok"].Trim();

        Assert.StartsWith("✓ Rolled back to 0.27.0 (a1b2c3d) in 11.8 s, outage 1.3 s.\n", text, StringComparison.Ordinal);
        Assert.Contains("  Pin         SHOREGUARD_VERSION=0.27.0@sha256:555555555555… in /opt/shoreguard/.env\n", text, StringComparison.Ordinal);
        Assert.Contains("  1 ✓ Pull localhost:5000/shoreguard:0.27.0  1.2 s already here, sha256:52ac00000000…\n", text, StringComparison.Ordinal);
        Assert.EndsWith("  Next        Watch it for a while: Test-ShoreGuardHealth http://localhost:8888", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rollback_that_was_put_back_says_so_first_and_why()
    {
        var text = rendered["Result reverted"].Trim();

        Assert.StartsWith("✗ Not rolled back to localhost:5000/shoreguard:0.27.0: it was put back.\n\n  Reason      the container ended with exit code 3", text,
            StringComparison.Ordinal);
        Assert.Contains("  2 ↩ Stop prod-shoreguard-1", text, StringComparison.Ordinal);
        Assert.Contains("  Log         INFO", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Backups_and_restores_say_revision_size_and_rows()
    {
        Assert.StartsWith("✓ Backed up revision 016 in 420 ms.\n\n  Holds       12 MiB, 1,234,607 rows in 2 tables, 2 checks ok\n", rendered["Backup"].Trim(),
            StringComparison.Ordinal);
        Assert.StartsWith("✓ Restored revision 016 (was 018) in 1.2 s.\n", rendered["Restore"].Trim(), StringComparison.Ordinal);
        Assert.StartsWith("✗ Not restored: what was begun is put back.\n", rendered["Restore failed"].Trim(), StringComparison.Ordinal);
        Assert.Contains("  Holds       revision 018, put back in 1.2 s", rendered["Restore failed"], StringComparison.Ordinal);
        Assert.Contains(
            "  Application stopped, and the outage goes on: its image would migrate the schema forward again\n", rendered["Restore"], StringComparison.Ordinal);
        Assert.Matches("audit_entries +1,234,567", rendered["Rows, checks"]);
    }

    [Fact]
    public void A_database_says_its_revision_and_its_fullest_tables() =>
        Assert.Matches(@"\ARevision 016  1,234,607 rows in 2 tables, 12 MiB\n  Location    /srv/shoreguard\.db, directly\n(.*\n)+  Fullest     audit_entries 1234567, gateways 40", rendered["Database"].Trim());

    [Fact]
    public void A_blocked_image_says_who_blocked_it_and_why() =>
        Assert.Matches(@"0\.28\.0 +4f1c2ab sha256:5{12}… +2026-11-22 03:12 +operator +a background task dies", rendered["Blocked"]);

    [Fact]
    public void A_release_says_the_verdict_then_the_checks_and_what_to_do()
    {
        Assert.Contains("✗ 0.30.0 for prod-shoreguard-1: Failed\n", rendered["Release reports"], StringComparison.Ordinal);
        Assert.Matches(@"✗ Reversible +yes +Failed +018 cannot be taken back", rendered["Release reports"]);
        Assert.Matches(@"! Signature +no +Warned", rendered["Release reports"]);
        Assert.Contains("  Next        Back the database up just before it is deployed.\n", rendered["Release reports"], StringComparison.Ordinal);
        Assert.Contains("? localhost:5000/shoreguard:0.27.0: Inconclusive\n", rendered["Release reports"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_cadence_says_how_old_the_newest_is_and_how_wide_the_worst_gap_was()
    {
        Assert.Contains("✗ prod-shoreguard-1  14 backups, 13 proven\n", rendered["Cadence"], StringComparison.Ordinal);
        Assert.Matches(@"Newest +shoreguard-20261122T031214Z\.sqlite, 3 h 0 min old, within\s+the\s+RPO", rendered["Cadence"]);
        Assert.Matches(@"Worst gap +2 d 1 h, from 2026-11-19 23:12:08 UTC to", rendered["Cadence"]);
        Assert.Contains("none that can be relied on", rendered["Cadence"], StringComparison.Ordinal);
    }

    [Fact]
    public void Backups_are_a_table_when_they_are_listed()
    {
        Assert.Matches(@"Backup +Age Revision +Release +Size Kind +Made", rendered["Backups"]);
        Assert.Matches(@"shoreguard-20261122T031214Z\.sqlite .* 016 +0\.27\.0 +12 MiB Sqlite +2026-11-22 03:12\n", rendered["Backups"]);
    }

    [Fact]
    public void A_report_on_a_backup_says_first_whether_it_can_be_relied_on()
    {
        var text = rendered["Backup reports"].Trim();
        Assert.StartsWith("✓ shoreguard-20261122T031214Z.sqlite  Usable\n  Holds       revision 016, 12 MiB, 1,234,607 rows in 2 tables\n  Age         1 d "
            + "7 h, within the RPO of 2 d 0 h\n", text, StringComparison.Ordinal);
        Assert.Contains("  Drill       restored in 2 s, checked in 3 s: expect 5 s\n", text, StringComparison.Ordinal);
        Assert.Contains("✗ shoreguard-20261122T031214Z.sqlite  Not usable\n  Problem     it is cut off\n  Holds       revision 016, 12 MiB\n", text,
            StringComparison.Ordinal);
        Assert.Contains("  Proofs      checksum not run, integrity failed, restored not run, verified not run\n  Next        Do not rely on it.", text,
            StringComparison.Ordinal);
        Assert.Contains("✗ shoreguard-20261122T031214Z.sqlite  Not proven\n  Problem     No PostgreSQL server answers\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Deployments_are_a_table_that_ends_with_the_telling_part_of_the_image()
    {
        Assert.Contains("http://localhost:8888", rendered["Deployment"], StringComparison.Ordinal);
        Assert.Contains("shoreguard:0.27.0", rendered["Deployment"], StringComparison.Ordinal);
    }

    [Fact]
    public void Releases_say_where_they_are_and_which_are_not_what_their_tag_says()
    {
        var text = rendered["Release"];
        Assert.Contains("4f1c2ab 2026-11-22 03:12 running           107 MiB 0.28.0 0.28 latest sha-4f1c2ab\n", text, StringComparison.Ordinal);
        Assert.Matches(@"0\.27\.0 \(0\.27\.1\.dev3\) +a1b2c3d 2026-11-22 03:12 registry ", text);
        Assert.Contains("here only", text, StringComparison.Ordinal);
        Assert.Contains("running, local", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_identity_says_the_answer_then_the_builds_then_what_differs_and_what_is_next()
    {
        var text = rendered["Identity"];
        Assert.StartsWith("✓ prod-shoreguard-1: the running build matches the published build.\n\n  Answers     0.28.0 (4f1c2ab) built 2026-11-22 03:12 UTC "
            + "http://localhost:8888\n", text.Trim(), StringComparison.Ordinal);
        Assert.Contains("✗ prod-shoreguard-1: the running build does not match the published build.\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "  Diagnosis   The pipeline is wrong, not the code; rolling back will reproduce it. The tag means another image", text, StringComparison.Ordinal);
        Assert.Contains("? https://shoreguard.example/sg: not everything could be compared.\n", text, StringComparison.Ordinal);
        Assert.Equal(2, Occurrences(text, "  Next        "));
    }

    [Fact]
    public void A_schema_says_where_the_database_is_and_which_migrations_can_be_taken_back()
    {
        var text = rendered["Schema"];
        Assert.StartsWith("✓ prod-shoreguard-1: at revision 018, the head of its image.\n\n  Database    revision 018 ", text.Trim(), StringComparison.Ordinal);
        Assert.Matches(
            "  ▸ 018      ✗ refuses Drops a column with what was in it: there is no +restore a backup taken before 018\n +way back but a backup\\.\n    017    "
            + "  ✓         Proposed policies\\. +policy_apply_proposals\n", text);
        Assert.Contains("  + 017 ", text, StringComparison.Ordinal);
        Assert.Contains("✗ prod-shoreguard-1: at revision 018, which its image does not know; it does not start.\n", text, StringComparison.Ordinal);
        Assert.Contains("  Compared    Ahead with localhost:5000/shoreguard:0.27.0: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schema_tells_what_is_wrong_with_an_image_and_is_no_wall_of_text()
    {
        var text = rendered["Schema of an image"];
        Assert.Equal(3, Occurrences(text, "  Problem     "));
        Assert.Matches("    009 +✓ +x\n    and 8 older, in Migrations\n", text);
        Assert.Contains("at no revision: alembic_version is empty", rendered["Schema of a database"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_downgrade_says_the_answer_then_what_it_cost_and_what_is_next()
    {
        var text = rendered["Downgrade"];
        Assert.StartsWith("✓ Downgraded to 016 (was 017) in 4 s.\n\n  Taken back  017 Proposed policies.\n  Dropped     policy_apply_proposals: 3 rows; "
            + "hooks.phase: 1 value, under a condition\n", text.Trim(), StringComparison.Ordinal);
        Assert.Contains("✗ Not downgraded to 016: what was begun is put back.\n\n  Reason      it said no\n", text, StringComparison.Ordinal);
        Assert.Contains("✓ At revision 016 already: nothing to do.\n", text, StringComparison.Ordinal);
        Assert.Equal(1, Occurrences(text, "  Next        "));
    }

    private static int Occurrences(string text, string part) => text.Split(part).Length - 1;
}
