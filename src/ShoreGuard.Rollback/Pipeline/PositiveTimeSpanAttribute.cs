using System.Management.Automation;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>Refuses a time span that is zero or less.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PositiveTimeSpanAttribute : ValidateArgumentsAttribute
{
    /// <inheritdoc/>
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        if (arguments is TimeSpan time && time <= TimeSpan.Zero)
            throw new ValidationMetadataException($"{time} must be a positive time span, for example 1.00:00:00 for one day.");
    }
}
