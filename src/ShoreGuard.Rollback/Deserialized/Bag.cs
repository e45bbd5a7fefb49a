using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;

namespace ShoreGuard.Rollback.Deserialized;

/// <summary>A record that came from a job, another session or a file: the names and values of its properties, of which it is made again.</summary>
/// <remarks>Properties that this version of the module does not know are left out; one that it needs and does not find
/// is refused, as is a value that cannot be meant.</remarks>
internal static class Bag
{
    private const string Prefix = "Deserialized.";
    private static readonly Assembly Contracts = typeof(Deployment).Assembly;

    /// <summary>Which record it was; null for anything else.</summary>
    public static Type? TypeOf(object? value) => value is PSObject { BaseObject: PSCustomObject } bag
        ? bag.TypeNames.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).Select(name => Contracts.GetType(name[Prefix.Length..]))
            .FirstOrDefault(IsRecord)
        : null;

    /// <summary>The record that it was.</summary>
    /// <exception cref="PSInvalidCastException">It cannot be made again; the message says why, and what to do.</exception>
    public static object ToRecord(PSObject bag, Type type)
    {
        try
        {
            var record = type.GetConstructor(Type.EmptyTypes) is { } plain ? Fill(plain.Invoke([]), bag) : Construct(type, bag);
            // The name behind the type's, by which a view is chosen, stays too.
            foreach (var name in bag.TypeNames.Where(name => name.StartsWith($"{Prefix}{type.FullName}#", StringComparison.Ordinal)))
                PSObject.AsPSObject(record).TypeNames.Insert(0, name[Prefix.Length..]);
            return record;
        }
        catch (Exception error) when (error is not PSInvalidCastException)
        {
            throw Refused(type, (error as TargetInvocationException)?.InnerException?.Message ?? error.Message, error);
        }
    }

    private static object Fill(object record, PSObject bag)
    {
        foreach (var property in record.GetType().GetProperties().Where(property => property.CanWrite))
        {
            if (bag.Properties[property.Name]?.Value is { } value)
                property.SetValue(record, ToValue(value, property.PropertyType, record.GetType(), property.Name));
            else if (IsNeeded(property))
                throw Refused(record.GetType(), $"it has no {property.Name}");
        }
        return record;
    }

    private static object Construct(Type type, PSObject bag)
    {
        var constructor = type.GetConstructors().Single();
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter =>
            bag.Properties[parameter.Name!]?.Value is { } value ? ToValue(value, parameter.ParameterType, type, parameter.Name!)
            : parameter.HasDefaultValue ? parameter.DefaultValue : throw Refused(type, $"it has no {parameter.Name}"))]);
    }

    private static bool IsNeeded(PropertyInfo property) =>
        property.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute)) && Nullable.GetUnderlyingType(property.PropertyType) is null
        && (property.PropertyType.IsValueType || new NullabilityInfoContext().Create(property).WriteState == NullabilityState.NotNull);

    private static object ToValue(object value, Type declared, Type owner, string name)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        var plain = (value as PSObject)?.BaseObject ?? value;
        if (type.IsInstanceOfType(plain))
            return plain;
        if (type.IsGenericType)
            return ToList(value, type.GenericTypeArguments[0], owner, name);
        if (IsRecord(type))
            return TypeOf(value) == type
                ? ToRecord((PSObject)value, type)
                : throw Refused(owner, $"its {name} is only a text (it was exported without the module, or with too small a -Depth)");
        if (type == typeof(DateTimeOffset))
            return ToTime(value, plain);
        // By its name: another version of the module may number it otherwise.
        if (type.IsEnum)
            return Enum.TryParse(type, value.ToString(), out var known) && Enum.IsDefined(type, known)
                ? known
                : throw Refused(owner, $"this version of the module has no {name} {value}");
        return LanguagePrimitives.ConvertTo(value, type, CultureInfo.InvariantCulture);
    }

    private static Array ToList(object value, Type type, Type owner, string name)
    {
        var items = (LanguagePrimitives.GetEnumerable(value)?.Cast<object?>() ?? [value]).Select(item => ToValue(item ?? "", type, owner, name)).ToList();
        var list = Array.CreateInstance(type, items.Count);
        ((ICollection)items).CopyTo(list, 0);
        return list;
    }

    // PowerShell writes a DateTimeOffset as the values of its properties.
    private static DateTimeOffset ToTime(object value, object plain) =>
        value is PSObject { BaseObject: PSCustomObject } bag
            && bag.Properties["Ticks"]?.Value is long ticks && bag.Properties["Offset"]?.Value is TimeSpan offset
            ? new DateTimeOffset(ticks, offset)
            : LanguagePrimitives.ConvertTo<DateTimeOffset>(plain is PSCustomObject ? value.ToString() : plain);

    private static bool IsRecord(Type? type) =>
        type is { IsClass: true, IsPublic: true, IsAbstract: false, IsGenericType: false }
            && type.Assembly == Contracts && !type.IsSubclassOf(typeof(Exception));

    private static PSInvalidCastException Refused(Type type, string why, Exception? inner = null) =>
        new($"This deserialized {type.Name} cannot be used: {why.TrimEnd('.')}. Get it again in this session.", inner);
}
