using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ShoreGuard.Rollback.Engine.Files;

internal static partial class NativeFile
{
    /// <summary>Gives an open file the extended attributes of another, access control lists among them. After owner and mode: both change an access
    /// control list.</summary>
    /// <remarks>On Linux alone; xattr(7). A file system without them has none to carry over.</remarks>
    /// <returns>The names of those that could not be carried over: some may be set by root alone.</returns>
    public static IReadOnlyList<string> TakeOverAttributes(SafeFileHandle file, string model) =>
        OperatingSystem.IsLinux() ? [.. Attributes(model).Where(name => !TakeOver(file, model, name))] : [];

    private static IEnumerable<string> Attributes(string path)
    {
        var length = Llistxattr(path, null, 0);
        if (length <= 0)
            return [];
        var names = new byte[length];
        length = Llistxattr(path, names, (nuint)names.Length);
        return length <= 0 ? [] : Encoding.UTF8.GetString(names, 0, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool TakeOver(SafeFileHandle file, string model, string name)
    {
        if (Attribute(model, name) is not { } wanted)
            return false;
        // A security module gives every new file its label, and may not let it be set again.
        return (Attribute(file, name) is { } present && present.AsSpan().SequenceEqual(wanted)) || Fsetxattr(file, name, wanted, (nuint)wanted.Length, 0) == 0;
    }

    private static byte[]? Attribute(string path, string name) => Attribute((value, size) => Lgetxattr(path, name, value, size));

    private static byte[]? Attribute(SafeFileHandle file, string name) => Attribute((value, size) => Fgetxattr(file, name, value, size));

    private static byte[]? Attribute(Func<byte[]?, nuint, nint> get)
    {
        var length = get(null, 0);
        if (length < 0)
            return null;
        var value = new byte[length];
        return get(value, (nuint)value.Length) == length ? value : null;
    }

    [LibraryImport("libc", EntryPoint = "llistxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint Llistxattr(string path, byte[]? list, nuint size);

    [LibraryImport("libc", EntryPoint = "lgetxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint Lgetxattr(string path, string name, byte[]? value, nuint size);

    [LibraryImport("libc", EntryPoint = "fgetxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint Fgetxattr(SafeFileHandle file, string name, byte[]? value, nuint size);

    [LibraryImport("libc", EntryPoint = "fsetxattr", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Fsetxattr(SafeFileHandle file, string name, byte[] value, nuint size, int flags);
}
