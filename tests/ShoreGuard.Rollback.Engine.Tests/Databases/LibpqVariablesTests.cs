using CsCheck;
using ShoreGuard.Rollback.Engine.Databases.Postgres;
using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

public sealed class LibpqVariablesTests
{
    private static readonly Dictionary<string, string> Variables = new()
    {
        ["PGHOST"] = "other",
        ["PGPORT"] = "5433",
        ["PGUSER"] = "role",
        ["PGPASSWORD"] = "secret",
        ["PGDATABASE"] = "data",
        ["PGSSLMODE"] = "require",
    };

    [Theory]
    [InlineData("postgresql+psycopg://", "other 5433 role secret data require")]
    [InlineData("postgresql+psycopg://me@db/mine", "db 5433 me secret mine require")]
    [InlineData("postgresql+psycopg://me:own@db:1/mine?sslmode=disable", "db 1 me own mine disable")]
    public void What_the_URL_leaves_open_the_variables_say(string text, string expected)
    {
        var url = LibpqVariables.Complete(DatabaseUrl.Parse(text), Variables.GetValueOrDefault);
        Assert.Equal(expected, $"{url.Host} {url.Port} {url.User} {url.Password} {url.Database} {url.Options["sslmode"]}");
        Assert.DoesNotContain("secret", url.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgresql+psycopg://me@/mine", "of-service 6000 me of-service mine verify-ca")]
    [InlineData("postgresql+psycopg://me:own@db:1/mine?sslmode=disable", "db 1 me own mine disable")]
    public void What_a_service_says_counts_before_the_variables(string text, string expected)
    {
        const string File = "# ours\n[other]\nhost=no\n\n[sg]\nhost = "
            + "of-service\nport=6000\nport=6001\n#user=no\npassword=of-service\nsslmode=verify-ca\n[sg2]\nuser=no\n";
        var service = ServiceFile.Find(File, "sg");
        var url = LibpqVariables.Complete(DatabaseUrl.Parse(text), Variables.GetValueOrDefault, service);
        Assert.Equal(expected, $"{url.Host} {url.Port} {url.User} {url.Password} {url.Database} {url.Options["sslmode"]}");
        Assert.Null(ServiceFile.Find(File, "none"));
        Assert.Null(ServiceFile.Find(null, "sg"));
    }

    [Theory]
    [InlineData("postgresql://me@db/mine", "10.0.0.1")]
    [InlineData("postgresql://me@db/mine?hostaddr=10.0.0.2", "10.0.0.2")]
    [InlineData("postgresql://me@/mine", "10.0.0.1")]
    [InlineData("postgresql://me@db/mine?sslmode=verify-full", "db")]
    public void An_address_says_where_the_server_is(string text, string host) =>
        Assert.Equal(host, LibpqVariables.Complete(DatabaseUrl.Parse(text), name => name == "PGHOSTADDR" ? "10.0.0.1" : null).Host);

    [Theory]
    [InlineData("db:5432:shoreguard:me:first\ndb:*:*:me:second", "first")]
    [InlineData("# db:5432:shoreguard:me:no\nelse:*:*:*:no\n*:*:*:*:yes", "yes")]
    [InlineData(@"db:5432:shoreguard:me:a\:b\\c:d", @"a:b\c:d")]
    [InlineData(@"\*:5432:shoreguard:me:no", null)]
    [InlineData("db:5433:*:*:no", null)]
    [InlineData("db:5432:shoreguard:me", null)]
    [InlineData("", null)]
    [InlineData("*:*:*:*:windows\r\n", "windows")]
    public void The_first_line_of_a_password_file_that_fits_counts(string text, string? expected) =>
        Assert.Equal(expected, PasswordFile.Find(text, "db", "5432", "shoreguard", "me"));

    [Fact]
    public void Whatever_is_escaped_is_found_again() =>
        Gen.Select(Gen.String[Gen.Char[' ', '~'], 1, 12].Array[4], Gen.String[Gen.Char[' ', '~'], 0, 12]).Sample((login, password) =>
    {
        static string Escaped(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);
        // A line that begins so is a comment, and a star alone is everything.
        if (login[0].StartsWith('#') || login.Contains("*"))
            return;
        var line = string.Join(':', login.Append(password).Select(Escaped));
        Assert.Equal(password, PasswordFile.Find($"nobody:1:2:3:4\n{line}\n", login));
    });
}
