using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>The first hundred bytes of a SQLite file.</summary>
/// <remarks>Layout: https://www.sqlite.org/fileformat.html, section 1.3.</remarks>
internal sealed record SqliteHeader(int PageSize, bool IsWal, long FileSize, long? ExpectedSize)
{
    private const int Length = 100;

    /// <summary>Whether the file is shorter than it says it is.</summary>
    public bool IsTruncated => ExpectedSize > FileSize || FileSize % PageSize != 0;

    /// <summary>Reads the header; null when the file does not begin with one.</summary>
    public static SqliteHeader? TryRead(string path)
    {
        using var file = SharedFile.OpenRead(path);
        return TryRead(file.SafeFileHandle);
    }

    /// <summary>Reads the header of an open file, whatever its name leads to; null when the file does not begin with one.</summary>
    public static SqliteHeader? TryRead(SafeFileHandle file)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (RandomAccess.Read(file, bytes, 0) < Length || !bytes.StartsWith("SQLite format 3\0"u8))
            return null;
        var pageSize = BinaryPrimitives.ReadUInt16BigEndian(bytes[16..]) is var raw && raw == 1 ? 65536 : raw;
        if (pageSize < 512 || !int.IsPow2(pageSize))
            return null;
        // The page count is only good when the last writer was one that keeps it.
        var counted = BinaryPrimitives.ReadUInt32BigEndian(bytes[24..]) == BinaryPrimitives.ReadUInt32BigEndian(bytes[92..]);
        var pages = BinaryPrimitives.ReadUInt32BigEndian(bytes[28..]);
        return new(pageSize, bytes[18] == 2, RandomAccess.GetLength(file), counted && pages > 0 ? (long)pages * pageSize : null);
    }

    /// <summary>Whether a file begins as a dump of <c>pg_dump --format=custom</c> does.</summary>
    public static bool IsPostgresDump(string path)
    {
        using var file = SharedFile.OpenRead(path);
        Span<byte> bytes = stackalloc byte[5];
        return file.ReadAtLeast(bytes, 5, throwOnEndOfStream: false) == 5 && bytes.SequenceEqual("PGDMP"u8);
    }
}
