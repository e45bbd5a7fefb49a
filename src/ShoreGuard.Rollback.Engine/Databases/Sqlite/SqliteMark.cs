using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using ShoreGuard.Rollback.Engine.Files;

namespace ShoreGuard.Rollback.Engine.Databases.Sqlite;

/// <summary>What tells whether a table's rows are the same as they were: a digest of each table, whatever the order of its rows.</summary>
/// <remarks>The agent in a container computes the same (<c>look.py</c>): one of the two may have looked then, and the other one now.</remarks>
internal static class SqliteMark
{
    /// <summary>The mark of what is in a database now, as JSON: the digest by table, in lower-case hexadecimal digits.</summary>
    public static string Of(SqliteConnection connection, CancellationToken cancellation) =>
        JsonSerializer.Serialize(SqliteProof.Tables(connection, cancellation).ToDictionary(table => table, table => DigestOf(connection, table, cancellation)));

    /// <summary>The tables of a mark whose rows another mark has otherwise.</summary>
    public static IReadOnlySet<string> Differences(string then, string now)
    {
        var (before, after) = (JsonSerializer.Deserialize<Dictionary<string, string>>(then)
            ?? [], JsonSerializer.Deserialize<Dictionary<string, string>>(now) ?? []);
        return before.Where(table => after.TryGetValue(table.Key, out var digest) && digest != table.Value)
            .Select(table => table.Key).ToHashSet(StringComparer.Ordinal);
    }

    private static string DigestOf(SqliteConnection connection, string table, CancellationToken cancellation)
    {
        var sum = UInt128.Zero;
        foreach (var row in SqliteFile.Query(connection, $"SELECT * FROM {SqliteFile.Quote(table)}", RowOf, cancellation))
            sum = unchecked(sum + row);
        return sum.ToString("x32");
    }

    private static UInt128 RowOf(SqliteDataReader reader)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var column = 0; column < reader.FieldCount; column++)
            Append(hash, reader, column);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash.GetHashAndReset());
    }

    // Text by its bytes, whether they are UTF-8 or not.
    private static void Append(IncrementalHash hash, SqliteDataReader reader, int column)
    {
        switch (raw.sqlite3_column_type(reader.Handle, column))
        {
            case raw.SQLITE_INTEGER:
                Append(hash, 'i', reader.GetInt64(column));
                break;
            case raw.SQLITE_FLOAT:
                Append(hash, 'f', BitConverter.DoubleToInt64Bits(reader.GetDouble(column)));
                break;
            case raw.SQLITE_NULL:
                hash.AppendData("n"u8);
                break;
            default:
                var bytes = raw.sqlite3_column_blob(reader.Handle, column);
                Append(hash, 'b', bytes.Length);
                hash.AppendData(bytes);
                break;
        }
    }

    private static void Append(IncrementalHash hash, char kind, long value)
    {
        Span<byte> bytes = stackalloc byte[9];
        bytes[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(bytes[1..], value);
        hash.AppendData(bytes);
    }
}
