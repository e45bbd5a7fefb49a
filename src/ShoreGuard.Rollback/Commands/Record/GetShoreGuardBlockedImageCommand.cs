using System.Management.Automation;
using ShoreGuard.Rollback.Engine.State;
using ShoreGuard.Rollback.Pipeline;

namespace ShoreGuard.Rollback.Commands;

/// <summary>Lists the images that are blocked, and why.</summary>
/// <remarks>
/// <para>Everything that Block-ShoreGuardImage has blocked, and every build that Invoke-ShoreGuardRollback has left, the latest first. With an image, a digest
/// or a commit, only the entries that it falls under: its digest is blocked, or its commit, under whatever tag.</para>
/// <para>Reads the journal, in the state folder of the user or in -StatePath, and the list that is shared, if there is one, and creates no file.
/// Times are in UTC. An image that is not blocked gives nothing, which is no error.</para>
/// </remarks>
/// <example>
/// <para>What is blocked, and why?</para>
/// <code>Get-ShoreGuardBlockedImage</code>
/// <para>One line for each, the latest first.</para>
/// </example>
/// <example>
/// <para>Is what runs blocked?</para>
/// <code>Get-ShoreGuardDeployment | Get-ShoreGuardBlockedImage</code>
/// <para>The entries that the running image falls under, by its digest or its commit; normally none.</para>
/// </example>
/// <example>
/// <para>It is fixed</para>
/// <code>Get-ShoreGuardBlockedImage -Version 0.28.* | Unblock-ShoreGuardImage</code>
/// <para>Unblocks all that was blocked of 0.28.</para>
/// </example>
[Cmdlet(VerbsCommon.Get, "ShoreGuardBlockedImage")]
[OutputType(typeof(BlockedImage))]
public sealed class GetShoreGuardBlockedImageCommand : ImageMarkCommand
{
    /// <summary>Only entries of these releases. Wildcards are allowed. One that was blocked without a release is left out.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [PSDefaultValue(Help = "All")]
    public string[] Version { get; set; } = [];

    /// <summary>The list that several machines share: a file on a share or in a repository, one JSON object a line. Default: the variable
    /// SHOREGUARD_BLOCKLIST; without either, the journal alone.</summary>
    [Parameter]
    [AllowNull]
    public string? BlocklistPath { get; set; }

    private protected override string? GivenBlocklist => BlocklistPath;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var (digest, commit, image) = (MeantDigest, MeantCommit, Image);
        var isAny = (digest ?? commit ?? image) is null && !MyInvocation.ExpectingInput;
        var versions = Version.Select(each => WildcardPattern.Get(each, WildcardOptions.IgnoreCase)).ToArray();
        Run(() =>
        {
            if (!isAny)
                Blocklist.RequireClear(digest, commit, image);
            foreach (var entry in isAny ? State.Blocklist.All() : State.Blocklist.Find(digest, commit))
            {
                if (versions.Length == 0 || versions.Any(pattern => entry.Version is { } version && pattern.IsMatch(version)))
                    Output.Object(entry);
            }
            return Task.CompletedTask;
        });
    }
}
