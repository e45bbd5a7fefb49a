using System.Management.Automation;
using ShoreGuard.Rollback.Engine.State;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Takes an image off the list of those that are blocked.</summary>
/// <remarks>
/// <para>Takes off every entry that the image falls under, by its digest or by its commit, in the journal and in the shared list, and gives them. An image
/// that is not blocked is an error.</para>
/// </remarks>
/// <example>
/// <para>It is good after all</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardRelease | Where-Object IsBlocked | Unblock-ShoreGuardImage</code>
/// <para>Unblocks whatever is blocked of the repository.</para>
/// </example>
/// <example>
/// <para>By what was listed</para>
/// <code>Get-ShoreGuardBlockedImage -GitSha a1b2c3d | Unblock-ShoreGuardImage</code>
/// <para>Unblocks the commit, and every entry that its images fall under.</para>
/// </example>
[Cmdlet(VerbsSecurity.Unblock, "ShoreGuardImage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(BlockedImage))]
public sealed class UnblockShoreGuardImageCommand : ImageMarkCommand
{
    /// <summary>The list that several machines share: a file on a share or in a repository, one JSON object a line. Default: the variable
    /// SHOREGUARD_BLOCKLIST; without either, the journal alone.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    public string? BlocklistPath { get; set; }

    private protected override string? GivenBlocklist => BlocklistPath;

    private readonly List<BlockedImage> _freed = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var (digest, commit, image) = (MeantDigest, MeantCommit, Image);
        var name = image ?? digest ?? commit;
        Run(async () =>
        {
            // Several images of one commit fall under one entry, which the first of them has taken off.
            if (_freed.Exists(entry => Blocklist.Matches(entry, digest, commit)) && State.Blocklist.Find(digest, commit).Count == 0)
                return;
            State.Blocklist.RequireBlocked(digest, commit, image);
            if (!await Output.ShouldProcessAsync(name, $"Unblock {name}.", $"Unblock {name}?", "Unblock an image").ConfigureAwait(false))
                return;
            foreach (var entry in State.Blocklist.Remove(digest, commit, image))
            {
                _freed.Add(entry);
                Output.Object(entry);
            }
        });
    }
}
