using System.Management.Automation;
using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Pipeline;

/// <summary>As ValidatePattern, for what comes from the pipeline and may be missing there: nothing passes as well.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PatternOrNothingAttribute(string pattern) : ValidateArgumentsAttribute
{
    /// <inheritdoc/>
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        if (arguments is string { Length: > 0 } text && !Regex.IsMatch(text, pattern))
            throw new ValidationMetadataException($"'{text}' does not match the pattern {pattern}.");
    }
}
