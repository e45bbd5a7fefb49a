using System.Diagnostics;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>Runs proofs and keeps how each went.</summary>
internal sealed class CheckRecorder(IReporter reporter)
{
    private readonly List<DatabaseCheck> _checks = [];
    private readonly HashSet<string> _notes = new(StringComparer.Ordinal);

    /// <summary>The proofs so far.</summary>
    public IReadOnlyList<DatabaseCheck> Checks => _checks;

    /// <summary>Runs a proof that throws when it does not hold.</summary>
    /// <param name="name">What is proven.</param>
    /// <param name="proof">The proof; gives what it found, and that in words.</param>
    public T Run<T>(string name, Func<(T Found, string? Detail)> proof)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            var (found, detail) = proof();
            Add(name, true, detail, clock.Elapsed);
            return found;
        }
        catch (Exception error)
        {
            Add(name, false, error.Message, clock.Elapsed);
            throw;
        }
    }

    /// <inheritdoc cref="Run{T}"/>
    public async Task<T> RunAsync<T>(string name, Func<Task<(T Found, string? Detail)>> proof)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            var (found, detail) = await proof().ConfigureAwait(false);
            Add(name, true, detail, clock.Elapsed);
            return found;
        }
        catch (Exception error)
        {
            Add(name, false, error.Message, clock.Elapsed);
            throw;
        }
    }

    /// <summary>Tells, once, what could not be proven and is no reason to refuse.</summary>
    public void Note(string note)
    {
        if (_notes.Add(note))
            reporter.Warning(note);
    }

    /// <summary>Notes a proof that was made elsewhere.</summary>
    public void Add(string name, bool passed, string? detail, TimeSpan duration)
    {
        _checks.Add(new DatabaseCheck { Name = name, Passed = passed, Detail = detail, Duration = duration });
        reporter.Verbose($"{name}: {(passed ? "ok" : "failed")}{(detail is null ? "" : $" ({detail})")}");
    }
}
