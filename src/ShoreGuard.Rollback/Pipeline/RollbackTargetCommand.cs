using System.Management.Automation;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Operations.Planning;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that plans or runs a rollback of image and database.</summary>
public abstract class RollbackTargetCommand : TargetCommand
{
    /// <summary>Go back to the newest earlier release that is known to be good. Where there is none, go back to the next lower version,
    /// with a warning that it is not known to be good.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    public SwitchParameter Previous { get; set; }

    /// <summary>What to do with the database. Auto: the schema decides, and the way that loses the least data is preferred. ImageOnly:
    /// leave it alone. Downgrade: the newer image takes its schema down. Restore: replace it with a backup. A choice that does not lead to
    /// the target is refused.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [Parameter(ParameterSetName = ToRelease)]
    public RollbackStrategy Strategy { get; set; } = RollbackStrategy.Auto;

    /// <summary>How the container is switched when only the image changes, as in Invoke-ShoreGuardImageRollback -Strategy. When the
    /// database changes too, the old build is stopped first.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [Parameter(ParameterSetName = ToRelease)]
    public SwitchStrategy Switch { get; set; } = SwitchStrategy.Auto;

    /// <summary>The folder for the backup that is made before a downgrade. A backup to restore is looked for there too, besides those in
    /// the journal. No wildcards. Default: the folder backups below the state folder,
    /// ~/.local/state/shoreguard-rollback/backups.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [Parameter(ParameterSetName = ToRelease)]
    [ValidateNotNullOrEmpty]
    public string? BackupFolder { get; set; }

    /// <summary>The backup to restore, instead of the newest one whose revision the target knows. No wildcards.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [Parameter(ParameterSetName = ToRelease)]
    [ValidateNotNullOrEmpty]
    public string? BackupPath { get; set; }

    /// <summary>The recovery point objective: how much may be lost at most, as a time span, for example 1.00:00:00 for a day. A plan that would lose
    /// more warns, and the
    /// incident says whether the objective was met. Default: none.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [Parameter(ParameterSetName = ToRelease)]
    [PositiveTimeSpan]
    public TimeSpan? Rpo { get; set; }

    /// <summary>The alerts of the deployment, as Get-ShoreGuardAlert gives them. Those that fire and began after the deploy are named where the plan says why,
    /// and all of them in the incident.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [Parameter(ParameterSetName = ToRelease)]
    [AllowNull]
    [Record(typeof(Alert))]
    public Alert[]? Alert { get; set; }

    /// <summary>Proceeds where the runbook says to stop: a dependency fails, the running build is not the published one, or the target is
    /// newer. What cannot work is still refused.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [Parameter(ParameterSetName = ToRelease)]
    public SwitchParameter Force { get; set; }

    /// <summary>Leaves the build that is rolled back unblocked. Without it, its digest and its commit are blocked once the target has held,
    /// with the symptom and the rollback's id as the reason.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [Parameter(ParameterSetName = ToRelease)]
    public SwitchParameter NoBlock { get; set; }

    private protected override IReadOnlyList<(string Parameter, bool IsGiven)> Targets => [.. base.Targets, (nameof(Previous), Previous)];

    /// <summary>What was asked for. Pipeline thread only.</summary>
    /// <exception cref="ShoreGuardException"><c>TargetMissing</c>, <c>ParametersConflict</c>, <c>PathNotFileSystem</c>.</exception>
    private protected RollbackRequest Request()
    {
        RequireOneTarget();
        return new()
        {
            State = OpenState(),
            Deployment = Deployment!,
            Options = new()
            {
                Version = Version,
                GitSha = GitSha,
                Image = Release?.Image ?? Image,
                Previous = Previous,
                Strategy = Strategy,
                Switch = Switch,
                Pin = Pin,
                GatePatience = GatePatience,
                GateStability = GateStability,
                IgnoredChecks = IgnoreCheck,
                BackupFolder = BackupFolderOr(BackupFolder),
                BackupPath = BackupPath is null ? null : ResolvePath(BackupPath),
                Rpo = Rpo,
                Force = Force,
                NoBlock = NoBlock,
            },
            Credential = RegistryParameters.Credential(Credential),
            Alerts = Alert ?? [],
        };
    }
}
