using System.Management.Automation;
using ShoreGuard.Rollback.EndToEnd.Tests.Schema;
using ShoreGuard.Rollback.Tests;

namespace ShoreGuard.Rollback.EndToEnd.Tests.Rollbacks;

/// <summary>What cannot be planned: a clear error, and nothing is changed.</summary>
public sealed class RollbackInputTests : IDisposable
{
    private readonly ModuleHost _module = new();

    public void Dispose() => _module.Dispose();

    [Fact]
    public void Targets_databases_and_state_folders_that_make_no_plan()
    {
        using var made = RollbackCase.Make(_module, "0.26.0", "0.28.0", "sqlite");
        var before = made.Fingerprint(_module);

        _module.Run(made.Planning("-Version 0.28.0"))
            .Error("TargetIsRunning", ErrorCategory.InvalidOperation, ErrorCategory.ResourceExists, ErrorCategory.InvalidArgument);
        _module.Run(made.Planning("-Version 0.29.0")).Error("TargetNewer", ErrorCategory.InvalidArgument);
        _module.Run(made.Planning("-Version 0.26.9")).Error("ImageNotFound", ErrorCategory.ObjectNotFound);
        _module.Run(made.Planning($"-Image {Stack.DatabaseImage}"))
            .Error("MigrationsUnreadable|ImageNotHere|ImageNotFound", ErrorCategory.InvalidData, ErrorCategory.ObjectNotFound);
        _module.Run(made.Planning("")).Error("TargetMissing", ErrorCategory.InvalidArgument);
        _module.Run(made.Command("")).Error("TargetMissing", ErrorCategory.InvalidArgument);
        using (var broken = DerivedImage.Build("0.27.0", "RUN rm -f $(command -v python3) /usr/local/bin/python*"))
            _module.Run(made.Planning($"-Image {broken.Name}")).Error("MigrationsUnreadable", ErrorCategory.InvalidData);
        Assert.Contains("The image alone does not do",
            Assert.Single(_module.Run(made.Planning("-Version 0.27.0 -Strategy ImageOnly")).ThrowIfFailed().Single().Texts("Obstacles")),
            StringComparison.Ordinal);
        Assert.Equal(before, made.Fingerprint(_module));

        // A file where a folder should be: not even root can write into that.
        var file = Path.Combine(made.Project.Folder, "backups", "no-folder");
        File.WriteAllText(file, "");
        _module.Run($"{made.Deployment} | Invoke-ShoreGuardRollback -Version 0.27.0 -BackupFolder '{made.Folder}' -StatePath '{file}' -Confirm:$false")
            .Error("StateNotWritable", ErrorCategory.WriteError);
        Assert.Equal(before, made.Fingerprint(_module));

        foreach (var (sql, id) in new[] { ("UPDATE alembic_version SET version_num = 'zzz'", "DatabaseRevisionUnknown"),
            ("INSERT INTO alembic_version VALUES ('016')", "SchemaSeveralRevisions"), ("DELETE FROM alembic_version", "SchemaNotStamped") })
        {
            made.Project.Sql(sql);
            _module.Run(made.Planning("-Version 0.27.0")).Error(id, ErrorCategory.InvalidData, ErrorCategory.InvalidOperation);
            _module.Run(made.Command("-Version 0.27.0")).Error(id, ErrorCategory.InvalidData, ErrorCategory.InvalidOperation);
        }
    }

    [Fact]
    public void A_restore_without_a_backup_that_the_target_knows_is_impossible_and_says_where_it_was_looked_for()
    {
        using var made = RollbackCase.Make(_module, "0.27.0", "0.29.0", "sqlite");
        var before = made.Fingerprint(_module);
        var empty = Directory.CreateDirectory(Path.Combine(made.Project.Folder, "none")).FullName;
        var arguments = $"-Version 0.27.0 -BackupFolder '{empty}' -StatePath '{made.State}2'";
        var plan = _module.Run($"{made.Deployment} | Get-ShoreGuardRollbackPlan {arguments}").ThrowIfFailed().Single();
        Assert.Equal("False", plan.Text("CanRun"));
        var error = _module.Run($"{made.Deployment} | Invoke-ShoreGuardRollback {arguments} -Confirm:$false")
            .Error("RollbackImpossible", ErrorCategory.InvalidOperation);
        Assert.Contains(empty, error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, made.Fingerprint(_module));
    }
}
