namespace ShoreGuard.Rollback.Tests;

/// <summary>Where things are in the checkout that these tests were built from.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Layout => Path.Combine(Root, "out", "ShoreGuard.Rollback");

    public static string Manifest => Path.Combine(Layout, "ShoreGuard.Rollback.psd1");

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ShoreGuard.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("These tests are run from a checkout.");
        return folder;
    }
}
