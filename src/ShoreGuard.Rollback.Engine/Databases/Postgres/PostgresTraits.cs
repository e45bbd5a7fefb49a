using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>What belongs to a database itself and is in no dump of it: owner, encoding, locale, settings, comment, grants.</summary>
internal sealed class PostgresTraits
{
    private readonly JsonObject _row;
    private readonly List<(string? Role, string Name, string Value)> _settings;
    private readonly List<(string Grantee, string Privilege, bool Grantable)> _grants;

    private PostgresTraits(JsonObject row, List<(string?, string, string)> settings, List<(string, string, bool)> grants)
    {
        _row = row;
        _settings = settings;
        _grants = grants;
    }

    /// <summary>The role that owns it.</summary>
    public string Owner => Text("owner")!;

    /// <summary>Bytes.</summary>
    public long Size => _row["size"]!.GetValue<long>();

    /// <summary>Whether the role that is logged in may create databases, and rename this one.</summary>
    public bool CanReplace => Flag("super") || (Flag("createdb") && Flag("member"));

    /// <summary>Why it may not, as the end of a sentence.</summary>
    public string WhyNotReplaced => Flag("createdb") ? $"is not a member of {Owner}, which owns the database" : "is not allowed to create databases";

    /// <summary>Reads them.</summary>
    public static async Task<PostgresTraits> ReadAsync(NpgsqlConnection connection, string database, CancellationToken cancellation)
    {
        // The columns of pg_database differ between versions; as JSON every version's can be asked for.
        var json = (await PostgresCatalog.QueryAsync(connection, """
            SELECT (to_jsonb(d) || jsonb_build_object('owner', o.rolname, 'tablespace', t.spcname, 'encodingname', pg_encoding_to_char(d.encoding),
                'comment', shobj_description(d.oid, 'pg_database'), 'size', pg_database_size(d.oid),
                'super', me.rolsuper, 'createdb', me.rolcreatedb, 'member', pg_has_role(d.datdba, 'MEMBER')))::text
            FROM pg_database d JOIN pg_roles o ON o.oid = d.datdba JOIN pg_tablespace t ON t.oid = d.dattablespace
            JOIN pg_roles me ON me.rolname = current_user WHERE d.datname = $1
            """, row => row.GetString(0), cancellation, database).ConfigureAwait(false))[0];
        var settings = await PostgresCatalog.QueryAsync(connection, """
            SELECT r.rolname, split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)
            FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c
            WHERE d.datname = $1
            """, row => (row.IsDBNull(0) ? null : row.GetString(0), row.GetString(1), row.GetString(2)), cancellation, database).ConfigureAwait(false);
        var grants = await PostgresCatalog.QueryAsync(connection, """
            SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, a.privilege_type, a.is_grantable
            FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = $1
            """, row => (row.GetString(0), row.GetString(1), row.GetBoolean(2)), cancellation, database).ConfigureAwait(false);
        return new((JsonObject)JsonNode.Parse(json)!, settings, grants);
    }

    /// <summary>The statement that creates an empty database like this one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="owner">Whose it is; null for the owner of this one.</param>
    public string CreateStatement(string name, string? owner = null)
    {
        var sql = new StringBuilder($"CREATE DATABASE {PostgresCatalog.Quote(name)} WITH OWNER = {PostgresCatalog.Quote(owner ?? Owner)} TEMPLATE = template0");
        sql.Append(CultureInfo.InvariantCulture, $" ENCODING = {PostgresCatalog.Literal(Text("encodingname")!)}");
        sql.Append(CultureInfo.InvariantCulture,
            $" LC_COLLATE = {PostgresCatalog.Literal(Text("datcollate")!)} LC_CTYPE = {PostgresCatalog.Literal(Text("datctype")!)}");
        sql.Append(LocaleProvider());
        sql.Append(CultureInfo.InvariantCulture, $" CONNECTION LIMIT = {_row["datconnlimit"]}");
        // Naming a tablespace needs a right on it, even on the default one, which is used without being named.
        if (Text("tablespace") is { } tablespace and not "pg_default")
            sql.Append(CultureInfo.InvariantCulture, $" TABLESPACE = {PostgresCatalog.Quote(tablespace)}");
        return sql.ToString();
    }

    /// <summary>What makes another database this one for good: the comment, and being a template, which nobody could drop.</summary>
    public IEnumerable<string> FinalStatements(string name)
    {
        yield return $"COMMENT ON DATABASE {PostgresCatalog.Quote(name)} IS {(Text("comment") is { } comment ? PostgresCatalog.Literal(comment) : "NULL")}";
        if (Flag("datistemplate"))
            yield return $"ALTER DATABASE {PostgresCatalog.Quote(name)} IS_TEMPLATE true";
    }

    /// <summary>What takes that back from a database of another name.</summary>
    public IEnumerable<string> UndoStatements(string name, PostgresMark mark)
    {
        yield return mark.Statement(name);
        if (Flag("datistemplate"))
            yield return $"ALTER DATABASE {PostgresCatalog.Quote(name)} IS_TEMPLATE false";
    }

    /// <summary>Gives another database the settings and the grants of this one.</summary>
    public async Task ApplyAsync(NpgsqlConnection connection, string name, CancellationToken cancellation)
    {
        var database = PostgresCatalog.Quote(name);
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        foreach (var (role, setting, value) in _settings)
        {
            // The value as it is now in force, so that lists such as search_path are not quoted twice.
            await PostgresCatalog.QueryAsync(connection, "SELECT set_config($1, $2, true)", _ => true, cancellation, setting, value).ConfigureAwait(false);
            var whom = role is null ? $"DATABASE {database}" : $"ROLE {PostgresCatalog.Quote(role)} IN DATABASE {database}";
            var quoted = string.Join('.', setting.Split('.').Select(PostgresCatalog.Quote));
            await PostgresCatalog.ExecuteAsync(connection, $"ALTER {whom} SET {quoted} FROM CURRENT", cancellation).ConfigureAwait(false);
        }
        if (_row["datacl"] is not null)
            await GrantAsync(connection, database, cancellation).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
    }

    private async Task GrantAsync(NpgsqlConnection connection, string database, CancellationToken cancellation)
    {
        await PostgresCatalog.ExecuteAsync(connection, $"REVOKE ALL ON DATABASE {database} FROM PUBLIC, {PostgresCatalog.Quote(Owner)}", cancellation)
            .ConfigureAwait(false);
        foreach (var (grantee, privilege, grantable) in _grants)
            await PostgresCatalog.ExecuteAsync(connection, $"GRANT {privilege} ON DATABASE {database} TO {grantee}{(grantable ? " WITH GRANT OPTION" : "")}",
                cancellation).ConfigureAwait(false);
    }

    private string LocaleProvider()
    {
        // datlocale since 17, daticulocale in 15 and 16; before 15 every database has the C library's locales.
        var locale = Text("datlocale") ?? Text("daticulocale");
        var rules = Text("daticurules") is { } text ? $" ICU_RULES = {PostgresCatalog.Literal(text)}" : "";
        return Text("datlocprovider") switch
        {
            "i" => $" LOCALE_PROVIDER = icu ICU_LOCALE = {PostgresCatalog.Literal(locale!)}{rules}",
            "b" => $" LOCALE_PROVIDER = builtin BUILTIN_LOCALE = {PostgresCatalog.Literal(locale!)}",
            "c" => " LOCALE_PROVIDER = libc",
            _ => "",
        };
    }

    private string? Text(string name) => _row[name]?.GetValue<string>();

    private bool Flag(string name) => _row[name]?.GetValue<bool>() == true;
}
