using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Engine.Rollbacks.Planning;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that is told where a deployment is to go back to, and how.</summary>
public abstract class RollbackTargetCommand : TargetCommand
{
    /// <summary>The deployment, as Get-ShoreGuardDeployment gives it. It may be stopped.</summary>
    [Parameter(ParameterSetName = "Version", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "GitSha", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "Image", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "Previous", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "Release", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    public Deployment? Deployment { get; set; }

    /// <summary>The release to go back to, such as 0.27.0: the tag of that name in the repository the container runs now.</summary>
    // Not mandatory for PowerShell, which would say of a deployment without a target that it cannot be bound; the engine says what is missing.
    [Parameter(ParameterSetName = "Version", Position = 0)]
    [VersionForm]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string? Version { get; set; }

    /// <summary>Go back to the newest earlier release that is known to be good; where there is none, to the next lower version, with a warning that nothing vouches for it.</summary>
    [Parameter(ParameterSetName = "Previous", Mandatory = true)]
    public SwitchParameter Previous { get; set; }

    /// <summary>What may be done with the database: Auto lets the schema decide, and prefers what loses least; ImageOnly leaves it alone; Downgrade has the newer image take its schema down; Restore puts a backup in its place. What does not lead to the target is refused.</summary>
    [Parameter]
    public RollbackStrategy Strategy { get; set; } = RollbackStrategy.Auto;

    /// <summary>How the container is switched where the image alone changes, as in Invoke-ShoreGuardImageRollback -Strategy. Where the database changes with it, the old build is stopped first.</summary>
    [Parameter]
    public SwitchStrategy Switch { get; set; } = SwitchStrategy.Auto;

    /// <summary>The folder in which the backup before a downgrade is made, and in which one to restore is looked for, besides those that the journal knows. Taken literally. Default: the present folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string BackupFolder { get; set; } = ".";

    /// <summary>The backup to restore, instead of the newest one that the target knows. Taken literally.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? BackupPath { get; set; }

    /// <summary>Go on where the runbook says to stop: a dependency fails, what runs is not what was published, or the target is newer. What would not work is refused all the same.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>What was asked for. Pipeline thread only.</summary>
    private protected RollbackRequest Request() => new()
    {
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
            BackupFolder = ResolvePath(BackupFolder),
            BackupPath = BackupPath is null ? null : ResolvePath(BackupPath),
            Force = Force,
        },
        Credential = RegistryParameters.Credential(Credential),
    };
}
