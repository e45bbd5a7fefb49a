using static ShoreGuard.Rollback.FailureKind;

namespace ShoreGuard.Rollback.Engine;

internal static partial class Errors
{
    private const string UrlForms = "Write sqlite:///relative.db, sqlite:////absolute.db or postgresql://USER:PASSWORD@HOST:PORT/DATABASE, as in SHOREGUARD_DATABASE_URL.";

    public static ShoreGuardException DatabaseUrlInvalid(string shown, string why) => Make(
        "DatabaseUrlInvalid", InvalidArgument, shown,
        $"'{shown}' is not a database URL: {why}. Nothing was changed.", UrlForms);

    public static ShoreGuardException DatabaseUrlForeign(string shown, string scheme) => Make(
        "DatabaseUrlForeign", InvalidArgument, shown,
        $"'{shown}' is the URL of another database: ShoreGuard keeps its data in SQLite or PostgreSQL, and does not read '{scheme}://'. Nothing was changed.",
        scheme == "postgres" ? "Write postgresql:// instead of postgres://; SQLAlchemy, and so ShoreGuard, accepts nothing else." : UrlForms);
}
