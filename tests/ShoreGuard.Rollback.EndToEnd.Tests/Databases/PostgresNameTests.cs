using System.Management.Automation;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Databases;

/// <summary>Names and passwords of every kind, which SQL, libpq, a command line, a URL and a container's environment each read in their own way.</summary>
public sealed class PostgresNameTests
{
    public static TheoryData<int, string, string, string> Names => new()
    {
        { 15, "UPPER Ünïcode 数据 ", new string('x', 63 - 12 - "UPPER Ünïcode 数据 "u8.Length), "MIXED_" },
        { 17, "-", " It's \"Quoted\" %41 \\ a=b", "-Rö le\"'%\\ " },
        { 17, "数据%", "ü", new string('R', 63 - 12) },
    };

    [Theory]
    [FullData(15, "-", " It's \"Quoted\" %41 \\ a=b", "-Rö le\"'%\\ ")]
    [MemberData(nameof(Names))]
    public void A_database_and_a_role_of_any_name(int major, string prefix, string suffix, string role)
    {
        using var box = new PostgresSandbox(host: PostgresHost.Of(major), prefix: prefix, suffix: suffix, role: role).Fill("012");
        var backup = box.BackUp().ThrowIfFailed().Single().Text("BackupPath")!;
        var before = box.Fingerprint();
        foreach (var inPlace in (bool[])[false, true])
        {
            box.MayCreateDatabases(!inPlace);
            box.Sql(box.Database, "DELETE FROM audit_log");
            box.Restore(backup).ThrowIfFailed();
            Assert.Equal(before, box.Fingerprint());
        }
        box.MayCreateDatabases(true);
        var report = box.Run($"Test-ShoreGuardBackup $args[1] {box.On} -Drill", backup).ThrowIfFailed().Single();
        Assert.True((bool)report.At("Usable")!, report.Text("Problem"));
        // The old one, kept under a name that fits.
        var kept = Assert.Single(box.Databases("_before_"));
        Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(kept), 1, 63);
        Assert.Equal([box.Database, kept], box.Databases("").Order(StringComparer.Ordinal).OrderBy(name => name != box.Database));
    }

    [Theory]
    [FullData(15)]
    [InlineData(17)]
    public void A_password_of_every_character(int major)
    {
        var password = string.Concat(Enumerable.Range(' ', 95).Select(value => (char)value)) + "äß$HOME`id`%2F ";
        using var box = new PostgresSandbox(host: PostgresHost.Of(major), password: password).Fill("012");
        var backup = box.BackUp().ThrowIfFailed().Single().Text("BackupPath")!;
        box.Restore(backup).ThrowIfFailed();
        box.MayCreateDatabases(false).Restore(backup).ThrowIfFailed();
    }

    // In the path of a URL nothing is decoded, as SQLAlchemy does not either.
    [Fact]
    public void A_database_that_there_is_not_is_named_as_it_was_meant()
    {
        using var box = new PostgresSandbox();
        var error = box.BackUp(box.Url + "%41").Error("DatabaseMissing", ErrorCategory.ObjectNotFound);
        Assert.Contains($"'{box.Database}%41'", error.ToString(), StringComparison.Ordinal);
    }
}
