namespace ShoreGuard.Rollback.Engine.Operations.Downgrading;

/// <summary>Where it is written down what a downgrade is at.</summary>
internal interface IDowngradeMemory
{
    /// <summary>Writes it, durably and in one step.</summary>
    /// <exception cref="ShoreGuardException">It could not be written.</exception>
    Task WriteAsync(DowngradeNote note);

    /// <summary>Nothing is left to be known of it.</summary>
    Task ForgetAsync();
}
