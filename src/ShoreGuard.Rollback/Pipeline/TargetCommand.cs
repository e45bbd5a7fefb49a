using System.Management.Automation;
using ShoreGuard.Rollback.Completers;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that is told which build to go back to, when that build has proven itself, and where it is written down.</summary>
public abstract class TargetCommand : JournalCommand
{
    /// <summary>The commit to go back to, 4 to 40 hexadecimal digits, with or without the tag's prefix sha-. Fewer than seven are looked for among the tags, and have to mean one commit.</summary>
    [Parameter(ParameterSetName = "GitSha", Mandatory = true)]
    [CommitForm]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string? GitSha { get; set; }

    /// <summary>The whole reference of the image to go back to, with a tag, a digest or both.</summary>
    [Parameter(ParameterSetName = "Image", Mandatory = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string? Image { get; set; }

    /// <summary>The release to go back to, as Get-ShoreGuardRelease gives it: exactly the image that was listed, by its digest. It brings its deployment with it.</summary>
    [Parameter(ParameterSetName = "Release", Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    public Release? Release { get; set; }

    /// <summary>How many seconds the new build may take to become ready, its start included.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int GateTimeoutSec { get; set; } = 60;

    /// <summary>How many seconds it then has to stay ready before the old container is let go.</summary>
    [Parameter]
    [ValidateRange(0, 3600)]
    public int StabilitySec { get; set; } = 5;

    /// <summary>Checks of /readyz that do not count, by name. Wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] IgnoreCheck { get; set; } = [];

    /// <summary>Where the target is written down, so that a later docker compose up keeps it: Env in the environment file, under the
    /// variable that decides the image; ComposeFile in the text of image: in the Compose file; Auto in the first of the two that can
    /// be; None nowhere. A service that is built gets an image: in the Compose file if -Image names one, and is refused otherwise.</summary>
    [Parameter]
    public PinTarget Pin { get; set; } = PinTarget.Auto;

    /// <summary>Who to be to the registry, instead of what docker login has left. Not handed to cosign, which reads Docker's settings itself.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    private protected TimeSpan GatePatience => TimeSpan.FromSeconds(GateTimeoutSec);

    private protected TimeSpan GateStability => TimeSpan.FromSeconds(StabilitySec);
}
