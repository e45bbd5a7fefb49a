namespace ShoreGuard.Rollback.EndToEnd.Tests;

/// <summary>Which of many cases are run: all of them with <c>./build.sh test -Full</c>, else a sample that is the same in every run.</summary>
internal static class Sampling
{
    public static bool IsFull => Environment.GetEnvironmentVariable("ROLLBACK_TEST_FULL") == "1";

    /// <summary>The cases that are run.</summary>
    /// <param name="all">All of them.</param>
    /// <param name="sample">Whether a case is in the sample.</param>
    public static IEnumerable<T> Of<T>(IEnumerable<T> all, Func<T, bool> sample) => IsFull ? all : all.Where(sample);

    /// <summary>By how much a count of many like cases goes up: by one where all are run.</summary>
    public static int Step => IsFull ? 1 : 5;

    /// <summary>At how many random places something is broken.</summary>
    public static int Places => IsFull ? 200 : 50;

    /// <summary>Every second case, and the last.</summary>
    /// <param name="all">All of them.</param>
    /// <param name="first">With which the sample begins, 0 or 1: two tests over the same cases can share them.</param>
    public static IReadOnlyList<T> Half<T>(IReadOnlyList<T> all, int first = 0) => Every(2, all, first);

    /// <summary>Every third case, and the last.</summary>
    /// <param name="all">All of them.</param>
    /// <param name="first">With which the sample begins, 0 to 2.</param>
    public static IReadOnlyList<T> Third<T>(IReadOnlyList<T> all, int first = 0) => Every(3, all, first);

    /// <summary>Every sixth case, and the last.</summary>
    /// <param name="all">All of them.</param>
    /// <param name="first">With which the sample begins, 0 to 5.</param>
    public static IReadOnlyList<T> Sixth<T>(IReadOnlyList<T> all, int first = 0) => Every(6, all, first);

    private static IReadOnlyList<T> Every<T>(int each, IReadOnlyList<T> all, int first) =>
        IsFull ? all : [.. all.Where((_, at) => at % each == first || at == all.Count - 1)];
}
