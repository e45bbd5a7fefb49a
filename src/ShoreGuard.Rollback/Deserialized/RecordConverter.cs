using System.Management.Automation;

namespace ShoreGuard.Rollback.Deserialized;

/// <summary>Makes records again of what comes from jobs, other sessions and files. ShoreGuard.Rollback.Types.ps1xml names it; not for scripts.</summary>
public sealed class RecordConverter : PSTypeConverter
{
    /// <inheritdoc/>
    public override bool CanConvertFrom(object sourceValue, Type destinationType) => Bag.TypeOf(sourceValue) == destinationType;

    /// <inheritdoc/>
    public override object ConvertFrom(object sourceValue, Type destinationType, IFormatProvider formatProvider, bool ignoreCase) =>
        Bag.ToRecord((PSObject)sourceValue, destinationType);

    /// <inheritdoc/>
    public override bool CanConvertTo(object sourceValue, Type destinationType) => false;

    /// <inheritdoc/>
    public override object ConvertTo(object sourceValue, Type destinationType, IFormatProvider formatProvider, bool ignoreCase) =>
        throw new PSNotSupportedException();
}
