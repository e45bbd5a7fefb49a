using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace ShoreGuard.Rollback.Loading;

/// <summary>Tells PowerShell's load context where the engine is. Loads nothing itself.</summary>
public sealed class ModuleInitializer : IModuleAssemblyInitializer
{
    private const string EngineName = "ShoreGuard.Rollback.Engine";
    private static readonly Lazy<EngineLoadContext> Context = new(() =>
        new EngineLoadContext(Path.Combine(Path.GetDirectoryName(typeof(ModuleInitializer).Assembly.Location)!, "lib", EngineName + ".dll")));
    private static int _registered;

    /// <summary>Called by PowerShell at every import; <c>Import-Module -Force</c> calls it again in the same process.</summary>
    public void OnImport()
    {
        if (Interlocked.Exchange(ref _registered, 1) == 0)
            AssemblyLoadContext.Default.Resolving += ResolveEngine;
    }

    private static Assembly? ResolveEngine(AssemblyLoadContext context, AssemblyName name) =>
        name.Name == EngineName ? Context.Value.LoadEngine() : null;
}
