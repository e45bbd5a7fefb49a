using System.Management.Automation;
using ShoreGuard.Rollback.Completers;
using ShoreGuard.Rollback.Deserialized;
using ShoreGuard.Rollback.Engine.Releases;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Compares the build that runs with the one that was published.</summary>
/// <remarks>
/// <para>The runbook's second step. Three are asked at the same time: the application for its /version, the engine for what was built
/// into the image that runs, and the registry for what the image's tag means now, without pulling it. With an expected build, that is
/// compared instead of the registry's. If they differ, the pipeline is wrong, not the code, and rolling back will reproduce it.</para>
/// <para>A tag that means another image now than the one that runs is a mismatch too. What could not be asked (the registry is down, the
/// container is stopped) is listed, and the verdict is then Inconclusive at best: a match means that everything was compared.</para>
/// </remarks>
/// <example>
/// <para>Is what runs what was published?</para>
/// <code>Get-ShoreGuardDeployment | Test-ShoreGuardIdentity</code>
/// <para>Compares /version, the running image and the image that the registry has under its tag.</para>
/// </example>
/// <example>
/// <para>Is it the build that the pipeline was to deploy?</para>
/// <code>Get-ShoreGuardDeployment | Test-ShoreGuardIdentity -ExpectedVersion 0.27.0 -ExpectedGitSha a1b2c3d</code>
/// <para>Compares with what is expected; the registry is not asked.</para>
/// </example>
/// <example>
/// <para>From afar, in a script</para>
/// <code>if (-not (Test-ShoreGuardIdentity -Uri https://shoreguard.example -ExpectedVersion 0.27.0 -Quiet)) { exit 1 }</code>
/// <para>Only the address is asked. False also when it does not answer.</para>
/// </example>
[Cmdlet(VerbsDiagnostic.Test, "ShoreGuardIdentity", DefaultParameterSetName = "Uri")]
[OutputType(typeof(IdentityReport), typeof(bool))]
public sealed class TestShoreGuardIdentityCommand : ShoreGuardCommand
{
    /// <summary>The deployment, as Get-ShoreGuardDeployment gives it.</summary>
    [Parameter(ParameterSetName = "Deployment", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNull]
    [Record(typeof(Deployment))]
    public Deployment? Deployment { get; set; }

    /// <summary>Where ShoreGuard answers. With a deployment: instead of its own address, for example that of the proxy in front of it.</summary>
    [Parameter(ParameterSetName = "Deployment")]
    [Parameter(ParameterSetName = "Uri", Mandatory = true, Position = 0)]
    [ValidateNotNull]
    public Uri? Uri { get; set; }

    /// <summary>The published image to compare with. Default: the one the deployment's container was made from.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ReleaseCompleter))]
    public string? Image { get; set; }

    /// <summary>The release that should run, for example 0.27.0.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ExpectedVersion { get; set; }

    /// <summary>The commit that should run: at least its first four hexadecimal digits. The form of the tags, sha-a1b2c3d, is understood.</summary>
    [Parameter]
    [CommitForm]
    public string? ExpectedGitSha { get; set; }

    /// <summary>When the build that should run was made, to the second. A time without a zone is local time; append Z for UTC.</summary>
    [Parameter]
    public DateTimeOffset? ExpectedBuildTime { get; set; }

    /// <summary>How many seconds the application may take to answer.</summary>
    [Parameter]
    [ValidateRange(1, 300)]
    public int TimeoutSec { get; set; } = 5;

    /// <summary>Accept any TLS certificate of the application. Only for a server you know to be the right one.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>Registry credential to use instead of the one stored by docker login.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Write only one answer for everything together: $true where at least one was compared, all of each is the same and no
    /// error occurred, else $false.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private QuietAnswer? _answer;

    /// <inheritdoc/>
    protected override void BeginProcessing() => _answer = Quiet ? new(this) : null;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var given = Deployment;
        Start(() => CompareAsync(given));
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        WaitForStarted();
        _answer?.Write();
    }

    private async Task CompareAsync(Deployment? deployment)
    {
        var report = await IdentityCheck.RunAsync(new()
        {
            Deployment = deployment,
            Uri = Uri,
            Image = Image,
            ExpectedVersion = ExpectedVersion,
            ExpectedGitSha = ExpectedGitSha,
            ExpectedBuildTime = ExpectedBuildTime,
            Timeout = TimeSpan.FromSeconds(TimeoutSec),
            SkipCertificateCheck = SkipCertificateCheck,
            Credential = RegistryParameters.Credential(Credential),
        }, new PipelineReporter(Output, deployment?.Name), Cancellation).ConfigureAwait(false);
        Output.Verbose(report.Explanation);
        if (_answer is { } answer)
            answer.Add(report.IsMatch);
        else
            Output.Object(report);
    }
}
