using System.Reflection;
using System.Runtime.Loader;

namespace ShoreGuard.Rollback.Loading;

/// <summary>Keeps the engine and its dependencies apart from whatever else PowerShell has loaded.</summary>
internal sealed class EngineLoadContext(string enginePath) : AssemblyLoadContext("ShoreGuard.Rollback")
{
    private static readonly Assembly Contracts = typeof(HealthReport).Assembly;
    private readonly AssemblyDependencyResolver _resolver = new(enginePath);

    public Assembly LoadEngine() => LoadFromAssemblyPath(enginePath);

    // The records are the ones PowerShell has loaded: a second copy would be other types under the same names.
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == Contracts.GetName().Name)
            return Contracts;
        return _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
    }

    // Without this, SQLite's native library is not found (DllNotFoundException: e_sqlite3).
    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
}
