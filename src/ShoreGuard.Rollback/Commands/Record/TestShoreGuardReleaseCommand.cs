using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Operations.Guarding;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Says whether a release may be deployed: the gate of a deploy pipeline.</summary>
/// <remarks>
/// <para>Looks at five things. NotBlocked: neither its digest nor its commit is blocked, under whatever tag. Signature: cosign confirms who has signed it.
/// Reversible: every migration that its start would run can be taken back. Backup: there is a proven backup of the database that is younger than -Rpo.
/// KnownIdentity: it says what it was built from, and its tag and its labels agree.</para>
/// <para>A release that is blocked, or that would not start on the database, fails always. The others fail it only where -Require names them, and warn
/// otherwise. What could not be told is Unknown, and has not passed where it is required: the report is then Inconclusive. An image that is not on the
/// engine has to be pulled before its migrations can be read.</para>
/// <para>Without a deployment, only what the image alone tells is looked at. A release that is not good is a report, and not an error. Changes nothing, not
/// even by a pull.</para>
/// </remarks>
/// <example>
/// <para>May it be deployed?</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Test-ShoreGuardRelease -Version 0.28.0</code>
/// <para>Every check with what was found. Only one that is blocked, or that would not start, fails.</para>
/// </example>
/// <example>
/// <para>Only with a way back</para>
/// <code>Get-ShoreGuardDeployment -Project prod | Test-ShoreGuardRelease -Version 0.28.0 -Require Reversible, Backup -Rpo 0.06:00:00</code>
/// <para>Fails where a migration cannot be taken back, or no proven backup is younger than six hours.</para>
/// </example>
/// <example>
/// <para>As the gate of a pipeline</para>
/// <code>if (-not (Get-ShoreGuardDeployment -Project prod | Test-ShoreGuardRelease -Version 0.27.0 -Require KnownIdentity -Quiet)) { exit 1 }</code>
/// <para>False also where something could not be told. examples/Assert-Release.ps1 tells the two apart by its exit code.</para>
/// </example>
/// <example>
/// <para>What is listed</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardRelease -Latest | Test-ShoreGuardRelease</code>
/// <para>Exactly the image that was listed, by its digest, for the deployment that it was listed for.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "ShoreGuardRelease", DefaultParameterSetName = OfImage)]
[OutputType(typeof(ReleaseReport), typeof(bool))]
public sealed class TestShoreGuardReleaseCommand : JournalCommand
{
    private const string OfDeployment = "Deployment", OfRelease = "Release", OfImage = "Image";

    /// <summary>The deployment that the release is for, as Get-ShoreGuardDeployment returns it.</summary>
    [Parameter(ParameterSetName = OfDeployment, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    [Record(typeof(Deployment))]
    public Deployment? Deployment { get; set; }

    /// <summary>The release, as Get-ShoreGuardRelease returns it: exactly the listed image, by its digest. It brings its deployment with it.</summary>
    [Parameter(ParameterSetName = OfRelease, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    [Record(typeof(Release))]
    public Release? Release { get; set; }

    /// <summary>The release, such as 0.28.0: the tag of that name in the repository of the running container.</summary>
    [Parameter(ParameterSetName = OfDeployment, Position = 0)]
    [VersionForm]
    [ArgumentCompleter(typeof(TargetCompleter))]
    public string? Version { get; set; }

    /// <summary>The full reference of the image, with a tag, a digest or both.</summary>
    [Parameter(ParameterSetName = OfDeployment)]
    [Parameter(ParameterSetName = OfImage, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string? Image { get; set; }

    /// <summary>What has to hold: Signature, Reversible, Backup, KnownIdentity. What is not named here warns.</summary>
    [Parameter]
    public ReleaseRequirement[] Require { get; set; } = [];

    /// <summary>How old the backup may be, the recovery point objective, as a time span such as 1.00:00:00 (a day).</summary>
    [Parameter]
    [PositiveTimeSpan]
    public TimeSpan Rpo { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The folder in which backups are looked for, besides those in the journal. No wildcards. Default: the folder backups below the state
    /// folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? BackupFolder { get; set; }

    /// <summary>The subject that the signing certificate must name, instead of ShoreGuard's own workflows.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CertificateIdentity { get; set; }

    /// <summary>The OIDC issuer that must have certified that subject, instead of GitHub's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? OidcIssuer { get; set; }

    /// <summary>The public key that the release must be signed with: a file, or an address that cosign understands. The public transparency log is then not
    /// consulted.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SignatureKey { get; set; }

    /// <summary>Registry credential to use instead of the one stored by docker login. It is not passed to cosign, which reads Docker's configuration
    /// itself.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The engine, where only an image is given: its address, or the name of a Docker context. Default: the variable DOCKER_HOST, else the current
    /// context, else the platform's default.</summary>
    [Parameter(ParameterSetName = OfImage)]
    [ValidateNotNullOrEmpty]
    public string? DockerHost { get; set; }

    /// <summary>The list that several machines share: a file on a share or in a repository, one JSON object a line. Default: the variable
    /// SHOREGUARD_BLOCKLIST; without either, the journal alone.</summary>
    [Parameter]
    [AllowNull]
    public string? BlocklistPath { get; set; }

    private protected override string? GivenBlocklist => BlocklistPath;

    /// <summary>Write only one answer for everything together: $true where at least one release was tested, all have passed and no error occurred, else
    /// $false.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private QuietAnswer? _answer;

    /// <inheritdoc/>
    protected override void BeginProcessing() => _answer = Quiet ? new(this) : null;

    /// <inheritdoc/>
    protected override void EndProcessing() => _answer?.Write();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            var request = Request();
            Run(() => TestAsync(request));
        }
        catch (ShoreGuardException error)
        {
            WriteFailure(error);
        }
    }

    private async Task TestAsync(ReleaseTestRequest request)
    {
        var report = await ReleaseTest.RunAsync(request, new PipelineReporter(Output, request.Deployment?.Name), Cancellation).ConfigureAwait(false);
        Output.Verbose($"{report.Image}: {report.Explanation}");
        if (_answer is { } answer)
            answer.Add(report.Passed);
        else
            Output.Object(report);
    }

    private ReleaseTestRequest Request()
    {
        if (Deployment is not null && Release is null && Version is null == Image is null)
            throw ErrorRecords.TargetUnclear(Deployment.Name, Version is null ? [] : [nameof(Version), nameof(Image)], [nameof(Version), nameof(Image)]);
        return new()
        {
            State = OpenState(),
            Deployment = Release is null ? Deployment : Release.Deployment,
            Version = Release is null ? Version : null,
            Image = Release?.Image ?? Image,
            DockerHost = Release?.DockerHost ?? DockerHost,
            Required = Require,
            Signature = SignatureParameters.Of(this, SignatureKey, CertificateIdentity, OidcIssuer),
            Rpo = Rpo,
            BackupFolder = BackupFolderOr(BackupFolder),
            Credential = RegistryParameters.Credential(Credential),
        };
    }
}
