using Microsoft.Data.Sqlite;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

/// <summary>Files that are not what they should be.</summary>
public static class BadFiles
{
    public static void Make(string what, string path, Sandbox box)
    {
        switch (what)
        {
            case "missing":
                break;
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "garbage":
                File.WriteAllBytes(path, [.. Enumerable.Range(0, 9000).Select(i => (byte)(i * 31))]);
                break;
            case "folder":
                Directory.CreateDirectory(path);
                break;
            case "foreign":
                Create(path, "CREATE TABLE other (x)");
                break;
            case "tableless":
                Create(path, "CREATE TABLE alembic_version (version_num)");
                break;
            case "truncated":
                box.Real("017", Path.GetFileName(path));
                Cut(path, new FileInfo(path).Length / 2);
                break;
            case "truncated-mid-page":
                box.Real("017", Path.GetFileName(path));
                Cut(path, new FileInfo(path).Length - 100);
                break;
            case "overwritten":
                box.Real("017", Path.GetFileName(path));
                Overwrite(path);
                break;
            case "dump":
                File.Copy(Path.Combine(AppContext.BaseDirectory, "Data", "backups", "shoreguard-pg15-017.pgdump"), path);
                break;
            case "dangling":
                box.Real("017", Path.GetFileName(path));
                Dangle(path);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }
    }

    /// <summary>Makes a row refer to one that is not there.</summary>
    public static void Dangle(string path) =>
        Create(path, "PRAGMA foreign_keys = OFF; CREATE TABLE child (g INTEGER REFERENCES gateways (id)); INSERT INTO child VALUES (999999)");

    private static void Create(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        Sandbox.Execute(connection, sql);
    }

    private static void Cut(string path, long length)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(length);
    }

    // Every page but the first, so that whatever is read is damaged.
    private static void Overwrite(string path)
    {
        using var file = File.OpenWrite(path);
        for (var page = 1; page < file.Length / 4096; page++)
        {
            file.Position = page * 4096;
            file.Write([0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, 0x88, 0x77, 0x66, 0x55, 0x44]);
        }
    }
}
