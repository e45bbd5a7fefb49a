using ShoreGuard.Rollback.Engine.Probing;

namespace ShoreGuard.Rollback.Engine.Tests.Probing;

public sealed class StartLogTests
{
    [Theory]
    [InlineData("alembic.util.exc.CommandError: Can't locate revision identified by '017'", "the database is at revision 017, which this image does not know",
        "ImageSuspected")]
    [InlineData("connection failed: FATAL:  password authentication failed for user \"shoreguard\"",
        "the database refuses its login (password authentication failed for user \"shoreguard\")", "DependencyFailure")]
    [InlineData("sqlite3.OperationalError: unable to open database file",
        "it cannot open its SQLite database, or not for writing (unable to open database file)", "DependencyFailure")]
    [InlineData("DB not ready (attempt 3/10): connection refused — retrying in 4.0s", "it waits for its database (attempt 3/10): connection refused",
        "DependencyFailure")]
    [InlineData("Database migration failed after 10 attempts: connection refused", "it has given up waiting for its database: connection refused",
        "DependencyFailure")]
    [InlineData("Database migration failed: (psycopg.errors.DatatypeMismatch) column \"x\" is of type boolean (type=ProgrammingError)",
        "a migration of the database failed: (psycopg.errors.DatatypeMismatch) column \"x\" is of type boolean (type=ProgrammingError)", "ImageSuspected")]
    public void What_the_application_says_of_its_start_is_told_as_what_it_is(string line, string why, string diagnosis)
    {
        var found = StartLog.Read(["INFO starting", line, "INFO exiting"]);
        Assert.Equal((why, diagnosis), (found!.Why, $"{found.Diagnosis}"));
    }

    [Fact]
    public void What_it_got_over_is_told_no_more_and_what_is_not_known_is_not_guessed()
    {
        Assert.Null(StartLog.Read(["DB not ready (attempt 1/10): refused — retrying in 1.0s", "Application startup complete.", "INFO GET /healthz 200"]));
        Assert.Null(StartLog.Read(["KeyError: 'drift_detection'"]));
        Assert.Null(StartLog.Read([]));
    }

    [Fact]
    public void The_last_word_counts()
    {
        Assert.StartsWith("a migration", StartLog.Read(["DB not ready (attempt 1/10): refused — retrying in 1.0s", "Database migration failed: no"])!.Why,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RuntimeError: no port is free", "Traceback (most recent call last):", "  File \"cli.py\", line 7, in main", "    serve()",
        "RuntimeError: no port is free", "", "ERROR:    Application startup failed. Exiting.")]
    [InlineData("sqlalchemy.exc.OperationalError: (psycopg.OperationalError) refused", "sqlalchemy.exc.OperationalError: (psycopg.OperationalError) refused",
        "[SQL: SELECT 1]", "(Background on this error at: https://sqlalche.me/e/20/e3q8)")]
    [InlineData("Killed", "ValueError: long ago", "INFO 1", "INFO 2", "INFO 3", "INFO 4", "INFO 5", "INFO 6", "Killed", "")]
    [InlineData("no SomeError: in the middle", "no SomeError: in the middle")]
    [InlineData(null, "", "  ")]
    public void What_ended_it_is_its_last_word(string? word, params string[] log) => Assert.Equal(word, StartLog.LastWord(log));

    // The log of a real start, with the tracebacks that are there although nothing is wrong.
    [Fact]
    public void A_start_that_went_well_has_no_reason() =>
        Assert.Null(StartLog.Read(File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Data", "http", "start-0.34.2.log"))));
}
