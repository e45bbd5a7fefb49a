using System.Globalization;

namespace ShoreGuard.Rollback;

/// <summary>What people read, in the same words in every message, view and culture.</summary>
internal static class Readable
{
    /// <summary>How long something took, or may take.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 0.995 } => Invariant($"{time.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 59.95 } => Invariant($"{time.TotalSeconds:0.#} s"),
        _ => WholeSeconds(TimeSpan.FromSeconds(Math.Round(time.TotalSeconds))),
    };

    private static string WholeSeconds(TimeSpan time) => time switch
    {
        { TotalHours: < 1, Seconds: 0 } => Invariant($"{(int)time.TotalMinutes} min"),
        { TotalHours: < 1 } => Invariant($"{(int)time.TotalMinutes} min {time.Seconds} s"),
        _ => Invariant($"{(int)time.TotalHours} h {time.Minutes} min"),
    };

    /// <summary>How old something is, in its two largest units.</summary>
    public static string Age(TimeSpan age) => age switch
    {
        { TotalSeconds: < 60 } => Invariant($"{Math.Max(0, age.TotalSeconds):0} s"),
        { TotalHours: < 1 } => Invariant($"{(int)age.TotalMinutes} min"),
        { TotalDays: < 1 } => Invariant($"{age.Hours} h {age.Minutes} min"),
        _ => Invariant($"{(int)age.TotalDays} d {age.Hours} h"),
    };

    /// <summary>When something was, to the second.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>A sentence with the name of what it is about, which is put before it where it is not in it.</summary>
    public static string About(string? subject, string sentence) =>
        subject is null || sentence.Contains(subject, StringComparison.Ordinal) ? sentence : $"{subject}: {sentence}";

    /// <summary>What became of an action.</summary>
    public static string Outcome(bool succeeded, bool reverted, string? reason) =>
        (succeeded ? "succeeded" : reverted ? "put back" : "failed") + (reason is null ? "" : $", {reason}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
