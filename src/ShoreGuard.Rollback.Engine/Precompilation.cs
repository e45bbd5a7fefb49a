using System.Reflection;
using System.Runtime;
using System.Runtime.CompilerServices;
using Docker.DotNet;

namespace ShoreGuard.Rollback.Engine;

/// <summary>Compiles what runs while nobody is served before that begins: the application that starts meanwhile needs the processor.</summary>
internal static class Precompilation
{
    private const BindingFlags Declared =
        BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    // Not the databases: their libraries are loaded where they are used, and what is slow about them is over before.
    private static readonly string[] Namespaces = [$"{typeof(Precompilation).Namespace}.Rollbacks", $"{typeof(Precompilation).Namespace}.Probing",
        $"{typeof(Precompilation).Namespace}.Deployments.Docker"];

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan LongestToSettle = TimeSpan.FromSeconds(3);
    private const int FewMethods = 3;

    private static readonly Lazy<Task> Once = new(() => Task.Run(Compile));

    /// <summary>Does it, once in a process; other work may go on meanwhile.</summary>
    public static Task RunAsync() => Once.Value;

    /// <summary>Waits until the runtime has compiled for speed what was called often until now: it would do so in the outage.</summary>
    /// <remarks>It begins 100 ms after the last method that was new, and goes on beside whatever is done then (the runtime's documentation on tiered
    /// compilation).</remarks>
    public static async Task SettleAsync(TimeProvider clock, CancellationToken cancellation)
    {
        await RunAsync().ConfigureAwait(false);
        var (compiled, quiet) = (JitInfo.GetCompiledMethodCount(), TimeSpan.Zero);
        for (var waited = TimeSpan.Zero; quiet < Quiet && waited < LongestToSettle; waited += Look)
        {
            await Task.Delay(Look, clock, cancellation).ConfigureAwait(false);
            var now = JitInfo.GetCompiledMethodCount();
            quiet = now - compiled <= FewMethods ? quiet + Look : TimeSpan.Zero;
            compiled = now;
        }
    }

    private static void Compile()
    {
        var ours = typeof(Precompilation).Assembly.GetTypes().Where(type =>
            Namespaces.Any(each => type.Namespace?.StartsWith(each, StringComparison.Ordinal) == true));
        var calls = typeof(DockerClient).Assembly.GetTypes().Where(type =>
            (type.DeclaringType ?? type).Name is nameof(DockerClient) or "ContainerOperations" or "NetworkOperations");
        foreach (var method in ours.Concat(calls)
            .Where(type => !type.ContainsGenericParameters).SelectMany(type => type.GetMethods(Declared).Concat<MethodBase>(type.GetConstructors(Declared))))
        {
            if (!method.IsAbstract && !method.ContainsGenericParameters && method.GetMethodBody() is not null)
                Compile(method);
        }
    }

    private static void Compile(MethodBase method)
    {
        try
        {
            RuntimeHelpers.PrepareMethod(method.MethodHandle);
        }
        catch (Exception error)
            when (error is TypeLoadException or FileNotFoundException or FileLoadException or BadImageFormatException or MissingMemberException)
        {
            // It is compiled when it is called, then.
        }
    }
}
