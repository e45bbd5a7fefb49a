using Npgsql;

namespace ShoreGuard.Rollback.Engine.Databases.Postgres;

/// <summary>What a restore in place would replace.</summary>
/// <param name="Count">How many objects there are.</param>
/// <param name="Foreign">Those that the role may not drop, each as <c>kind name (owner)</c>.</param>
/// <param name="MayCreate">Whether the role may make tables in the schema public.</param>
/// <param name="Publications">Publications of others, which stay: the name, quoted where SQL needs it, and the owner.</param>
internal sealed record PostgresInventory(int Count, IReadOnlyList<string> Foreign, bool MayCreate, IReadOnlyList<(string Name, string Owner)> Publications)
{
    private const string UserSchema = @"n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'";

    // Everything in the application's schemas but what belongs to an extension.
    // What is in no schema may be somebody else's, and stays then.
    private const string Objects = $"""
        SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END AS kind,
            format('%I.%I', n.nspname, c.relname) AS name, c.relowner AS owner, CASE WHEN c.relkind IN ('r', 'p', 'f') THEN 1 WHEN c.relkind = 'c' THEN 4 ELSE 2 END AS place,
            c.relkind AS relkind, 'pg_class'::regclass AS class, c.oid
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c') AND c.relpersistence <> 't' AND {UserSchema}
        UNION ALL SELECT 'ROUTINE', p.oid::regprocedure::text, p.proowner, 3, NULL, 'pg_proc'::regclass, p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {UserSchema}
        UNION ALL SELECT 'OPERATOR', format('%I.%s (%s, %s)', n.nspname, o.oprname, coalesce(nullif(o.oprleft, 0)::regtype::text, 'NONE'), coalesce(nullif(o.oprright, 0)::regtype::text, 'NONE')),
            o.oprowner, 5, NULL, 'pg_operator'::regclass, o.oid FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE {UserSchema}
        UNION ALL SELECT 'OPERATOR CLASS', format('%I.%I USING %I', n.nspname, p.opcname, a.amname), p.opcowner, 4, NULL, 'pg_opclass'::regclass, p.oid
            FROM pg_opclass p JOIN pg_namespace n ON n.oid = p.opcnamespace JOIN pg_am a ON a.oid = p.opcmethod WHERE {UserSchema}
        UNION ALL SELECT 'OPERATOR FAMILY', format('%I.%I USING %I', n.nspname, f.opfname, a.amname), f.opfowner, 4, NULL, 'pg_opfamily'::regclass, f.oid
            FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am a ON a.oid = f.opfmethod WHERE {UserSchema}
        UNION ALL SELECT 'STATISTICS', format('%I.%I', n.nspname, s.stxname), s.stxowner, 2, NULL, 'pg_statistic_ext'::regclass, s.oid
            FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE {UserSchema}
        UNION ALL SELECT 'TYPE', format('%I.%I', n.nspname, t.typname), t.typowner, 4, NULL, 'pg_type'::regclass, t.oid
            FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'r') AND {UserSchema}
        UNION ALL SELECT 'COLLATION', format('%I.%I', n.nspname, l.collname), l.collowner, 5, NULL, 'pg_collation'::regclass, l.oid FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace WHERE {UserSchema}
        UNION ALL SELECT 'TEXT SEARCH CONFIGURATION', format('%I.%I', n.nspname, s.cfgname), s.cfgowner, 5, NULL, 'pg_ts_config'::regclass, s.oid FROM pg_ts_config s JOIN pg_namespace n ON n.oid = s.cfgnamespace WHERE {UserSchema}
        UNION ALL SELECT 'TEXT SEARCH DICTIONARY', format('%I.%I', n.nspname, s.dictname), s.dictowner, 6, NULL, 'pg_ts_dict'::regclass, s.oid FROM pg_ts_dict s JOIN pg_namespace n ON n.oid = s.dictnamespace WHERE {UserSchema}
        UNION ALL SELECT 'CONVERSION', format('%I.%I', n.nspname, v.conname), v.conowner, 5, NULL, 'pg_conversion'::regclass, v.oid FROM pg_conversion v JOIN pg_namespace n ON n.oid = v.connamespace WHERE {UserSchema}
        UNION ALL SELECT 'PUBLICATION', quote_ident(pubname), pubowner, 5, NULL, 'pg_publication'::regclass, oid FROM pg_publication WHERE pg_has_role(pubowner, 'USAGE')
        UNION ALL SELECT 'SERVER', quote_ident(srvname), srvowner, 5, NULL, 'pg_foreign_server'::regclass, oid FROM pg_foreign_server WHERE pg_has_role(srvowner, 'USAGE')
        UNION ALL SELECT 'EXTENSION', quote_ident(extname), extowner, 7, NULL, 'pg_extension'::regclass, oid FROM pg_extension WHERE pg_has_role(extowner, 'USAGE')
        """;

    // Nor what the server made itself for a type, and owns: the functions of a range.
    private const string Mine = $"""
        FROM ({Objects}) o WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.class AND d.objid = o.oid AND (d.deptype = 'e' OR (d.deptype = 'i' AND d.classid = 'pg_proc'::regclass)))
        """;

    /// <summary>psql: keeps everybody from writing, and lets them read, such as <c>pg_dump</c>.</summary>
    public const string LockTables = $"SELECT format('LOCK TABLE %s IN EXCLUSIVE MODE', o.name) {Mine} AND o.relkind IN ('r', 'p')\n\\gexec";

    // Those of a schema go away with their last grant; those of the whole database are gone when they are what a database has without any.
    private const string ResetDefaultPrivileges = """
        SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s %s', pg_get_userbyid(d.defaclrole), ' IN SCHEMA ' || quote_ident(n.nspname), change.sql)
        FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace,
            LATERAL (SELECT CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' END) kind (name),
            LATERAL (
                SELECT 1, format('REVOKE ALL ON %s FROM %s', kind.name, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END) FROM aclexplode(d.defaclacl) a
                UNION ALL SELECT 2, format('GRANT ALL ON %s TO %I', kind.name, pg_get_userbyid(d.defaclrole)) WHERE d.defaclnamespace = 0
                UNION ALL SELECT 2, format('GRANT ALL ON %s TO PUBLIC', kind.name) WHERE d.defaclnamespace = 0 AND d.defaclobjtype IN ('f', 'T')
            ) change (place, sql)
        WHERE kind.name IS NOT NULL AND pg_has_role(d.defaclrole, 'USAGE') ORDER BY change.place
        \gexec
        """;

    /// <summary>psql: drops all of it.</summary>
    /// <remarks>What one drop takes along is not there any more when its own turn comes, hence IF EXISTS.</remarks>
    public const string DropAll = $"""
        SELECT format('DROP %s IF EXISTS %s CASCADE', o.kind, o.name) {Mine} ORDER BY o.place
        \gexec
        SELECT format('DROP SCHEMA %I', n.nspname) FROM pg_namespace n WHERE {UserSchema} AND n.nspname <> 'public' AND pg_has_role(n.nspowner, 'USAGE')
            AND NOT EXISTS (SELECT FROM pg_extension e WHERE e.extnamespace = n.oid)
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
        \gexec
        SELECT lo_unlink(oid) FROM pg_largeobject_metadata WHERE pg_has_role(lomowner, 'USAGE');
        {ResetDefaultPrivileges}
        """;

    /// <summary>psql: what is left when all of it is dropped: kind, whether it is the role's own, and name. A member of an extension is named as in a
    /// grant.</summary>
    public const string Left = $"""
        SELECT 'schema', pg_has_role(n.nspowner, 'USAGE'), quote_ident(n.nspname) FROM pg_namespace n WHERE {UserSchema}
        UNION ALL SELECT 'extension', pg_has_role(extowner, 'USAGE'), quote_ident(extname) FROM pg_extension
        UNION ALL SELECT 'publication', pg_has_role(pubowner, 'USAGE'), quote_ident(pubname) FROM pg_publication
        UNION ALL SELECT 'member', pg_has_role(c.relowner, 'USAGE'), CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END || format(' %I.%I', n.nspname, c.relname)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
        UNION ALL SELECT 'member', pg_has_role(p.proowner, 'USAGE'), CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END || format(' %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e';
        """;

    /// <summary>Whether there is nothing at all.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>Takes it, and refuses what the role cannot replace.</summary>
    /// <exception cref="ShoreGuardException"><c>RestoreNotOwner</c>, <c>RestoreMayNotCreate</c>.</exception>
    public static async Task<PostgresInventory> RequireOursAsync(
        PostgresServer server, PostgresTraits traits, NpgsqlConnection connection, CancellationToken cancellation)
    {
        var inventory = await ReadAsync(connection, cancellation).ConfigureAwait(false);
        if (inventory.Foreign.Count > 0)
            throw Errors.RestoreNotOwner(server.Name, server.User, traits.WhyNotReplaced, inventory.Foreign);
        return inventory.MayCreate ? inventory : throw Errors.RestoreMayNotCreate(server.Name, server.User);
    }

    private static async Task<PostgresInventory> ReadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var objects = await PostgresCatalog.QueryAsync(connection, $"""
            SELECT lower(o.kind) || ' ' || o.name || ' (' || pg_get_userbyid(o.owner) || ')', pg_has_role(o.owner, 'USAGE') {Mine} ORDER BY o.place, o.name
            """, row => (Name: row.GetString(0), IsOurs: row.GetBoolean(1)), cancellation).ConfigureAwait(false);
        var mayCreate = await PostgresCatalog.QueryAsync(connection, "SELECT coalesce(has_schema_privilege(to_regnamespace('public')::oid, 'CREATE'), true)",
            row => row.GetBoolean(0), cancellation).ConfigureAwait(false);
        var publications = await PostgresCatalog.QueryAsync(
            connection, "SELECT quote_ident(pubname), pg_get_userbyid(pubowner) FROM pg_publication WHERE NOT pg_has_role(pubowner, 'USAGE') ORDER BY 1", row =>
            (row.GetString(0), row.GetString(1)), cancellation).ConfigureAwait(false);
        return new(objects.Count, [.. objects.Where(each => !each.IsOurs).Select(each => each.Name)], mayCreate[0], publications);
    }

    /// <summary>Refuses a dump that makes what this role cannot make, and is not there already.</summary>
    /// <exception cref="ShoreGuardException"><c>RestoreNeedsSuperuser</c>.</exception>
    public async Task RequireMakeableAsync(PostgresRestorePlan plan, NpgsqlConnection connection, CancellationToken cancellation)
    {
        var there = Publications.Select(each => $"publication {each.Name}").ToList();
        var extensions = await PostgresCatalog.QueryAsync(connection, """
            SELECT name FROM unnest($1::text[]) name WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = name)
                AND NOT EXISTS (SELECT FROM pg_available_extension_versions v WHERE v.name = name AND (NOT v.superuser OR v.trusted))
            """, row => $"extension {PostgresCatalog.Quote(row.GetString(0))}", cancellation, (object)plan.Dump.Extensions.ToArray()).ConfigureAwait(false);
        List<string> denied = [.. plan.Dump.Privileged.Except(there).Except(plan.Dump.Subscriptions), .. extensions];
        if (denied.Count > 0)
            throw Errors.RestoreNeedsSuperuser(plan.Server.Name, plan.Server.User, plan.Traits.WhyNotReplaced, denied);
    }
}
