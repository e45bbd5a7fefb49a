using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Deserialized;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that is told which build to go back to, when that build has proven itself, and where it is written down.</summary>
public abstract class TargetCommand : JournalCommand
{
    /// <summary>The parameter sets: a deployment with a target beside it, and a release, which is a target.</summary>
    internal const string ToTarget = "Deployment", ToRelease = "Release";

    /// <summary>The deployment, as Get-ShoreGuardDeployment returns it. It can be stopped.</summary>
    [Parameter(ParameterSetName = ToTarget, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = ToRelease, Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [Record(typeof(Deployment))]
    public Deployment? Deployment { get; set; }

    /// <summary>The release to go back to, as Get-ShoreGuardRelease returns it: exactly the listed image, by its digest. It brings its
    /// deployment with it.</summary>
    [Parameter(ParameterSetName = ToRelease, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    [Record(typeof(Release))]
    public Release? Release { get; set; }

    // The targets are one choice. None of them is mandatory for PowerShell, which would say of a deployment without one that it cannot be bound.

    /// <summary>The release to go back to, such as 0.27.0: the tag of that name in the repository of the running container.</summary>
    [Parameter(ParameterSetName = ToTarget, Position = 0)]
    [VersionForm]
    [ArgumentCompleter(typeof(TargetCompleter))]
    public string? Version { get; set; }

    /// <summary>The commit to go back to, 4 to 40 hexadecimal digits, with or without the tag's prefix sha-. Fewer than seven digits are
    /// looked up among the tags and must identify one commit.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [CommitForm]
    [ArgumentCompleter(typeof(TargetCompleter))]
    public string? GitSha { get; set; }

    /// <summary>The full reference of the image to go back to, with a tag, a digest or both.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TargetCompleter))]
    public string? Image { get; set; }

    /// <summary>How many seconds the new build has to become ready, its start included. Fractions are allowed.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [Parameter(ParameterSetName = ToRelease)]
    [ValidateRange(0.1, 3600.0)]
    public double GateTimeoutSec { get; set; } = 60;

    /// <summary>How many seconds it must then stay ready before the old container is removed. Fractions are allowed.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [Parameter(ParameterSetName = ToRelease)]
    [ValidateRange(0.0, 3600.0)]
    public double StabilitySec { get; set; } = 5;

    /// <summary>Checks of /readyz to ignore, by name. Wildcards are allowed.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [Parameter(ParameterSetName = ToRelease)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(CheckNameCompleter))]
    public string[] IgnoreCheck { get; set; } = [];

    /// <summary>Where the target is pinned, so that a later docker compose up keeps it. Env: in the environment file, in the variable
    /// that selects the image. ComposeFile: in the text of image: in the Compose file. Auto: in the first of the two that is possible.
    /// None: nowhere. A service with build: gets an image: in the Compose file if -Image names one, and is refused otherwise.</summary>
    [Parameter(ParameterSetName = ToTarget)]
    [Parameter(ParameterSetName = ToRelease)]
    public PinTarget Pin { get; set; } = PinTarget.Auto;

    /// <summary>Registry credential to use instead of the one stored by docker login. It is not passed to cosign, which reads Docker's
    /// configuration itself.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    private protected TimeSpan GatePatience => TimeSpan.FromSeconds(GateTimeoutSec);

    private protected TimeSpan GateStability => TimeSpan.FromSeconds(StabilitySec);

    /// <summary>The targets that this cmdlet can be given beside a deployment, and whether each is.</summary>
    private protected virtual IReadOnlyList<(string Parameter, bool IsGiven)> Targets =>
        [(nameof(Version), Version is not null), (nameof(GitSha), GitSha is not null), (nameof(Image), Image is not null)];

    /// <summary>Refuses a deployment without a target, and one with several.</summary>
    /// <exception cref="ShoreGuardException"><c>TargetMissing</c>, <c>ParametersConflict</c>.</exception>
    private protected void RequireOneTarget()
    {
        if (Release is not null)
            return;
        var given = Targets.Where(target => target.IsGiven).Select(target => target.Parameter).ToList();
        if (given.Count != 1)
            throw ErrorRecords.TargetUnclear(Deployment!.Name, given, [.. Targets.Select(target => target.Parameter)]);
    }
}
