using System.Buffers.Binary;
using System.Text;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>The head of a dump in <c>pg_dump</c>'s custom format, read without any tool.</summary>
/// <param name="ArchiveVersion">The format's version, for example 1.14.</param>
/// <param name="Database">The database it was made of.</param>
/// <param name="ServerVersion">The version of its server.</param>
/// <param name="ToolVersion">The version of the <c>pg_dump</c> that made it.</param>
internal sealed record PostgresDumpHeader(Version ArchiveVersion, string Database, string ServerVersion, string ToolVersion)
{
    private const byte CustomFormat = 1;

    /// <summary>The major version of the <c>pg_dump</c> that made it; null when it does not say.</summary>
    public int? ToolMajor => int.TryParse(new string([.. ToolVersion.TakeWhile(char.IsAsciiDigit)]), out var major) ? major : null;

    /// <summary>Reads the head; null when the file is cut off in it, or is not in the custom format.</summary>
    public static PostgresDumpHeader? TryRead(string path)
    {
        using var file = new BinaryReader(SharedFile.OpenRead(path, 4096));
        try
        {
            if (!file.ReadBytes(5).AsSpan().SequenceEqual("PGDMP"u8))
                return null;
            var version = new Version(file.ReadByte(), file.ReadByte());
            file.ReadByte();
            var intSize = file.ReadByte();
            file.ReadByte();
            if (file.ReadByte() != CustomFormat || intSize is < 1 or > 8)
                return null;
            // Since 1.15 (PostgreSQL 16) one byte names the compression; before, a number was its level.
            if (version >= new Version(1, 15))
                file.ReadByte();
            else
                ReadInt(file, intSize);
            for (var field = 0; field < 7; field++)
                ReadInt(file, intSize);
            return new(version, ReadText(file, intSize), ReadText(file, intSize), ReadText(file, intSize));
        }
        catch (Exception error) when (error is EndOfStreamException or InvalidDataException)
        {
            return null;
        }
    }

    // A sign, then the value from its least significant byte on.
    private static long ReadInt(BinaryReader file, int size)
    {
        var negative = file.ReadByte() != 0;
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        file.BaseStream.ReadExactly(bytes[..size]);
        var value = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return negative ? -value : value;
    }

    private static string ReadText(BinaryReader file, int size)
    {
        var length = ReadInt(file, size);
        if (length > 4096)
            throw new InvalidDataException();
        return length <= 0 ? "" : Encoding.UTF8.GetString(file.ReadBytes((int)length));
    }
}
