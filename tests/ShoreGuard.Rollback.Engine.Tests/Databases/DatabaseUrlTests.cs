using CsCheck;
using ShoreGuard.Rollback.Engine.Deployments;

namespace ShoreGuard.Rollback.Engine.Tests.Databases;

public class DatabaseUrlTests
{
    [Theory]
    [InlineData("sqlite:///shoreguard.db", "shoreguard.db")]
    [InlineData("sqlite:///./rel.db", "./rel.db")]
    [InlineData("sqlite:////var/lib/shoreguard.db", "/var/lib/shoreguard.db")]
    [InlineData("sqlite+pysqlite:////var/lib/shoreguard.db", "/var/lib/shoreguard.db")]
    [InlineData("sqlite:///C:/data/shoreguard.db", "C:/data/shoreguard.db")]
    [InlineData("sqlite:////with%20percent.db", "/with%20percent.db")]
    [InlineData("sqlite:////a.db?timeout=20", "/a.db")]
    public void Reads_a_sqlite_path_as_sqlalchemy_does(string text, string path)
    {
        var url = DatabaseUrl.Parse(text);
        Assert.Equal((DatabaseKind.Sqlite, path), (url.Kind, url.Database));
    }

    [Theory]
    [InlineData("postgresql://u:p@h:5433/d", "h", 5433, "u", "p", "d")]
    [InlineData("postgresql+psycopg://shoreguard:p%40ss%2Fw%3Ard@db:5432/shoreguard", "db", 5432, "shoreguard", "p@ss/w:rd", "shoreguard")]
    [InlineData("postgresql+psycopg2://u@h/d", "h", null, "u", null, "d")]
    [InlineData("postgresql://u:p@[::1]:5432/d", "::1", 5432, "u", "p", "d")]
    [InlineData("postgresql://u:p@/d?host=/var/run/postgresql&port=5544", "/var/run/postgresql", 5544, "u", "p", "d")]
    [InlineData("postgresql:///d", null, null, null, null, "d")]
    [InlineData("postgresql://h/d?user=u&password=p", "h", null, "u", "p", "d")]
    public void Reads_a_postgresql_url(string text, string? host, int? port, string? user, string? password, string? database)
    {
        var url = DatabaseUrl.Parse(text);
        Assert.Equal((host, port, user, password, database), (url.Host, url.Port, url.User, url.Password, url.Database));
    }

    [Fact]
    public void Keeps_the_options_that_are_not_the_address() =>
        Assert.Equal("require", Assert.Single(DatabaseUrl.Parse("postgresql://u:p@h/d?sslmode=require&host=other").Options).Value);

    [Theory]
    [InlineData("postgres://u:p@h/d")]
    [InlineData("mysql+pymysql://u:p@h/d")]
    [InlineData("postgresql+asyncpg://u:p@h/d")]
    [InlineData("mongodb://u:p@h/d")]
    public void Refuses_the_url_of_another_database(string text)
    {
        var error = Assert.Throws<ShoreGuardException>(() => DatabaseUrl.Parse(text));
        Assert.Equal("DatabaseUrlForeign", error.Id);
        Assert.DoesNotContain(":p@", error.Message + error.Target);
    }

    [Theory]
    [InlineData("")]
    [InlineData("shoreguard.db")]
    [InlineData("/var/lib/shoreguard.db")]
    [InlineData("sqlite://")]
    [InlineData("sqlite:///:memory:")]
    [InlineData("sqlite://host/path.db")]
    [InlineData("sqlite:///file:x.db?uri=true")]
    [InlineData("postgresql://u:p@h:port/d")]
    [InlineData("postgresql://u:p@h:70000/d")]
    public void Refuses_what_is_no_url(string text) =>
        Assert.Equal("DatabaseUrlInvalid", Assert.Throws<ShoreGuardException>(() => DatabaseUrl.Parse(text)).Id);

    [Theory]
    [InlineData("postgresql://u:s3cret@h/d", "postgresql://u:***@h/d")]
    [InlineData("postgresql://u:s3cret@x@h/d", "postgresql://u:***@h/d")]
    [InlineData("postgresql://u:s3/cret@h/d", "postgresql://u:***@h/d")]
    [InlineData("postgresql://h/d?user=u&password=s3cret&sslmode=require", "postgresql://h/d?user=u&password=***&sslmode=require")]
    [InlineData("postgresql://u@h/d", "postgresql://u@h/d")]
    [InlineData("sqlite:////var/lib/a.db", "sqlite:////var/lib/a.db")]
    [InlineData("sqlite:////var/lib/a@b.db", "sqlite:////var/lib/a@b.db")]
    [InlineData("postgresql://u:s3?cret@h/d?sslmode=require", "postgresql://u:***@h/d?sslmode=require")]
    [InlineData("postgresql://u?x:s3cret@h/d", "postgresql://u?x:***@h/d")]
    [InlineData("postgresql://u/x:s3cret@h/d", "postgresql://***@h/d")]
    [InlineData("postgresql:u:s3cret@h/d", "postgresql:***")]
    [InlineData("host=h password=s3cret", "***")]
    [InlineData("postgresql://h/d?sslpassword=s3cret&sslmode=require", "postgresql://h/d?sslpassword=***&sslmode=require")]
    public void Shows_no_password(string text, string shown) => Assert.Equal(shown, DatabaseUrl.Redact(text));

    [Fact]
    public void Whatever_a_password_is_made_of_it_is_not_shown() =>
        Gen.Select(Gen.String[Gen.Char["ab:/?#[]@!$&'()*+,;=% \t"], 0, 8], Gen.String[Gen.Char["ab?/"], 0, 3], Gen.Int[0, 5], Gen.Bool)
            .Sample((noise, user, form, isEncoded) =>
        {
            const string Marker = "Zq9Xw";
            var password = isEncoded ? Uri.EscapeDataString(noise[..(noise.Length / 2)] + Marker + noise[(noise.Length / 2)..])
                : noise[..(noise.Length / 2)] + Marker + noise[(noise.Length / 2)..];
            // A further option of the query begins with the sign between two.
            var option = password.Replace('&', '+');
            var text = form switch
            {
                0 => $"postgresql://{user}:{password}@h/d",
                1 => $"postgresql+psycopg://{user}:{password}@h:5432/d?sslmode=require",
                2 => $"postgresql://h/d?user={Uri.EscapeDataString(user)}&password={option}",
                3 => $"postgresql:{user}:{password}@h/d",
                4 => $"host=h user={user} password={password}",
                _ => $"mysql://{user}:{password}@h/d",
            };
            Assert.DoesNotContain(Marker, DatabaseUrl.Redact(text), StringComparison.Ordinal);
            try
            {
                var url = DatabaseUrl.Parse(text);
                Assert.DoesNotContain(Marker, url.Redacted, StringComparison.Ordinal);
                Assert.DoesNotContain(Marker, url.ToString(), StringComparison.Ordinal);
            }
            catch (ShoreGuardException error)
            {
                Assert.DoesNotContain(Marker, $"{error.Message} {error.Recommendation} {error.Target}", StringComparison.Ordinal);
            }
        });

    [Fact]
    public void Shows_no_password_as_text() =>
        Assert.Equal("postgresql://u:***@h/d", DatabaseUrl.Parse("postgresql://u:s3cret@h/d").ToString());
}
