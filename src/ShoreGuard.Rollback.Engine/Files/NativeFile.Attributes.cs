using System.Runtime.InteropServices;
using System.Text;

namespace ShoreGuard.Rollback.Engine.Files;

internal static partial class NativeFile
{
    /// <summary>Gives a file the extended attributes of another, access control lists among them. After owner and mode: both change an access control list.</summary>
    /// <remarks>On Linux alone; xattr(7). A file system without them has none to carry over.</remarks>
    /// <returns>The names of those that could not be carried over: some may be set by root alone.</returns>
    public static IReadOnlyList<string> TakeOverAttributes(string path, string model) =>
        OperatingSystem.IsLinux() ? [.. Attributes(model).Where(name => !TakeOver(path, model, name))] : [];

    private static IEnumerable<string> Attributes(string path)
    {
        var length = Listxattr(path, null, 0);
        if (length <= 0)
            return [];
        var names = new byte[length];
        length = Listxattr(path, names, (nuint)names.Length);
        return length <= 0 ? [] : Encoding.UTF8.GetString(names, 0, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool TakeOver(string path, string model, string name)
    {
        if (Attribute(model, name) is not { } wanted)
            return false;
        // A security module gives every new file its label, and may not let it be set again.
        return Attribute(path, name) is { } present && present.AsSpan().SequenceEqual(wanted)
            || Setxattr(path, name, wanted, (nuint)wanted.Length, 0) == 0;
    }

    private static byte[]? Attribute(string path, string name)
    {
        var length = Getxattr(path, name, null, 0);
        if (length < 0)
            return null;
        var value = new byte[length];
        return Getxattr(path, name, value, (nuint)value.Length) == length ? value : null;
    }

    [LibraryImport("libc", EntryPoint = "listxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint Listxattr(string path, byte[]? list, nuint size);

    [LibraryImport("libc", EntryPoint = "getxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint Getxattr(string path, string name, byte[]? value, nuint size);

    [LibraryImport("libc", EntryPoint = "setxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Setxattr(string path, string name, byte[] value, nuint size, int flags);
}
