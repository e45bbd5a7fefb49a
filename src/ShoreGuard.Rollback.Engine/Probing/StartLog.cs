using System.Text.RegularExpressions;

namespace ShoreGuard.Rollback.Engine.Probing;

/// <summary>Why an application does not serve, as the log of its start says.</summary>
/// <param name="Why">What it says, as a part of a sentence.</param>
/// <param name="Diagnosis">What follows from it.</param>
/// <param name="Next">What to do; null where that is what is done about every bad build.</param>
internal sealed partial record StartLog(string Why, Diagnosis Diagnosis, string? Next)
{
    /// <summary>How many lines of a log to read: the traceback of a failed migration alone has a hundred, and what failed stands before it.</summary>
    public const int Lines = 300;

    private const int Longest = 200, AfterException = 6;

    /// <summary>Reads the end of a log; null where nothing in it is known, or where the application has come up since.</summary>
    /// <remarks>The sentences are ShoreGuard's (<c>shoreguard/db.py</c>), Alembic's (<c>alembic/script/revision.py</c>), libpq's and SQLite's.</remarks>
    public static StartLog? Read(IReadOnlyList<string> log)
    {
        foreach (var line in log.Reverse())
        {
            if (line.Contains("Application startup complete", StringComparison.Ordinal))
                return null;
            if (Read(line) is { } known)
                return known;
        }
        return null;
    }

    /// <summary>What a log says at its end, for where nothing in it is known; null where it says nothing.</summary>
    /// <remarks>The exception with which Python ended, rather than what is told after it: uvicorn's "Application startup failed. Exiting.", or SQLAlchemy's
    /// link to its manual.</remarks>
    public static string? LastWord(IEnumerable<string> log)
    {
        var last = log.Where(line => !string.IsNullOrWhiteSpace(line)).TakeLast(AfterException).Reverse().ToList();
        return (last.Find(line => PythonException().IsMatch(line)) ?? last.FirstOrDefault()) is { } word ? Short(word) : null;
    }

    /// <summary>Whether a log says that the database is ahead of the image.</summary>
    public static bool SaysSchemaIsAhead(IEnumerable<string> log) => log.Any(line => Revision().IsMatch(line));

    private static StartLog? Read(string line) => line switch
    {
        _ when Revision().Match(line) is { Success: true } match => new(
            $"the database is at revision {match.Groups["revision"].Value}, which this image does not know", Diagnosis.ImageSuspected,
            "Deploy an image that knows this revision, or take the database back with the image: Invoke-ShoreGuardRollback"),
        _ when Login().Match(line) is { Success: true } match => new(
            $"the database refuses its login ({Short(match.Value)})", Diagnosis.DependencyFailure,
            "Check user and password. ShoreGuard 0.29.0 to 0.34.2 do not start with a password in SHOREGUARD_DATABASE_URL: give it as PGPASSWORD"),
        _ when FileAccess().Match(line) is { Success: true } match => new(
            $"it cannot open its SQLite database, or not for writing ({Short(match.Value)})", Diagnosis.DependencyFailure,
            "Make the database's folder the application's own: for a new volume, chown 1000:1000"),
        _ when Waiting().Match(line) is { Success: true } match => new(
            $"it waits for its database ({match.Groups["attempt"].Value}): {Short(match.Groups["why"].Value)}", Diagnosis.DependencyFailure,
            "Check that the database server runs and can be reached from the container. An older image would need the same"),
        _ when GivenUp().Match(line) is { Success: true } match => new(
            $"it has given up waiting for its database: {Short(match.Groups["why"].Value)}", Diagnosis.DependencyFailure,
            "Check that the database server runs and can be reached from the container. An older image would need the same"),
        _ when Migration().Match(line) is { Success: true } match =>
        new($"a migration of the database failed: {Short(match.Groups["why"].Value)}", Diagnosis.ImageSuspected, null),
        _ => null,
    };

    private static string Short(string text) => text.Trim().TrimEnd('.') is var line && line.Length > Longest ? line[..(Longest - 1)] + "…" : line;

    [GeneratedRegex("Can't locate revision identified by '(?<revision>[^']+)'", RegexOptions.ExplicitCapture)]
    private static partial Regex Revision();

    // The last line of a traceback (traceback.format_exception_only), which begins its line.
    [GeneratedRegex(@"^([A-Za-z_]\w*\.)*[A-Z]\w*(Error|Exception|Exit|Interrupt)(: |$)", RegexOptions.ExplicitCapture)]
    private static partial Regex PythonException();

    [GeneratedRegex("password authentication failed for user \"[^\"]*\"|fe_sendauth: no password supplied|no pg_hba\\.conf entry for [^\\n]*",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Login();

    [GeneratedRegex("unable to open database file|attempt to write a readonly database", RegexOptions.ExplicitCapture)]
    private static partial Regex FileAccess();

    [GeneratedRegex(@"DB not ready \((?<attempt>attempt \d+/\d+)\): (?<why>.*?)( — retrying in [\d.]+s)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Waiting();

    [GeneratedRegex(@"Database migration failed after \d+ attempts: (?<why>.*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex GivenUp();

    [GeneratedRegex(@"Database migration failed: (?<why>.*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Migration();
}
