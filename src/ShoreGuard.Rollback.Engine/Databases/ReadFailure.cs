using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>What a failure to read a file says of it: that it may not be read, that another program lets nobody at it, or that its disk or its content is
/// not in order.</summary>
internal static class ReadFailure
{
    /// <summary>Of a database.</summary>
    /// <param name="path">The file.</param>
    /// <param name="error">An <see cref="IOException"/> or an <see cref="UnauthorizedAccessException"/>.</param>
    public static ShoreGuardException OfDatabase(string path, Exception error) => error switch
    {
        UnauthorizedAccessException => Errors.DatabaseDenied(path, error),
        _ when FileConflict.IsOthers(error) => Errors.DatabaseHeld(path, FileHolders.Program(path), error),
        _ => Errors.DatabaseUnreadable(path, error),
    };

    /// <summary>Of a backup.</summary>
    /// <inheritdoc cref="OfDatabase" path="/param"/>
    public static ShoreGuardException OfBackup(string path, Exception error) => error switch
    {
        UnauthorizedAccessException => Errors.BackupDenied(path, error),
        _ when FileConflict.IsOthers(error) => Errors.BackupBusy(path, FileHolders.Program(path), error),
        _ => Errors.BackupDamaged(path, Errors.Reason(error), error),
    };
}
