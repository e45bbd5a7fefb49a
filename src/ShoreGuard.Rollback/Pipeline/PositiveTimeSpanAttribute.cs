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
            throw new ValidationMetadataException($"{time} is no time span to the future: give days and hours, such as 1.00:00:00 for a day.");
    }
}
