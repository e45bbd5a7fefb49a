using System.Management.Automation;
using ShoreGuard.Rollback.Engine.Databases;
using ShoreGuard.Rollback.Views;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>A cmdlet that works on backup files, named as PowerShell's own cmdlets have files named.</summary>
public abstract class BackupPathCommand : JournalCommand
{
    /// <summary>Backup files, or folders, which stand for the backups in them. Wildcards are allowed. Default: the folder in which
    /// backups are made by default, backups below the state folder.</summary>
    [Parameter(ParameterSetName = "Path", Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>Backup files or folders, taken literally. Takes the paths of the objects of Get-ShoreGuardBackup, Backup-ShoreGuardDatabase and
    /// Get-ChildItem.</summary>
    [Parameter(ParameterSetName = "LiteralPath", Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("BackupPath", "FullName", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The paths that are meant, absolute; what cannot be found is an error of its own. Pipeline thread only.</summary>
    private protected IReadOnlyList<string> ResolvePaths()
    {
        var resolved = new List<string>();
        // The default folder is not there before the first backup, which is no error.
        if (ParameterSetName == "Path" && Path is [])
            return Directory.Exists(BackupFolderOr(null)) ? [BackupFolderOr(null)] : [];
        foreach (var path in ParameterSetName == "LiteralPath" ? LiteralPath : Path)
        {
            try
            {
                var several = ParameterSetName != "LiteralPath" && WildcardPattern.ContainsWildcardCharacters(path);
                foreach (var file in several ? ExpandPath(path) : [ResolvePath(path)])
                {
                    if (IsPassedOver(file, several))
                        WriteVerbose(Legible.Of($"{file} is the sidecar of a backup, and passed over."));
                    else
                        resolved.Add(file);
                }
            }
            catch (ShoreGuardException error)
            {
                WriteFailure(error);
            }
        }
        return resolved;
    }

    // Among the files of a folder, whoever listed them; one that was named is a mistake.
    private bool IsPassedOver(string file, bool isOneOfMany)
    {
        if (isOneOfMany || MyInvocation.ExpectingInput)
            return BackupCatalog.IsSidecar(file);
        BackupCatalog.NotASidecar(file);
        return false;
    }
}
