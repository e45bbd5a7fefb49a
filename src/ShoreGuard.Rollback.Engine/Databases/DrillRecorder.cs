using System.Diagnostics;

namespace ShoreGuard.Rollback.Engine.Databases;

/// <summary>How a drill ended: the restore and the check of what was restored, each by itself.</summary>
internal sealed record DrillResult(ProofOutcome Restored, ProofOutcome Verified, TimeSpan? Restore, TimeSpan? Check, string? Problem)
{
    public static DrillResult NotRun { get; } = new(ProofOutcome.NotRun, ProofOutcome.NotRun, null, null, null);
}

/// <summary>Keeps how far a drill got.</summary>
internal sealed class DrillRecorder
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public DrillResult Result { get; private set; } = DrillResult.NotRun;

    /// <summary>The restore begins; what was before does not count.</summary>
    public void Begin()
    {
        _clock.Restart();
        Result = Result with { Restored = ProofOutcome.Failed };
    }

    /// <summary>The restore is done, and the check begins.</summary>
    public void Restored()
    {
        Result = Result with { Restored = ProofOutcome.Passed, Restore = _clock.Elapsed, Verified = ProofOutcome.Failed };
        _clock.Restart();
    }

    /// <summary>The check holds.</summary>
    public void Verified() => Result = Result with { Verified = ProofOutcome.Passed, Check = _clock.Elapsed };

    /// <summary>Whatever was under way did not hold.</summary>
    public void Fail(string problem) => Result = Result with { Problem = problem };
}
