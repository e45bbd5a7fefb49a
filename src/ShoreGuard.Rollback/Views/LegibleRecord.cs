using System.Collections;
using System.Collections.Concurrent;
using System.Management.Automation;
using System.Reflection;

namespace ShoreGuard.Rollback.Views;

/// <summary>A record of which every text is fit for a terminal: what the views are given, so that no one of them has to think of it.</summary>
internal static class LegibleRecord
{
    private static readonly Assembly Contracts = typeof(Deployment).Assembly;
    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> Parts = new();

    /// <summary>The record itself where all of it can be shown as it is, else a copy.</summary>
    public static object Of(object record)
    {
        var fit = Fit(record);
        if (ReferenceEquals(fit, record))
            return record;
        // The name behind the type's, by which a view is chosen, stays too.
        foreach (var name in PSObject.AsPSObject(record).TypeNames.Where(name => name.Contains('#', StringComparison.Ordinal)).ToList())
            PSObject.AsPSObject(fit).TypeNames.Insert(0, name);
        return fit;
    }

    private static object Fit(object value) => value switch
    {
        string text => Legible.Of(text),
        IEnumerable several and not Uri => FitEach(value, several),
        _ when IsRecord(value.GetType()) => FitParts(value),
        _ => value,
    };

    private static object FitParts(object record)
    {
        object? copy = null;
        foreach (var part in Parts.GetOrAdd(record.GetType(), PartsOf))
        {
            if (part.GetValue(record) is not { } value || Fit(value) is var fit && ReferenceEquals(fit, value))
                continue;
            copy ??= record.GetType().GetMethod("<Clone>$")!.Invoke(record, null)!;
            part.SetValue(copy, fit);
        }
        return copy ?? record;
    }

    private static object FitEach(object list, IEnumerable items)
    {
        // Sets of names are asked whether they hold one, and shown by nobody.
        if (ItemOf(list.GetType()) is not { } type || list is not IList)
            return list;
        var all = items.Cast<object?>().ToArray();
        var fit = Array.ConvertAll(all, item => item is null ? null : Fit(item));
        if (all.Zip(fit).All(pair => ReferenceEquals(pair.First, pair.Second)))
            return list;
        var copy = Array.CreateInstance(type, fit.Length);
        fit.CopyTo(copy, 0);
        return copy;
    }

    private static Type? ItemOf(Type list) =>
        list.GetInterfaces().Where(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            .Select(face => face.GenericTypeArguments[0]).FirstOrDefault();

    // What is computed from the others follows them.
    private static PropertyInfo[] PartsOf(Type type) =>
        [.. type.GetProperties().Where(property => property.CanWrite && property.GetIndexParameters().Length == 0 && MayHoldText(property.PropertyType))];

    private static bool MayHoldText(Type type) =>
        type == typeof(string) || IsRecord(type) || (typeof(IEnumerable).IsAssignableFrom(type) && type != typeof(Uri));

    private static bool IsRecord(Type type) => type.IsClass && type.Assembly == Contracts && type.GetMethod("<Clone>$") is not null;
}
