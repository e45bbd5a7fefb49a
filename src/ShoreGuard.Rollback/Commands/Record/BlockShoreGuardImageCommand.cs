using System.Management.Automation;
using ShoreGuard.Rollback.Engine.State;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Blocks an image, so that nobody goes back to it by mistake.</summary>
/// <remarks>
/// <para>A blocked image is marked by Get-ShoreGuardRelease, left out by -Previous, and refused by Invoke-ShoreGuardImageRollback, until
/// Unblock-ShoreGuardImage. It is blocked by its digest, so that a tag that is moved does not matter, and by its commit, so that the same
/// code in another image is blocked as well.</para>
/// <para>Invoke-ShoreGuardRollback blocks the build that it has left by itself. Get-ShoreGuardBlockedImage lists what is blocked.</para>
/// <para>The list is kept in the journal, in the state folder of the user or in -StatePath. One that several machines share is kept in a file instead, which
/// -BlocklistPath or the variable SHOREGUARD_BLOCKLIST names: on a share, or in a repository, whose branches merge well since its lines are sorted. Both are
/// read together wherever something blocked is refused. The file is written by one at a time and in one step. A line of it that cannot be read is an
/// error, and so is a folder that is not there.</para>
/// </remarks>
/// <example>
/// <para>What runs is bad</para>
/// <code>Get-ShoreGuardDeployment | Block-ShoreGuardImage -Reason "a background task dies within seconds"</code>
/// <para>Blocks the image that runs, by its digest and its commit.</para>
/// </example>
/// <example>
/// <para>A release that is known to be bad</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardRelease -Version 0.29.0 | Block-ShoreGuardImage -Reason "answers 500 to every authenticated call"</code>
/// <para>Whether it is here already or still in the registry only.</para>
/// </example>
/// <example>
/// <para>For all machines</para>
/// <code>Get-ShoreGuardDeployment | Block-ShoreGuardImage -Reason "answers 500 to every call" -BlocklistPath ./blocklist.jsonl</code>
/// <para>In a file that is committed and pushed. With the variable SHOREGUARD_BLOCKLIST, every cmdlet and every rollback uses it.</para>
/// </example>
[Cmdlet(VerbsSecurity.Block, "ShoreGuardImage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(BlockedImage))]
public sealed class BlockShoreGuardImageCommand : ImageMarkCommand
{
    /// <summary>Why it is blocked, for those who find it blocked later.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string Reason { get; set; } = "";

    /// <summary>The release that was built into the image, for people to read.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    public string? Version { get; set; }

    /// <summary>The list that several machines share: a file on a share or in a repository, one JSON object a line. Default: the variable
    /// SHOREGUARD_BLOCKLIST; without either, the journal alone.</summary>
    [Parameter]
    [AllowNull]
    public string? BlocklistPath { get; set; }

    private protected override string? GivenBlocklist => BlocklistPath;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var image = new BlockedImage
        {
            Image = Image,
            Digest = MeantDigest,
            GitSha = MeantCommit,
            Version = Version is { Length: > 0 } ? Version : Identity?.Version,
            Reason = Reason,
            BlockedAt = DateTimeOffset.UtcNow,
            BlockedBy = Environment.UserName,
        };
        Run(async () =>
        {
            Blocklist.RequireClear(image.Digest, image.GitSha, image.Image);
            if (await Output.ShouldProcessAsync(image, $"Block {image}.", $"Block {image}?", "Block an image").ConfigureAwait(false))
                Output.Object(State.Blocklist.Add(image));
        });
    }
}
