using System.Management.Automation;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Refuses a time span that is zero or less, or longer than it may be.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PositiveTimeSpanAttribute : ValidateArgumentsAttribute
{
    /// <summary>How many days it may be at most; 0 for any number.</summary>
    public int MaxDays { get; init; }

    /// <inheritdoc/>
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        if (arguments is TimeSpan time && time <= TimeSpan.Zero)
            throw new ValidationMetadataException($"{time} must be a positive time span, for example 1.00:00:00 for one day.");
        if (MaxDays > 0 && arguments is TimeSpan given && given > TimeSpan.FromDays(MaxDays))
            throw new ValidationMetadataException($"{given} must be {MaxDays} days at most.");
    }
}
