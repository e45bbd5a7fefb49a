using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Operations;
using ShoreGuard.Rollback.Engine.State;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Marks a build as known to be good, so that -Previous goes back to it.</summary>
/// <remarks>
/// <para>A build to which Invoke-ShoreGuardImageRollback has gone back is marked by itself once it has passed its gate and stayed ready.
/// This marks one by hand: the one that runs and is well, before the next deploy, or one that you know to be good. Of two images with a
/// digest only the same one is meant; an image without one is known by its commit.</para>
/// <para>A deployment from the pipeline is asked once how it is: where it is not running, cannot be reached or is not well, a warning says so,
/// and the mark is made all the same. An image alone is not asked.</para>
/// <para>Get-ShoreGuardRelease shows the mark, and its -Previous chooses the newest earlier release that has it. The marks are kept in the
/// journal, in the state folder of the user or in -StatePath.</para>
/// </remarks>
/// <example>
/// <para>What runs is well</para>
/// <code>Get-ShoreGuardDeployment | Set-ShoreGuardKnownGood -Reason "a week without an alert"</code>
/// <para>Before the next deploy, so that there is something to go back to.</para>
/// </example>
/// <example>
/// <para>It was not so good after all</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardRelease | Where-Object IsKnownGood | Set-ShoreGuardKnownGood -Remove</code>
/// <para>Removes all marks for the repository and returns them.</para>
/// </example>
[Cmdlet(VerbsCommon.Set, "ShoreGuardKnownGood", DefaultParameterSetName = "Set", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(KnownGoodBuild))]
public sealed class SetShoreGuardKnownGoodCommand : ImageMarkCommand
{
    /// <summary>The deployment whose build is marked, from Get-ShoreGuardDeployment. It is asked once how it is; one that is not well is marked with
    /// a warning that says what was found.</summary>
    [Parameter(ParameterSetName = "Set", ValueFromPipeline = true)]
    [AllowNull]
    public Deployment? Deployment { get; set; }

    /// <summary>Why it is known to be good, for those who go back to it later.</summary>
    [Parameter(ParameterSetName = "Set")]
    [ValidateNotNullOrEmpty]
    public string Reason { get; set; } = "marked by hand";

    /// <summary>The release that was built into the image, for people to read.</summary>
    [Parameter(ParameterSetName = "Set", ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    public string? Version { get; set; }

    /// <summary>Takes the mark away instead. A build that has none is an error.</summary>
    [Parameter(ParameterSetName = "Remove", Mandatory = true)]
    public SwitchParameter Remove { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Remove)
            TakeAway(MeantDigest, MeantCommit, Image);
        else
            Mark(new KnownGoodBuild
            {
                Image = Image,
                Digest = MeantDigest,
                GitSha = MeantCommit,
                Version = Version is { Length: > 0 } ? Version : Identity?.Version,
                Reason = Reason,
                ProvenAt = DateTimeOffset.UtcNow,
                ProvenBy = Environment.UserName,
                Database = Deployment?.Database.Kind,
            }, Deployment);
    }

    private void Mark(KnownGoodBuild build, Deployment? deployment) => Run(async () =>
    {
        KnownGood.RequireClear(build.Digest, build.GitSha, build.Image);
        if (deployment is not null && await KnownGoodCheck.FindDoubtAsync(deployment, Cancellation).ConfigureAwait(false) is { } doubt)
            Output.Warning($"{doubt} The build is marked as known to be good all the same, and -Previous will go back to it.");
        var description = $"Mark {build} as known to be good";
        if (await Output.ShouldProcessAsync(build, $"{description}.", $"{description}?", "Mark a build").ConfigureAwait(false))
            Output.Object(State.KnownGood.Add(build));
    });

    private void TakeAway(string? digest, string? commit, string? image) => Run(async () =>
    {
        State.KnownGood.RequireMarked(digest, commit, image);
        var name = image ?? digest ?? commit;
        if (!await Output.ShouldProcessAsync(name, $"Take the mark of {name} away.", $"Take the mark of {name} away?", "Mark a build").ConfigureAwait(false))
            return;
        foreach (var build in State.KnownGood.Remove(digest, commit, image))
            Output.Object(build);
    });
}
