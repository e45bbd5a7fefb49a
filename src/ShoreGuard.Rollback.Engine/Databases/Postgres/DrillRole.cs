using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>A role that exists as long as a drill: it owns the scratch database, and has no right but everybody's beside it.</summary>
/// <remarks>
/// Restoring a dump executes what it contains, with the rights of whoever restores it
/// (https://www.postgresql.org/docs/current/app-pgrestore.html): those of a superuser reach every database of the server and the machine below it.
/// A role that is only put on (SET ROLE, SET SESSION AUTHORIZATION) a dump can take off again; this one logs in by itself.
/// </remarks>
internal sealed class DrillRole
{
    private const string Prefix = "shoreguard_drill_";
    private const int Iterations = 4096;
    private static readonly TimeSpan LongestDrill = TimeSpan.FromDays(1);

    private readonly PostgresServer _maker;

    private DrillRole(PostgresServer maker, string name, string password)
    {
        _maker = maker;
        Name = name;
        Server = maker.As(name, password);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The server, logged in to as this role.</summary>
    public PostgresServer Server { get; }

    /// <summary>Makes one; null where the role of the database may make none, or where the server does not let it in.</summary>
    public static async Task<DrillRole?> TryCreateAsync(PostgresServer server, CancellationToken cancellation)
    {
        await using var connection = await server.OpenAsync(server.Database, cancellation).ConfigureAwait(false);
        var (super, makesRoles) = (await PostgresCatalog.QueryAsync(connection, "SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user",
            row => (row.GetBoolean(0), row.GetBoolean(1)), cancellation).ConfigureAwait(false))[0];
        if (!super && !makesRoles)
            return null;
        await DropExpiredAsync(connection, cancellation).ConfigureAwait(false);
        var (name, password) = ($"{Prefix}{Guid.NewGuid():n}", Convert.ToHexString(RandomNumberGenerator.GetBytes(24)));
        var until = (DateTimeOffset.UtcNow + LongestDrill).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        // Policies may hold for the owner of a table too, and it has to read every row.
        await PostgresCatalog.ExecuteAsync(connection,
            $"CREATE ROLE {PostgresCatalog.Quote(name)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION {(super ? "BYPASSRLS" : "")} VALID UNTIL "
            + $"'{until}+00' PASSWORD '{Verifier(password)}'", cancellation).ConfigureAwait(false);
        var role = new DrillRole(server, name, password);
        try
        {
            if (!super)
                await PostgresCatalog.ExecuteAsync(connection, $"GRANT {PostgresCatalog.Quote(name)} TO CURRENT_USER", cancellation).ConfigureAwait(false);
            if (await role.IsLetInAsync(cancellation).ConfigureAwait(false))
                return role;
        }
        catch
        {
            await role.DropAsync().ConfigureAwait(false);
            throw;
        }
        await role.DropAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>Takes it away; what it owned is gone by then.</summary>
    public async Task DropAsync()
    {
        await using var connection = await _maker.OpenAsync(_maker.Database, CancellationToken.None).ConfigureAwait(false);
        await PostgresCatalog.ExecuteAsync(connection, $"DROP ROLE IF EXISTS {PostgresCatalog.Quote(Name)}", CancellationToken.None).ConfigureAwait(false);
    }

    // pg_hba.conf may name those that may log in. That it may not connect to this very database is no matter.
    private async Task<bool> IsLetInAsync(CancellationToken cancellation)
    {
        try
        {
            await using var connection = await Server.OpenAsync(_maker.Database, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ShoreGuardException error) when (error.Id is Errors.DatabaseLoginFailed or nameof(Errors.DatabaseDenied))
        {
            return error.Id == nameof(Errors.DatabaseDenied);
        }
    }

    // Of drills that were killed; whose scratch database is there still keeps its role until that is dropped.
    private static async Task DropExpiredAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        const string Expired = """
            SELECT rolname FROM pg_roles r WHERE rolname LIKE 'shoreguard\_drill\_%' AND rolvaliduntil < now()
              AND NOT EXISTS (SELECT FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid)
            """;
        foreach (var name in await PostgresCatalog.QueryAsync(connection, Expired, row => row.GetString(0), cancellation).ConfigureAwait(false))
            await PostgresCatalog.ExecuteAsync(connection, $"DROP ROLE IF EXISTS {PostgresCatalog.Quote(name)}", cancellation).ConfigureAwait(false);
    }

    // As psql's \password sends it, so that no password reaches the server's log (RFC 5803; scram_build_secret of PostgreSQL).
    private static string Verifier(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, 32);
        byte[] Key(string name) => HMACSHA256.HashData(salted, Encoding.ASCII.GetBytes(name));
        return $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(SHA256.HashData(Key("Client Key")))}:{Convert.ToBase64String(Key("Server Key"))}";
    }
}
