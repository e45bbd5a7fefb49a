using System.Reflection;
using System.Reflection.Emit;
using ShoreGuard.Rollback.Engine.Deployments.Docker;

namespace ShoreGuard.Rollback.Engine.Tests;

/// <summary>The engine's folders are layers: what is in one uses what is in those below it, and nothing above.</summary>
public sealed class LayerTests
{
    // From the bottom up, as docs/architecture.md shows them; the first is what lies in no folder, and the errors.
    private static readonly string[] Layers = ["", "Files", "Deployments", "State", "Probing", "Alerts", "Releases", "Schema", "Databases", "Observing",
        "Operations", "Incidents"];

    private const BindingFlags All = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    private static readonly Assembly Engine = typeof(IReporter).Assembly;
    private static readonly string Root = typeof(IReporter).Namespace!;

    private static readonly Dictionary<short, OperandType> Operands = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value, code => code.OperandType);

    [Fact]
    public void No_arrow_points_up()
    {
        var types = Engine.GetTypes().Where(IsOurs).ToList();
        Assert.Equal(Layers.Order(StringComparer.Ordinal), types.Select(LayerOf).Distinct().Order(StringComparer.Ordinal));

        var up = from type in types
                 from used in Uses(type).Where(IsOurs)
                 where Level(used) > Level(type)
                 select $"{LayerOf(type)}: {Outermost(type).Name} uses {Outermost(used).Name} of {LayerOf(used)}";
        var found = up.Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    // What a piece of work needs is handed to it: who calls knows what is used, and two pieces at once do not share it.
    [Fact]
    public void Nothing_is_handed_on_in_secret()
    {
        var found = from type in Engine.GetTypes()
                    from field in type.GetFields(All)
                    where field is { IsStatic: true, IsLiteral: false } && !IsMadeByTheCompiler(field) && (!field.IsInitOnly || IsOfTheThread(field.FieldType))
                    select $"{type}.{field.Name}";
        Assert.Empty(found);

        static bool IsOfTheThread(Type type) =>
            type.IsGenericType && type.GetGenericTypeDefinition() is var open && (open == typeof(AsyncLocal<>) || open == typeof(ThreadLocal<>));
        static bool IsMadeByTheCompiler(MemberInfo member) =>
            member.Name.Contains('<', StringComparison.Ordinal) || (member.DeclaringType?.Name.Contains('<', StringComparison.Ordinal) ?? false);
    }

    // Everybody else has properties with types: what an engine writes is read in one place.
    [Fact]
    public void Only_the_platform_reaches_into_what_an_engine_says()
    {
        Type[] views = [typeof(ContainerView), typeof(ImageView), typeof(NetworkView), typeof(EndpointView)];
        var readers = from type in Engine.GetTypes()
                      where IsOurs(type) && LayerOf(type) != "Deployments"
                      from method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All))
                      where Members(method).Any(member => member is MethodInfo { Name: "get_Json" } && views.Contains(member.DeclaringType))
                      select $"{type}.{method.Name}";
        Assert.Empty(readers);
    }

    [Fact]
    public void An_arrow_is_seen_wherever_it_is()
    {
        var used = Uses(typeof(Everywhere)).ToHashSet();
        Assert.Subset(used, new HashSet<Type> { typeof(Version), typeof(Uri), typeof(Guid), typeof(TimeSpan), typeof(Math) });
    }

    private sealed class Everywhere(Version field) : List<Uri>
    {
        public Guid Signature() => field.Major == 0 ? Guid.Empty : Guid.NewGuid();

        public static double Inside(object value) => value is TimeSpan ? Math.Sqrt(2) : 0;
    }

    // The compiler's own have no namespace.
    private static bool IsOurs(Type type) => type.Assembly == Engine && type.Namespace?.StartsWith(Root, StringComparison.Ordinal) == true;

    private static int Level(Type type) => Array.IndexOf(Layers, LayerOf(type));

    private static string LayerOf(Type type) => type.Namespace!.Length == Root.Length ? "" : type.Namespace[(Root.Length + 1)..].Split('.')[0];

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static IEnumerable<Type> Uses(Type type)
    {
        var members = type.GetFields(All).Select(field => field.FieldType).Concat(type.GetInterfaces()).Append(type.BaseType ?? typeof(object));
        var methods = type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)).SelectMany(Uses);
        return members.Concat(methods).SelectMany(Parts);
    }

    private static IEnumerable<Type> Uses(MethodBase method)
    {
        var named = method.GetParameters().Select(parameter => parameter.ParameterType).Append((method as MethodInfo)?.ReturnType ?? typeof(void));
        return method.GetMethodBody() is not { } body ? named
            : named.Concat(body.LocalVariables.Select(local => local.LocalType)).Concat(Members(method).SelectMany(TypesOf));
    }

    private static IEnumerable<Type> TypesOf(MemberInfo member) =>
        [member as Type ?? member.DeclaringType ?? typeof(void), .. member is MethodInfo { IsGenericMethod: true } generic
            ? generic.GetGenericArguments() : []];

    // What its code names.
    private static IEnumerable<MemberInfo> Members(MethodBase method)
    {
        var code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var at = 0; at < code.Length;)
        {
            var value = code[at] == 0xFE ? unchecked((short)(0xFE00 | code[++at])) : code[at];
            at++;
            var operand = Operands[value];
            if (operand is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok
                && Resolve(method, BitConverter.ToInt32(code, at)) is { } member)
            {
                yield return member;
            }
            at += operand switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    private static MemberInfo? Resolve(MethodBase method, int token) => method.Module.ResolveMember(token,
        method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null, method.IsGenericMethod ? method.GetGenericArguments() : null);

    private static IEnumerable<Type> Parts(Type type)
    {
        if (type.HasElementType)
            return Parts(type.GetElementType()!);
        return type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type) : type.IsGenericParameter ? [] : [type];
    }
}
