namespace ShoreGuard.Rollback.Engine;

/// <summary>Where the engine says what it is doing. Safe to call from any thread; never given a secret.</summary>
public interface IReporter
{
    /// <summary>A detail for those who ask for details.</summary>
    void Verbose(string message);
    /// <summary>A step begins. A detail too, but one that is told even when Ctrl-C has been pressed and the step puts something back.</summary>
    void BeginStep(string name) => Verbose(name);
    /// <summary>Something the operator should know although the work goes on.</summary>
    void Warning(string message);
    /// <summary>How far an activity is.</summary>
    void Progress(ProgressUpdate update);
}

/// <summary>How far an activity is.</summary>
/// <param name="Activity">What is being done; one bar for each.</param>
/// <param name="Status">What it is at now.</param>
/// <param name="Percent">0 to 100; null when nobody knows.</param>
/// <param name="Remaining">Time still needed, estimated.</param>
/// <param name="Completed">Whether the bar can go.</param>
/// <param name="IsStep">Whether a step begins, so that the bars of what belonged to the step before can go.</param>
public readonly record struct ProgressUpdate(
    string Activity, string Status, double? Percent = null, TimeSpan? Remaining = null, bool Completed = false, bool IsStep = false);

/// <summary>Says nothing.</summary>
public sealed class SilentReporter : IReporter
{
    /// <summary>The one there is.</summary>
    public static SilentReporter Instance { get; } = new();
    /// <inheritdoc/>
    public void Verbose(string message) { }
    /// <inheritdoc/>
    public void Warning(string message) { }
    /// <inheritdoc/>
    public void Progress(ProgressUpdate update) { }
}
