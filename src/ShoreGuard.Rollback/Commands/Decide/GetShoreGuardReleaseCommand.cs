using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Releases;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Lists the releases that a deployment can go back to.</summary>
/// <remarks>
/// <para>Asks the registry for the tags of the deployment's repository, and the engine for its images, and puts both together: an image
/// with several tags is one release. Version, commit and build time are read from each image's configuration, without pulling it.
/// Releases come newest first, by version and then by build time, each as soon as it has been read. Reads only.</para>
/// <para>What a digest names never changes, so it is kept in the user's cache folder, and a second listing asks the registry only which
/// tags there are and what they mean now. If the registry cannot be asked, what is on the engine is listed, with a warning.</para>
/// <para>What is blocked is read from the journal and, where the variable SHOREGUARD_BLOCKLIST names one, from the list that several machines share. A list
/// that cannot be read is an error, here and wherever a blocked release is refused.</para>
/// <para>Credentials are those of docker login: from Docker's config.json or the credential helper that it names; or -Credential.</para>
/// </remarks>
/// <example>
/// <para>What can I go back to?</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardRelease</code>
/// <para>Every release of the repository that the deployment runs, newest first; the one that runs is marked.</para>
/// </example>
/// <example>
/// <para>Back to one of them</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardRelease -Version 0.27.0 | Invoke-ShoreGuardImageRollback</code>
/// <para>The release goes on with its deployment and its digest, so that a tag that moves meanwhile does not matter.</para>
/// </example>
/// <example>
/// <para>What ran before?</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardRelease -Previous</code>
/// <para>The newest earlier one that is known to be good, else the next lower version; look at it, then pipe it into Invoke-ShoreGuardImageRollback.</para>
/// </example>
/// <example>
/// <para>Which release is this commit?</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Get-ShoreGuardRelease -GitSha a1b2c3d</code>
/// <para>Found by its tag or by what was built into the image. An ambiguous commit prefix is an error; the message lists the matches.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "ShoreGuardRelease", DefaultParameterSetName = "Repository")]
[OutputType(typeof(Release))]
public sealed class GetShoreGuardReleaseCommand : JournalCommand
{
    /// <summary>The deployment, as Get-ShoreGuardDeployment gives it. Its repository and its engine are looked at.</summary>
    [Parameter(ParameterSetName = "Deployment", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [Record(typeof(Deployment))]
    public Deployment? Deployment { get; set; }

    /// <summary>The repository, without tag and digest, such as ghcr.io/flohofstetter/shoreguard. With a deployment: this one instead of its own.</summary>
    [Parameter(ParameterSetName = "Deployment")]
    [Parameter(ParameterSetName = "Repository", Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Repository { get; set; }

    /// <summary>Only releases of these versions, or with these tags. Wildcards are allowed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string[] Version { get; set; } = [];

    /// <summary>Only releases of these commits: their first digits, four or more, with or without the tag's prefix sha-. Wildcards are allowed.</summary>
    [Parameter]
    [CommitsForm]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string[] GitSha { get; set; } = [];

    /// <summary>Only the release to go back to from the one that runs: the newest earlier one that is known to be good, because it has held
    /// its gate in a rollback or was marked with Set-ShoreGuardKnownGood; where there is none, the next lower version that has a tag of its
    /// own, with a warning that it is not known to be good.</summary>
    [Parameter]
    public SwitchParameter Previous { get; set; }

    /// <summary>Only the newest release that has a version's tag.</summary>
    [Parameter]
    public SwitchParameter Latest { get; set; }

    /// <summary>Only so many. The others are not read.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [PSDefaultValue(Help = "All")]
    public int First { get; set; } = int.MaxValue;

    /// <summary>Registry credential to use instead of the one stored by docker login.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The engine whose images are looked at, as an address or the name of a Docker context. Default: DOCKER_HOST, else the chosen context,
    /// else the platform's default.</summary>
    [Parameter(ParameterSetName = "Repository")]
    [ValidateNotNullOrEmpty]
    public string? DockerHost { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Previous && Latest)
            ThrowTerminatingError(ErrorRecords.From(ErrorRecords.OneOf("Previous", "Latest"), this));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord() => Run(ListAsync);

    private async Task ListAsync()
    {
        var written = 0;
        await foreach (var release in ReleaseCatalog.FindAsync(Query(), new PipelineReporter(Output, Deployment?.Name), Cancellation).ConfigureAwait(false))
        {
            Output.Object(release);
            if (++written == First)
                break;
        }
    }

    private ReleaseQuery Query() => new()
    {
        State = State,
        Deployment = Deployment,
        Repository = Repository,
        DockerHost = DockerHost,
        Credential = RegistryParameters.Credential(Credential),
        Versions = Version,
        GitShas = GitSha,
        Choice = Previous ? ReleaseChoice.Previous : Latest ? ReleaseChoice.Latest : ReleaseChoice.All,
    };
}
