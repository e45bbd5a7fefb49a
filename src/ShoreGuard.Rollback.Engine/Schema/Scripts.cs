using System.Text;

namespace ShoreGuard.Rollback.Engine.Schema;

/// <summary>The Python that runs inside an image, as it lies beside this file.</summary>
internal static class Scripts
{
    /// <summary>Reads an image's migrations.</summary>
    public static string Probe { get; } = Read("probe.py");

    /// <summary>Says from where a container imports ShoreGuard.</summary>
    public static string Package { get; } = Read("package.py");

    /// <summary>Takes a database down to a revision.</summary>
    public static string Downgrade { get; } = Read("downgrade.py");

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(Scripts).Assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
