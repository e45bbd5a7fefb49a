using System.Management.Automation;

namespace ShoreGuard.Rollback.Deserialized;

/// <summary>A parameter that takes records, deserialized ones too.</summary>
/// <remarks>One that cannot be used is refused in words; PowerShell itself would only say that it cannot be bound.</remarks>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RecordAttribute(Type type) : ArgumentTransformationAttribute
{
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        inputData is object?[] several ? Array.ConvertAll(several, Transform) : Transform(inputData);

    private object? Transform(object? value)
    {
        if (Bag.TypeOf(value) != type)
            return value;
        try
        {
            return Bag.ToRecord((PSObject)value!, type);
        }
        catch (PSInvalidCastException error)
        {
            // Without the cause: with it, PowerShell would drop the words and look for another parameter.
            throw new ArgumentTransformationMetadataException(error.Message);
        }
    }
}
