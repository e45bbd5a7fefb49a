using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;

namespace ShoreGuard.Rollback;

/// <summary>A list that reads as what is in it: <c>a; b; c</c>. ConvertTo-Csv and Export-Csv write a property's text, which of an array is its type.</summary>
/// <typeparam name="T">What is in it.</typeparam>
public sealed class ReadableList<T> : ReadOnlyCollection<T>
{
    /// <summary>Makes one of a list, which it shows as it is at any time.</summary>
    public ReadableList(IList<T> list)
        : base(list)
    {
    }

    /// <summary>For people: everything in it, with semicolons between.</summary>
    public override string ToString() => string.Join("; ", this);
}

/// <summary>Makes lists that read as what is in them.</summary>
internal static class ReadableList
{
    public static ReadableList<T> Empty<T>() => new([]);

    [return: NotNullIfNotNull(nameof(items))]
    public static ReadableList<T>? Of<T>(IReadOnlyList<T>? items) => items as ReadableList<T> ?? (items is null ? null : new(items as IList<T> ?? [.. items]));
}
